"""Handles a press of *Repair* in the message about drift: starts the repair of a sentence's offenders (REC-2)."""

import logging
from typing import Final

from webhooks.runs.flow_runs import NewRun
from webhooks.runs.prefect_runs import PrefectRuns
from webhooks.slack.button_handler import ButtonOutcome, Reply, refused
from webhooks.slack.payload import ButtonPress, RepairValue

logger = logging.getLogger(__name__)

TAG: Final = "reconciliation"


class RepairHandler:
    """Starts repairs. One per process."""

    def __init__(self, runs: PrefectRuns, deployment: str) -> None:
        self._runs, self._deployment = runs, deployment

    async def handle(self, press: ButtonPress, value: RepairValue) -> Reply:
        """Start the repair, if the member may; pressing again within one delivery is harmless.

        Raises:
            PrefectError: Prefect did not confirm that the run exists.
        """
        if refusal := refused(press.user, value.may):
            return refusal
        run = await self._runs.start(
            NewRun(
                self._deployment,
                key=f"repair:{press.key}",
                parameters={"sentence": value.repair, "preview": value.preview},
                tags=(TAG,),
                by=f"Slack ({press.user_name})",
            )
        )
        logger.info("repair requested", extra={"run": run.id, "record": value.repair})
        what = "preview of the repair" if value.preview else "repair"
        return Reply(
            ButtonOutcome.STARTED, f"The {what} has started: see the artifact *drift-repairs* and the run in Prefect."
        )
