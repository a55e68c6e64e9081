"""The gate before every write step: defense in depth of previews, and the kill switch (ADR-17)."""

import pytest
from prefect.states import Completed

from rules.common.going_live import Reach
from tasks.core.steps import read_task, write_task
from tasks.procedure import Run, procedure
from tasks.runs.claims import present_run
from tests.support.going_live import POLICY

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("blocks")]
DONE: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_done():
    DONE.clear()


@read_task("Look")
async def look() -> None:
    DONE.append("look")


@write_task("Write {what}")
async def write(what: str) -> None:
    DONE.append(what)


@write_task("Start a run", outside=False)
async def start() -> None:
    DONE.append("start")


@procedure("forgetful", run_name="Forgetful")
async def forgetful(run: Run, preview: bool = False):  # noqa: ARG001, FBT001, FBT002 - as the forms have it
    """A procedure that writes even as a preview."""
    await run.begin("account:001000000000001AAA")
    await run.open()
    await look()
    await start()
    await write("a field")
    return Completed(message="done")


@procedure("reporting", run_name="Reporting", reach=Reach.REPORTS)
async def reporting(run: Run):
    """A procedure that tells CS Operations."""
    await run.begin("report:today")
    await write("a message")
    return Completed(message="told")


@procedure("hasty", run_name="Hasty")
async def hasty(run: Run):  # noqa: ARG001 - every procedure has its run
    """A procedure that writes before it knows what its run may do."""
    await write("a field")
    return Completed(message="done")


@procedure("by the clock", run_name="By the clock")
async def by_the_clock(run: Run):
    """A procedure whose run a schedule has started."""
    present_run().auto_scheduled = True
    await run.begin("sweep:tonight")
    return Completed(message="done")


async def ended(flow, **parameters):
    state = await flow(**parameters, return_state=True)
    return state.name, state.message


async def test_a_preview_that_reaches_a_step_that_writes_fails_before_the_step():
    name, message = await ended(forgetful, preview=True)
    assert (name, "This preview reached the step “Write a field”" in message) == ("Failed", True)
    assert DONE == ["look", "start"]


async def test_so_does_a_run_in_shadow_mode(override):
    await override(POLICY, mode="shadow")
    name, message = await ended(forgetful)
    assert (name, "This preview reached the step “Write a field”" in message) == ("Failed", True)
    assert DONE == ["look", "start"]


@pytest.mark.parametrize("mode", ["shadow", "stopped"])
async def test_a_run_that_never_looks_at_the_policy_is_stopped_before_it_writes(override, mode):
    await override(POLICY, mode=mode)
    name, message = await ended(hasty)
    assert (name, message.startswith("Stopped before “Write a field”.")) == ("Stopped", True), message
    assert DONE == []


async def test_a_scheduled_run_is_no_failure_since_its_next_run_does_the_work(override):
    await override(POLICY, mode="stopped")
    state = await by_the_clock(return_state=True)
    assert (state.name, state.is_cancelled()) == ("Stopped", True)


async def test_live_runs_and_reports_write(override):
    assert (await ended(forgetful))[0] == "Completed"
    await override(POLICY, mode="stopped")
    assert (await ended(reporting))[0] == "Completed"
    assert DONE == ["look", "start", "a field", "a message"]
    assert (await ended(forgetful))[0] == "Stopped"
