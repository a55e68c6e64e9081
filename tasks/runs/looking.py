"""Look for a record that another system creates by itself, until it is there or the patience is over (ONB-12, CSM-5).

At first a run looks often, in its process. After about 15 s it ends its process, which frees its place in the work
pool. Prefect keeps the run scheduled for the next look, and a worker starts it again from the top (ADR-15).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn, TypeVar

from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.exceptions import Abort, Pause
from prefect.states import Scheduled

from rules.common.next_look import WITHOUT_PROCESS, pause_before_next_look
from tasks.core.errors import NotThereYet
from tasks.runs.claims import present_run, server
from tasks.runs.inputs import remember_once

T = TypeVar("T")


@dataclass(frozen=True)
class Awaited:
    """A record that another system creates by itself.

    Attributes:
        system: that creates the record.
        what: the kind of the record, with the id of the account or sale that it belongs to.
        record_id: that id.
        patience: seconds from the first look of the run to the last one, across wake-ups and Retries.
    """

    system: str
    what: str
    record_id: str
    patience: float


async def look_until_there(awaited: Awaited, look: Callable[[], Awaitable[T | None]]) -> T | None:
    """Look until there is a result; None when the patience is over (ONB-12, CSM-5).

    A run that a worker has started ends its process for the longer pauses; any other waits in its process.

    Raises:
        NotThereYet: the run ends its process, and looks again later.
    """
    first, run = datetime.now(UTC), _deployed_run()
    if (found := await look()) is not None:
        return found
    if run:
        key = f"first-look-{awaited.system}-{awaited.record_id}".lower()
        first = datetime.fromisoformat(await remember_once(key, first.isoformat()))
    while found is None and (pause := pause_before_next_look(_seconds_since(first), awaited.patience)) is not None:
        if run and pause >= WITHOUT_PROCESS:
            raise NotThereYet(awaited.system, awaited.what, pause)
        await asyncio.sleep(pause)
        found = await look()
    return found


async def end_process_until_next_look(missing: NotThereYet) -> NoReturn:
    """Have Prefect start the present run again at its next look, and end this process (ONB-12, CSM-5).

    The next look belongs to the same try of the run: it counts as no new start. If somebody presses Cancel meanwhile,
    the run, which names no process any more, is cancelled at once.
    """
    run, at = present_run(), datetime.now(UTC) + timedelta(seconds=missing.pause)
    policy = run.empirical_policy.model_copy(update={"resuming": True})
    kept = policy.model_dump(mode="json", exclude_unset=True)
    update = {"empirical_policy": kept, "infrastructure_pid": None}
    await server().request("PATCH", "/flow_runs/{id}", path_params={"id": run.id}, json=update)
    message = f"{missing} The run looks again at {at:%H:%M:%S} UTC."
    waits: State[None] = Scheduled(name=f"Waiting for {missing.system}", message=message, scheduled_time=at)
    state = (await server().set_flow_run_state(run.id, waits)).state
    if state is None or not state.is_scheduled():
        raise Abort(f"The run cannot wait for {missing.system}: it is {state.name if state else 'gone'}.")
    raise Pause(message, state=state)


def _deployed_run() -> FlowRun | None:
    """The present run, if a worker can start it again."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    return run if run and run.deployment_id else None


def _seconds_since(moment: datetime) -> float:
    return (datetime.now(UTC) - moment).total_seconds()
