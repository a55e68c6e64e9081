"""Whatever fails while an account changes hands, and wherever its process dies: all has moved in the end, once."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.client.schemas.objects import State, StateType

from flows.account_move import move_account
from rules.invitation import uid
from tasks.turns import OUTREACH_LOGIN, OUTREACH_ONCE
from tests.faults.test_killed_while_asking import killed
from tests.support.accounts import Book
from tests.support.asking import Worker, state_of
from tests.support.scale import EVERY_CASE, cases
from tests.support.transitions import planned, workbook

pytestmark = pytest.mark.flows

CLINIC = "Lindenwood Wellness"
"""It has open business: a sequence whose mails are tasks, and pending items of one kind."""
NAMES = itertools.cycle(["Ada Novak", "Cleo Dubois"])
TIMES = itertools.count(1)
SYSTEMS = ("salesforce", "lms", "recurly", "outreach", "mail")


class Handover:
    """The next move of the clinic."""

    def __init__(self, people, order, csm):
        self.book, self.order, self.csm = Book(people), order, csm
        self.worker, self.sandbox = Worker(move_account, "move-account"), people.sandbox

    async def create(self):
        tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        call = {"start": tomorrow.isoformat(), "host_id": self.order.former_csm_id, "why_not": ""}
        order = self.order.model_dump(mode="json")
        return await self.worker.create(account_id=self.order.account_id, order=order, appointment=call)

    async def until_completed(self, run, tries=1):
        """Press Retry until the run has completed, as ops would."""
        for _ in range(tries):
            if state_of(run) != "Completed":
                await retry(run)
                run = await self.worker.work(run.id)
        assert state_of(run) == "Completed", run.state

    def assert_moved_once(self):
        assert self.book.hands(CLINIC)[0] == self.csm
        owner, prospects, goes_on, _ = self.book.in_outreach(CLINIC)
        assert {owner, *prospects} == {f"{self.csm.lower().replace(' ', '.')}@sandbox.example"}
        assert len(goes_on) == 1
        key = self.order.key
        assert len([title for title in self.book.files(CLINIC) if key in title]) == 1
        assert [one for one in self.book.invitations(CLINIC) if one[0] == uid(key)] == [(uid(key), 0, "REQUEST")]
        notes = [one["attributes"].get("note") or "" for one in self.sandbox.state("outreach")["tasks"]]
        assert [note.rpartition("[")[2] for note in notes if key in note] == [f"{key}:pending-1]"]


@pytest.fixture
def next_move(people, tmp_path):
    async def order():
        csm = next(NAMES)
        (found,) = await planned(str(workbook(tmp_path, [(CLINIC, csm, "Leave")])), f"fault{next(TIMES)}")
        return Handover(people, found, csm)

    return order


async def retry(run):
    """What the dashboard's button does, a minute later: turns that a dead process held are free by then."""
    async with get_client() as client:
        for limit in (OUTREACH_LOGIN, OUTREACH_ONCE):
            await client.update_global_concurrency_limit(limit, GlobalConcurrencyLimitUpdate(active_slots=0))
        state = State(type=StateType.SCHEDULED, name="AwaitingRetry")
        await client.set_flow_run_state(run.id, state, force=True)


faults = st.fixed_dictionaries(
    {
        "system": st.sampled_from(SYSTEMS),
        "kind": st.sampled_from(["error", "drop_before", "drop_after"]),
        "times": st.integers(1, 6),
        "skip": st.integers(0, 8),
    }
)


@settings(
    max_examples=30 if EVERY_CASE else 2,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(faults, min_size=2, max_size=5))
async def test_trn_10_whatever_fails_retry_ends_with_everything_moved_once(sandbox, next_move, ordered):
    handover = await next_move()
    for fault in ordered:
        # An answer of a login to Outreach that is lost needs an engineer: its tokens are gone.
        path = "/api/v2" if fault["system"] == "outreach" else ""
        status = {"status": 503} if fault["kind"] == "error" else {}
        sandbox.fault(fault["system"], fault["kind"], path=path, times=fault["times"], skip=fault["skip"], **status)
    run = await handover.worker.work((await handover.create()).id)
    sandbox.clear_faults()
    await handover.until_completed(run)
    handover.assert_moved_once()


DEATHS = {
    "before anything": ("salesforce", 1),
    "checklist": ("salesforce", 4),
    "salesforce": ("salesforce", 6),
    "owners in outreach": ("outreach", 4),
    "sequence": ("outreach", 12),
    "tasks": ("outreach", 18),
    "invitation": ("mail", 1),
}
"""Where its process dies: the system, and how many calls that had by then."""


@pytest.mark.parametrize("where", cases(DEATHS, "sequence"))
async def test_trn_10_wherever_its_process_dies_retry_ends_with_everything_moved_once(sandbox, next_move, where):
    system, calls = DEATHS[where]
    handover = await next_move()
    since, run = sandbox.last(), await handover.create()
    await killed(run, lambda: len(sandbox.journal(system, since)) >= calls)
    await handover.until_completed(run)
    handover.assert_moved_once()
