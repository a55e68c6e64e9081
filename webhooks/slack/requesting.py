"""Sales request a change of a publication in Slack: the form is shown, then what was entered starts a run (PUB-1)."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rules.publications.requests import BadRequest
from webhooks.common.errors import PrefectError, TransientError
from webhooks.runs.publications import Publications
from webhooks.slack.publication_form import ACCOUNT, publication_form
from webhooks.slack.publication_request import Opening, Submission, request_of
from webhooks.slack.web_api import Result, SlackCallError, SlackWebApi

logger = logging.getLogger(__name__)


class RequestOutcome(StrEnum):
    """What became of a wish for the form, or of the form filled in."""

    SHOWN = "form shown"
    NOT_SHOWN = "form not shown"
    STARTED = "started"
    KNOWN = "known"
    WRONG = "not filled in right"
    FAILED = "failed"


@dataclass(frozen=True)
class Taken:
    """What became of a form that was filled in. `faults`: what the person reads, by field; none when it is taken."""

    outcome: RequestOutcome
    faults: Mapping[str, str] = field(default_factory=dict)


class PublicationRequestHandler:
    """Takes requests about publications."""

    def __init__(self, publications: Publications) -> None:
        self._publications = publications

    async def show_form(self, slack: SlackWebApi, opening: Opening, until: float) -> str:
        """Show the form to the person who asked for it.

        Args:
            slack: the person's workspace.
            opening: names the person's request to Slack.
            until: the event loop's time at which to give up.

        Returns:
            Why Slack did not show it, without secrets; "" when it did.
        """
        form = {"trigger_id": opening.trigger_id, "view": publication_form()}
        try:
            async with asyncio.timeout_at(until):
                await slack.call(Result, "views.open", json=form)
        except (TimeoutError, SlackCallError) as error:
            reason = error.reason if isinstance(error, SlackCallError) else "TimeoutError"
            logger.warning("the form of a request was not shown", extra={"reason": reason})
            return reason
        return ""

    async def take(self, submission: Submission) -> Taken:
        """Have the run exist that follows the request; sending the same form again is harmless.

        Raises:
            PrefectError: Prefect did not confirm it.
        """
        try:
            account_id, request = request_of(submission)
        except BadRequest as wrong:
            return Taken(RequestOutcome.WRONG, wrong.faults)
        run = await self._publications.requested(account_id, request, submission.view)
        outcome = RequestOutcome.STARTED if run.is_new else RequestOutcome.KNOWN
        facts = {"record": f"Account {account_id}", "run": run.id, "outcome": outcome.value}
        logger.info("requested", extra=facts)
        return Taken(outcome)


def not_taken(error: PrefectError) -> Taken:
    """What the person reads when no run could be made; what they entered stays in the form."""
    logger.warning("a request was not taken", extra={"reason": str(error)})
    if isinstance(error, TransientError):
        text = "The request was not taken yet: Prefect does not answer. Press the button again in a minute."
    else:
        text = "Prefect did not take the request. Tell an engineer; nothing was done."
    return Taken(RequestOutcome.FAILED, {ACCOUNT: text})
