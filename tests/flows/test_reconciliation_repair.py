"""Repair of drift on request, and the decision to leave it: from the latest report, each repair once (REC-2)."""

import asyncio
import json
from dataclasses import replace

import pytest

from flows.deactivation import deactivate_account
from flows.entitlement import update_entitlement
from flows.reconciliation_repair import leave, repair
from rules.reconciliation.drift import Drift, Offender, Repair, all_sentences
from rules.reconciliation.repair_plan import REPAIR_TOPIC
from rules.reconciliation.report import Found, report
from tasks.reconciliation.kept import as_kept, read_decisions, read_lines, show_lines
from tests.support.asking import Worker, buttons, note_press, questions, said, state_of
from tests.support.page_rows import rows_of
from tests.support.publications import TODAY, make_client
from tests.support.runs import latest_artifact, press_retry, run_of
from tests.tasks.outreach_org import run as in_a_run

pytestmark = pytest.mark.flows

USERS, ENDS = "users_equal_the_contracts", "no_company_is_active_after_its_last_day"
NOBODY = "001000000000001AAA"


def drifted(client, found="30", *, field="User Count", sentence=USERS, for_people=False):
    """Drift of a real client; a run of the entitlement repairs it."""
    run = None if for_people else Repair("entitlement/entitlement", {"account_id": client.account})
    offender = Offender(f"Company {client.company}", field, found, "40 | by contract", run)
    return Drift(sentence, client.account, client.name, offender)


async def show(*drift):
    """Show a report of this drift; answers it."""
    outcome = await next_report(*drift)
    await in_a_run(show_lines, outcome, TODAY)
    return outcome


async def next_report(*drift):
    """The report that a comparison with this outcome brings about."""
    counts = {one.key: sum(each.sentence == one.key for each in drift) for one in all_sentences()}
    found = Found(tuple(map(as_kept, drift)), counts, 10, {})
    return report(found, all_sentences(), await in_a_run(read_lines), await in_a_run(read_decisions), TODAY)


async def do(flow, **parameters):
    """A run of a flow, which cannot wait."""
    return run_of(await flow(**parameters, return_state=True), flow)


class Entitlements:
    """The runs of the entitlement that are started for these clients."""

    def __init__(self, *clients):
        self.worker, self.clients = Worker(update_entitlement, "entitlement"), clients

    async def runs(self):
        """The parameters of every run, by the clients' order."""
        mine = [one.account for one in self.clients]
        every = [run.parameters for run in await self.worker.runs() if run.parameters.get("account_id") in mine]
        return sorted(every, key=lambda parameters: mine.index(parameters["account_id"]))


@pytest.fixture
async def two(people):
    """Two clients, and the runs that are started for them."""
    started = Entitlements(make_client(people), make_client(people))
    await started.worker.deploy()
    return started


# --- repair


async def test_rec_2_a_repair_starts_one_run_for_each_client_and_a_retry_starts_none(two):
    first, second = two.clients
    await show(drifted(first), drifted(first, "9.00", field="Plan Amount"), drifted(second, "20"))
    run = await do(repair, sentence=USERS)
    assert (run.ended, run.message) == ("Completed", "2 runs started. The table of repairs links to each.")
    expected = [{"account_id": first.account, "preview": False}, {"account_id": second.account, "preview": False}]
    assert await two.runs() == expected
    again = await press_retry(run)
    assert (again.ended, again.message) == (run.ended, run.message)
    assert await two.runs() == expected
    rows = rows_of(await latest_artifact("drift-repairs"))
    assert [row["Wrong"] for row in rows] == ["Plan Amount 9.00; User Count 30", "User Count 20"]
    assert [row["Client"] for row in rows] == [first.name, second.name]
    assert all("/runs/flow-run/" in row["Run"] for row in rows)


async def test_rec_2_only_the_offenders_of_the_named_accounts_are_repaired(two):
    first, second = two.clients
    await show(drifted(first), drifted(second), drifted(second, sentence=ENDS))
    run = await do(repair, sentence=USERS, account_ids=[second.account[:15]])
    assert run.message.startswith("1 run started.")
    assert await two.runs() == [{"account_id": second.account, "preview": False}]


async def test_rec_2_repairs_of_one_sentence_may_be_runs_of_several_procedures(two):
    first, second = two.clients
    ends = Worker(deactivate_account, "deactivate-account")
    await ends.deploy()
    other = drifted(second)
    by_end = Repair("deactivation/deactivate-account", {"account_id": second.account})
    await show(drifted(first), replace(other, offender=replace(other.offender, repair=by_end)))
    assert (await do(repair, sentence=USERS)).message.startswith("2 runs started.")
    assert await two.runs() == [{"account_id": first.account, "preview": False}]
    assert [run.parameters for run in await ends.runs() if run.parameters["account_id"] == second.account] == [
        {"account_id": second.account, "preview": False}
    ]


async def test_rec_2_a_preview_starts_previews(two, sandbox):
    first, second = two.clients
    await show(drifted(first), drifted(second))
    since = sandbox.last()
    run = await do(repair, sentence=USERS, preview=True)
    assert (run.ended, run.message.partition(".")[0]) == ("Previewed", "2 previews started")
    assert await two.runs() == [{"account_id": one.account, "preview": True} for one in two.clients]
    assert sandbox.effects(since=since) == []


async def test_rec_2_offenders_for_people_are_counted_and_start_nothing(two):
    first, second = two.clients
    await show(drifted(first), drifted(second, for_people=True))
    run = await do(repair, sentence=USERS)
    assert run.message == (
        "1 run started. The table of repairs links to each. 1 offender can only be repaired by people: see the report."
    )
    assert await two.runs() == [{"account_id": first.account, "preview": False}]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"sentence": "all_is_well"}, ("There is no sentence all_is_well", USERS)),
        ({"sentence": USERS, "account_ids": [NOBODY]}, (f"no open offender of {NOBODY} of this sentence", "Look at")),
        ({"sentence": ENDS}, ("no open offender of this sentence", "Look at the report again")),
        ({"sentence": USERS, "account_ids": [f"{NOBODY[:-1]}B"]}, ("Start a new run with the right id",)),
    ],
)
async def test_rec_2_what_is_not_in_the_report_is_bad_input_with_the_next_step(two, parameters, words):
    await show(drifted(two.clients[0]))
    for flow, more in ((repair, {}), (leave, {"account_ids": [NOBODY], "name": "Dana", "reason": "agreed"})):
        run = await do(flow, **more | parameters)
        assert run.ended == "Bad input", run.message
        assert "tart a new run" in run.message
        if flow is repair or "account_ids" in parameters:
            assert [word for word in words if word not in run.message] == []
    assert await two.runs() == []


async def test_rec_2_an_empty_report_is_bad_input(two):
    await show()
    run = await do(repair, sentence=USERS)
    assert (run.ended, "Look at the report again. Then start a new run." in run.message) == ("Bad input", True)
    assert await two.runs() == []


# --- many repairs


async def test_rec_2_more_repairs_than_the_policy_allows_wait_for_cs_operations(two, sandbox, override):
    await override("lifecycle-policy", reconciliation_max_repairs=1)
    await show(*map(drifted, two.clients))
    worker = Worker(repair, "repair")
    run = await worker.start(sentence=USERS)
    assert state_of(run) == "Suspended", run.state
    (question,) = questions(sandbox, run)
    assert question["channel"] == "cs-operations"
    words = ("2 runs for 2 clients", "More than 1 repairs start only with the approval", "Start 2 runs", "REC-2")
    assert [word for word in words if word not in said(question)] == []
    assert await two.runs() == []

    key = await note_press(run.id, decision="Choose", topic=f"{REPAIR_TOPIC} 2", choice="2")
    run = await worker.resume(run.id, decided_by=key)
    assert state_of(run) == "Completed", run.state
    assert await two.runs() == [{"account_id": one.account, "preview": False} for one in two.clients]
    assert buttons(questions(sandbox, run)[0]) == {}
    assert state_of(await worker.retry(run.id)) == "Completed"
    assert len(await two.runs()) == 2


@pytest.mark.long
async def test_rec_2_an_approval_does_not_hold_for_a_report_that_has_grown(people, two, sandbox, override):
    await override("lifecycle-policy", reconciliation_max_repairs=1)
    await show(*map(drifted, two.clients))
    worker = Worker(repair, "repair")
    run = await worker.start(sentence=USERS)
    await show(*map(drifted, (*two.clients, make_client(people))))
    run = await worker.resume(run.id, choice_1="Start 2 runs")
    assert state_of(run) == "Suspended", run.state
    assert "3 runs for 3 clients" in said(questions(sandbox, run)[-1])
    assert await two.runs() == []
    run = await worker.resume(run.id, choice_1="Start 3 runs")
    assert state_of(run) == "Completed", run.state
    assert len(await two.runs()) == 2


async def test_rec_2_cs_operations_cancel_the_repairs(two, override):
    await override("lifecycle-policy", reconciliation_max_repairs=1)
    await show(*map(drifted, two.clients))
    worker = Worker(repair, "repair")
    run = await worker.start(sentence=USERS)
    run = await worker.resume(run.id, decision="Cancel")
    assert "ancelled" in state_of(run), run.state
    assert await two.runs() == []


async def test_rec_2_a_preview_of_many_repairs_posts_no_question_and_shows_them(two, sandbox, override):
    await override("lifecycle-policy", reconciliation_max_repairs=1)
    await show(*map(drifted, two.clients))
    since = sandbox.last()
    run = await do(repair, sentence=USERS, preview=True)
    assert run.ended != "Completed", run.message
    assert sandbox.effects(since=since) == []
    assert await two.runs() == []
    rows = rows_of(await latest_artifact("drift-repairs"))
    assert [row["Run"] for row in rows] == ["", ""]


# --- leave it


async def leave_it(*clients, sentence=USERS, **more):
    """Leave the drift of clients."""
    usual = {"name": "Dana | Ops", "reason": "- agreed_with *the client*"}
    return await do(leave, sentence=sentence, account_ids=[one.account for one in clients], **usual | more)


async def test_rec_2_what_is_left_is_listed_apart_until_its_value_changes(two):
    first, second = two.clients
    before = await show(drifted(first), drifted(second))
    run = await leave_it(first)
    assert (run.ended, run.message) == ("Completed", "1 offender left, until the value changes.")

    after = await show(drifted(first), drifted(second))
    assert (before.count, after.count) == (2, 1)
    (left,) = [one for section in after.sections for one in section.left]
    assert left.drift.account_id == first.account
    assert left.decision is not None
    assert (left.decision.by, left.decision.reason) == ("Dana | Ops", "- agreed_with *the client*")
    assert left.decision.on == TODAY
    row = next(row for row in json.loads(await latest_artifact("drift-offenders")) if first.name in row["Client"])
    assert row["Left by"] == r"Dana \| Ops: - agreed\_with \*the client\*"

    changed = await show(drifted(first, "31"), drifted(second))
    assert (changed.count, [one for section in changed.sections for one in section.left]) == (2, [])


async def test_rec_2_what_is_left_is_not_repaired_and_not_left_again(two):
    first, second = two.clients
    await show(drifted(first), drifted(second))
    await leave_it(first)
    await do(repair, sentence=USERS)
    assert await two.runs() == [{"account_id": second.account, "preview": False}]
    for run in (await leave_it(first), await do(repair, sentence=USERS, account_ids=[first.account])):
        assert (run.ended, f"no open offender of {first.account}" in run.message) == ("Bad input", True)


@pytest.mark.long
async def test_rec_2_a_later_decision_about_the_same_drift_replaces_the_former(two):
    first, _ = two.clients
    await show(drifted(first))
    await leave_it(first)
    await show(drifted(first, "31"))
    await leave_it(first, name="Kim")
    mine = [one for one in await in_a_run(read_decisions) if first.account in one.identity]
    assert [(one.found, one.by) for one in mine] == [("31", "Kim")]


async def test_rec_2_a_preview_of_a_decision_remembers_nothing(two):
    first, _ = two.clients
    await show(drifted(first))
    run = await leave_it(first, preview=True)
    assert (run.ended, run.message) == ("Previewed", "1 offender would be left, until the value changes.")
    assert [one for one in await in_a_run(read_decisions) if first.account in one.identity] == []


async def test_rec_2_a_decision_names_its_accounts(two):
    await show(drifted(two.clients[0]))
    run = await leave_it()
    assert (run.ended, "enter the ids of the accounts" in run.message) == ("Bad input", True)


async def test_rec_2_the_same_decision_twice_at_once_is_remembered_once(two):
    first, _ = two.clients
    await show(drifted(first))
    runs = await asyncio.gather(leave_it(first), leave_it(first))
    assert {run.ended for run in runs} <= {"Completed", "Already under way", "Bad input"}
    assert "Completed" in {run.ended for run in runs}
    assert len([one for one in await in_a_run(read_decisions) if first.account in one.identity]) == 1


@pytest.mark.long
async def test_rec_2_decisions_at_once_lose_nothing(people, two):
    clients = (*two.clients, make_client(people), make_client(people))
    await show(*map(drifted, clients), *(drifted(one, sentence=ENDS) for one in clients))
    both = [leave_it(one, sentence=sentence) for one in clients for sentence in (USERS, ENDS)]
    runs = await asyncio.gather(*both)
    assert [(run.ended, run.message) for run in runs if run.ended != "Completed"] == []
    left = {one.identity.partition(":Company")[0] for one in await in_a_run(read_decisions)}
    assert {f"{sentence}:{one.account}" for one in clients for sentence in (USERS, ENDS)} <= left
