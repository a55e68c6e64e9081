"""The onboarding of one opportunity, as the receiver starts it (ONB-1)."""

from typing import Final

from webhooks.prefect_runs import NewRun

CLOSED_WON: Final = "Closed Won"


def onboarding_run(deployment: str, opportunity_id: str) -> NewRun:
    """The run of one opportunity, by its 18-character id."""
    return NewRun(
        deployment,
        key=f"onboarding:{opportunity_id}",
        parameters={"opportunity_id": opportunity_id},
        tags=("onboarding", f"opportunity:{opportunity_id}"),
        by="Salesforce",
    )
