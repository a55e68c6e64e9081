"""Every call of every procedure meets every fault: the final state of all systems is that of a run without faults."""

import pytest

from tests.faults.matrix.cells import FAULTS, Result, meet, recorded
from tests.faults.matrix.final_state import differences
from tests.faults.matrix.procedures import PROCEDURES, broken
from tests.faults.matrix.table import CELL

pytestmark = [pytest.mark.flows, pytest.mark.long]
CLEAN = {}
"""By procedure: its calls and the final state without faults."""


async def clean_run(fresh, procedure):
    if procedure not in CLEAN:
        subject = await fresh(procedure)
        runs = await subject.work()
        assert await broken(runs) == [], [run.state for run in runs]
        CLEAN[procedure] = (
            recorded(subject.sandbox, subject.since),
            await subject.final_state(),
        )
    return CLEAN[procedure]


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda one: one.name)
async def test_two_clean_runs_end_in_the_same_state(fresh, procedure):
    """Otherwise a difference says nothing about the fault."""
    _, state = await clean_run(fresh, procedure)
    subject = await fresh(procedure)
    await subject.work()
    differ = differences(state, await subject.final_state())
    assert not differ, "\n".join(differ)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda one: one.name)
async def test_whatever_call_meets_the_fault_the_final_state_is_that_of_a_clean_run(
    fresh, procedure, fault, record_property
):
    calls, state = await clean_run(fresh, procedure)
    failed = []
    for call in calls:
        if not call.knows(FAULTS[fault]):
            continue
        subject = await fresh(procedure)
        result, why = await meet(subject, call, FAULTS[fault])
        differs = differences(state, await subject.final_state())
        if differs:
            result, why = Result.FAILED, "\n    ".join([why, *differs])
        record_property(CELL, (procedure.name, fault, result))
        if result is Result.FAILED:
            failed.append(f"{call}: {why}")
    assert not failed, "\n".join(failed)
