"""Shadow mode: runs of accounts that are not live only preview, whoever starts them (ADR-17)."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest

from flows.deactivation import deactivate_account
from flows.failures import report_failures
from flows.reconciliation import reconciliation
from rules.common.going_live import SHADOW
from rules.questions import failures
from tests.support.asking import Worker, questions, read_run, state_of
from tests.support.every_procedure import PROCEDURES, flow_of
from tests.support.going_live import POLICY, written
from tests.support.outcome import assert_onboarded, assert_untouched, effects
from tests.support.runs import latest_artifact

pytestmark = pytest.mark.flows
ON_RUNS = {"flows.reminders.waiting", "flows.failures.report_failures", "flows.failures.retry_failed"}
ON_RUNS |= {"flows.steps.redo_step", "flows.steps.skip_step", "flows.reconciliation_repair.leave"}
ON_RUNS |= {"flows.check.check", "flows.shadow_report.shadow_report"}
"""What changes runs alone, or tells CS Operations how the system is: not in shadow mode, since no account is meant."""


@pytest.mark.parametrize("entrypoint", PROCEDURES)
async def test_a_run_of_every_procedure_in_shadow_mode_writes_nothing_anywhere(
    org, override, sandbox, entrypoint, monkeypatch
):
    monkeypatch.setattr(failures, "SETTLING", timedelta(0))
    parameters = await org.work_for(entrypoint)
    await report_failures(return_state=True)  # what other tests left
    worker, since = Worker(flow_of(entrypoint), PROCEDURES[entrypoint]), sandbox.last()
    await override(POLICY, mode="shadow")
    run = await worker.start(**parameters)
    assert written(sandbox, since) == []
    if entrypoint not in ON_RUNS:
        assert state_of(run) == "Previewed", run.state
        assert run.state.message.startswith("Shadow mode: "), run.state.message
        assert run.name.startswith("Shadow: ")
        assert SHADOW in run.tags
    await override(POLICY, mode="live")
    for undo in org.undo:
        await undo()


def test_no_procedure_asks_its_parameter_instead_of_its_run_whether_it_previews():
    """The parameter is what a person wants; whether the run previews, the run says."""
    bodies = [
        function
        for file in Path("flows").glob("*.py")
        for function in ast.walk(ast.parse(file.read_text()))
        if isinstance(function, ast.AsyncFunctionDef) and function.decorator_list
    ]
    read = [
        (body.name, node.lineno)
        for body in bodies
        for node in ast.walk(body)
        if isinstance(node, ast.Name) and node.id == "preview" and not _is_own(body)
    ]
    assert len(bodies) > len(PROCEDURES) - 2
    assert read == []


def _is_own(body):
    """Whether a body makes a variable of that name."""
    return any(
        isinstance(node, ast.Name) and node.id == "preview" and isinstance(node.ctx, ast.Store)
        for node in ast.walk(body)
    )


async def test_a_sale_shows_its_plan_and_is_onboarded_by_retry_once_its_account_is_live(override, people):
    sale, worker = people.make_sale(), Worker()
    await override(POLICY, mode="shadow")
    run = await worker.start(opportunity_id=sale.opportunity)
    assert "changes would be made. Nothing was written." in run.state.message
    assert_untouched(people, sale)
    page = await latest_artifact("shadow-plan")
    assert sale.company in page
    assert "Location Count" in page
    await override(POLICY, mode="shadow", live_accounts=[sale.account[:15]])
    run = await worker.retry(run.id)
    assert state_of(run) == "Completed", run.state
    assert SHADOW not in run.tags
    assert not run.name.startswith("Shadow")
    assert_onboarded(people, sale)
    other = people.make_sale()
    assert state_of(await worker.start(opportunity_id=other.opportunity)) == "Previewed"
    assert_untouched(people, other)


async def test_problems_are_shown_and_nobody_is_asked(override, people, sandbox):
    sale = people.make_sale(contact={"Phone": None})
    await override(POLICY, mode="shadow")
    run = await Worker().start(opportunity_id=sale.opportunity)
    assert (state_of(run), "Phone is empty" in run.state.message) == ("Previewed", True)
    assert questions(sandbox, run) == []


async def test_a_run_that_asked_before_stops_in_shadow_mode_and_goes_on_when_its_account_is_live(
    override, people, sandbox
):
    sale, worker = people.make_sale(contact={"Phone": None}), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    assert state_of(run) == "Suspended"
    people.edit("Contact", sale.contact, Phone="+1 212 555 0142")
    await override(POLICY, mode="shadow")
    since = sandbox.last()
    run = await worker.resume(run.id)
    assert (state_of(run), "Shadow mode began after this run" in run.state.message) == ("Stopped", True), run.state
    assert written(sandbox, since) == []
    await override(POLICY, mode="shadow", live_accounts=[sale.account])
    run = await worker.retry(run.id)
    assert state_of(run) == "Completed", run.state
    assert_onboarded(people, sale)


@pytest.mark.usefixtures("org")
async def test_rec_1_the_reconciliation_starts_a_sale_of_the_shadow_once_its_account_is_live(override, people):
    sale, worker = people.make_sale(), Worker(name="onboarding")
    await override(POLICY, mode="shadow")
    await worker.start(opportunity_id=sale.opportunity)

    async def started():
        assert (await reconciliation(full=False, return_state=True)).is_completed()
        mine = [one for one in await worker.runs() if one.parameters["opportunity_id"] == sale.opportunity]
        return [one for one in mine if one.state.is_scheduled()]

    assert await started() == []
    await override(POLICY, mode="shadow", live_accounts=[sale.account], reconciliation_max_started=1000)
    (run,) = await started()
    assert state_of(await worker.work(run.id)) == "Completed"
    assert_onboarded(people, sale)
    assert await started() == []


async def test_a_failure_in_shadow_mode_is_announced_nowhere(override, people, sandbox, monkeypatch):
    monkeypatch.setattr(failures, "SETTLING", timedelta(0))
    await report_failures(return_state=True)  # what other tests have left
    sale = people.make_sale()
    await override(POLICY, mode="shadow")
    sandbox.fault("lms", "error", status=403, code="forbidden", times=50)
    run = await Worker().start(opportunity_id=sale.opportunity)
    assert state_of(run) == "Refused", run.state
    assert {SHADOW, "refused"} <= set((await read_run(run.id)).tags)
    since = sandbox.last()
    await report_failures(return_state=True)
    assert effects(sandbox, since) == {}


async def test_the_sweep_starts_the_runs_of_the_shadow_again_once_the_account_is_live(override, org):
    account = (await org.ending())["account_id"]
    worker, sweep = (
        Worker(deactivate_account, "deactivate-account"),
        Worker(flow_of("flows.deactivation.end_of_contract"), "end-of-contract"),
    )

    async def night():
        await sweep.start()
        due = [one for one in await worker.runs() if one.state.is_scheduled()]
        return [await worker.work(one.id) for one in due if one.parameters["account_id"] == account]

    await override(POLICY, mode="shadow", guard_max_percent=100)
    (first,) = await night()
    (second,) = await night()
    assert {state_of(first), state_of(second)} == {"Previewed"}
    await override(POLICY, mode="shadow", live_accounts=[account], guard_max_percent=100)
    (third,) = await night()
    assert state_of(third) == "Completed", third.state
    assert await night() == []
