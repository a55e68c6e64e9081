"""Whatever fails while an account changes hands, and wherever its process dies: all has moved in the end, once."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from benchmarks.transition import planned
from flows.account_transition_move import move_account
from rules.transition.invitation import uid
from tests.faults.killed import killed
from tests.faults.random_faults import SYSTEMS, order, some_faults
from tests.support.accounts import Book
from tests.support.asking import Worker, state_of
from tests.support.scale import EVERY_CASE, cases
from tests.support.transitions import workbook
from tests.support.whole_workbooks import free_turns, retry

pytestmark = pytest.mark.flows

CLINIC = "Lindenwood Wellness"
"""It has open business: a sequence whose mails are tasks, and pending items of one kind."""
NAMES = itertools.cycle(["Ada Novak", "Cleo Dubois"])
TIMES = itertools.count(1)


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
                await free_turns()
                await retry(run)
                run = await self.worker.work(run.id)
        assert state_of(run) == "Completed", run.state

    def assert_moved_once(self):
        assert self.book.handover(CLINIC)[0] == self.csm
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


@settings(
    max_examples=30 if EVERY_CASE else 1,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(some_faults(*SYSTEMS))
async def test_trn_10_whatever_fails_retry_ends_with_everything_moved_once(sandbox, next_move, ordered):
    handover = await next_move()
    order(sandbox, ordered)
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
