"""Handles a request of sales about a publication: shows the form, then starts a run with its entries (PUB-1)."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rules.publications.requests import BadRequest
from webhooks.common.errors import PrefectError, TransientError
from webhooks.runs.publications import Publications
from webhooks.slack.publication_form import ACCOUNT, publication_form
from webhooks.slack.publication_request import FormSubmission, account_and_request
from webhooks.slack.web_api import Result, SlackCallError, SlackWebApi

logger = logging.getLogger(__name__)


class RequestOutcome(StrEnum):
    """The result of showing or submitting the form, for logs and metrics."""

    SHOWN = "form shown"
    NOT_SHOWN = "form not shown"
    STARTED = "started"
    KNOWN = "known"
    WRONG = "not filled in right"
    FAILED = "failed"


@dataclass(frozen=True)
class SubmissionResult:
    """The result of a submitted form. `errors`: a message for the person by field; none when the form was accepted."""

    outcome: RequestOutcome
    errors: Mapping[str, str] = field(default_factory=dict)


class PublicationRequestHandler:
    """Handles requests about publications. One per process."""

    def __init__(self, publications: Publications) -> None:
        self._publications = publications

    async def show_form(self, slack: SlackWebApi, trigger_id: str, until: float) -> str:
        """Show the form to the person who asked for it.

        Args:
            slack: the person's workspace.
            trigger_id: allows us to show one form, within 3 s of the person's click.
            until: the event loop's time at which to give up.

        Returns:
            Why Slack did not show the form, without secrets; "" when it did.
        """
        body = {"trigger_id": trigger_id, "view": publication_form()}
        try:
            async with asyncio.timeout_at(until):
                await slack.call(Result, "views.open", json=body)
        except (TimeoutError, SlackCallError) as error:
            reason = error.reason if isinstance(error, SlackCallError) else "TimeoutError"
            logger.warning("the form of a request was not shown", extra={"reason": reason})
            return reason
        return ""

    async def submit(self, submission: FormSubmission) -> SubmissionResult:
        """Start the run that follows the request. Submitting the same form again is harmless.

        Raises:
            PrefectError: Prefect did not confirm that the run exists.
        """
        try:
            account_id, request = account_and_request(submission)
        except BadRequest as error:
            return SubmissionResult(RequestOutcome.WRONG, error.faults)
        run = await self._publications.requested(account_id, request, submission.view)
        outcome = RequestOutcome.STARTED if run.is_new else RequestOutcome.KNOWN
        details = {"record": f"Account {account_id}", "run": run.id, "outcome": outcome.value}
        logger.info("requested", extra=details)
        return SubmissionResult(outcome)


def not_started(error: PrefectError) -> SubmissionResult:
    """The result when no run could be started: the form stays open with the entries and shows the message."""
    logger.warning("a request was not taken", extra={"reason": str(error)})
    if isinstance(error, TransientError):
        text = "The request was not sent: Prefect does not answer. Press the button again in a minute."
    else:
        text = "Prefect refused the request. Nothing was changed. Tell an engineer."
    return SubmissionResult(RequestOutcome.FAILED, {ACCOUNT: text})
