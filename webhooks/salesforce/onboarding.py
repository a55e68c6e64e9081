"""The onboarding runs of one opportunity: how the receiver starts and reads them (ONB-1, ONB-2, D-16)."""

from datetime import datetime
from typing import Final

from rules.common.going_live import was_shadow
from rules.onboarding import runs
from rules.onboarding.runs import ONBOARDING, OPPORTUNITY_TAG, onboarding_run_key
from webhooks.runs.flow_runs import NOTIFICATION, FlowRun, NewRun

ALREADY_RUNNING: Final = "Already under way"
"""The final state of an onboarding that found another one for its opportunity; only the other one counts."""


def onboarding_run(
    deployment: str, opportunity_id: str, *, after: FlowRun | None = None, notification: str = ""
) -> NewRun:
    """The run of one opportunity.

    Args:
        deployment: of the flow.
        opportunity_id: 18 characters.
        after: the ended run that this one follows; a run has one successor, however many events come.
        notification: id of the notification that starts the run, or "".
    """
    return NewRun(
        deployment,
        key=onboarding_run_key(opportunity_id, after=after.id if after else ""),
        parameters={"opportunity_id": opportunity_id, "preview": False},
        tags=(ONBOARDING, f"{OPPORTUNITY_TAG}{opportunity_id}"),
        by="Salesforce",
        notification=notification,
    )


def opportunity_of(run: FlowRun) -> str:
    """The id of the opportunity in the run's tags; "" for a run of another flow."""
    tags = (tag for tag in sorted(run.tags) if tag.startswith(OPPORTUNITY_TAG))
    return next(tags, "").removeprefix(OPPORTUNITY_TAG)


def counts(run: FlowRun) -> bool:
    """Whether the run onboards its opportunity: it is no preview, and did not leave the work to another run."""
    return not run.is_preview and run.state.name != ALREADY_RUNNING


def ended_out_of_scope(run: FlowRun) -> bool:
    """Whether the run ended because the sale was out of scope; a tagged run that completed later does not count."""
    return run.state.type == "COMPLETED" and runs.ended_out_of_scope(run.state.name, run.tags)


def only_previewed(run: FlowRun) -> bool:
    """Whether the run only previewed because of shadow mode: a later event starts another one (ADR-17)."""
    return run.state.type == "COMPLETED" and was_shadow(run.state.name, preview=run.is_preview)


def was_cancelled(run: FlowRun, arrived: datetime) -> bool:
    """Whether people had cancelled the run before the event arrived."""
    return run.state.type == "CANCELLED" and run.state.timestamp < arrived


def is_repeat(run: FlowRun, notification: str) -> bool:
    """Whether this notification started the run."""
    return bool(notification) and run.labels.get(NOTIFICATION) == notification
