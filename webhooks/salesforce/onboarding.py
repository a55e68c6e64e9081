"""The onboarding of one opportunity, as the receiver starts it and judges it (ONB-1, ONB-2, D-16)."""

from datetime import datetime
from typing import Final

from rules.questions.questions import OUT_OF_SCOPE
from webhooks.runs.flow_runs import NOTIFICATION, FlowRun, NewRun

TAG: Final = "onboarding"
OPPORTUNITY_TAG: Final = "opportunity:"
ENDED_OUT_OF_SCOPE: Final = "Out of scope"
ALREADY_RUNNING: Final = "Already under way"
"""How an onboarding ends that found another one for its opportunity: that one counts."""


def onboarding_run(
    deployment: str, opportunity_id: str, *, after: FlowRun | None = None, notification: str = ""
) -> NewRun:
    """The run of one opportunity.

    Args:
        deployment: of the flow.
        opportunity_id: 18 characters.
        after: the run that ended and that this one follows: however many words come of it, it has one successor.
        notification: the id of the notification that starts it, if one does.
    """
    key = f"onboarding:{opportunity_id}"
    return NewRun(
        deployment,
        key=f"{key}:after:{after.id}" if after else key,
        parameters={"opportunity_id": opportunity_id},
        tags=(TAG, f"{OPPORTUNITY_TAG}{opportunity_id}"),
        by="Salesforce",
        notification=notification,
    )


def opportunity_of(run: FlowRun) -> str:
    """The opportunity that a run onboards, by its tag; "" for a run of something else."""
    tags = (tag for tag in sorted(run.tags) if tag.startswith(OPPORTUNITY_TAG))
    return next(tags, "").removeprefix(OPPORTUNITY_TAG)


def counts(run: FlowRun) -> bool:
    """Whether it is an onboarding of its opportunity: no preview, and no run that left the work to another one."""
    return not run.is_preview and run.state.name != ALREADY_RUNNING


def ended_out_of_scope(run: FlowRun) -> bool:
    """Whether it ended because the sale was out of scope; one that was tagged so and did its work later has not."""
    tagged = OUT_OF_SCOPE in run.tags and run.state.name != "Completed"
    return run.state.type == "COMPLETED" and (tagged or run.state.name == ENDED_OUT_OF_SCOPE)


def was_cancelled(run: FlowRun, arrived: datetime) -> bool:
    """Whether people had cancelled it when a word arrived."""
    return run.state.type == "CANCELLED" and run.state.timestamp < arrived


def is_repeat(run: FlowRun, notification: str) -> bool:
    """Whether this very notification started it."""
    return bool(notification) and run.labels.get(NOTIFICATION) == notification
