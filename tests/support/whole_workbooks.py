"""A whole workbook on its way: shared in Slack, approved, moved account by account, reported; and ops who retry."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.client.schemas.objects import FlowRun, StateType

from flows.account_transition_undo import undo
from flows.reminders import waiting
from rules.transition.invitation import uid
from tasks.core.locks import LIMITS
from tasks.transition.runs import WORKBOOK_RUN_TAG
from tests.sandbox.slack_app import Person
from tests.support.accounts import Book
from tests.support.asking import Worker, later, questions, read_run, resume, state_of
from tests.support.outcome import messages
from tests.support.runs import Run, audit_page, await_retry
from tests.support.sales import SalesPeople
from tests.support.transitions import Transitions, workbook

ACCOUNTS: dict[str, tuple[int, tuple[str, ...]]] = {
    "Briarwood Dental Group": (1, ()),
    "Clearwater Hospice": (1, ()),
    "Highland Surgery Center": (1, ("pending-0",)),
    "Wexford Medical Group": (0, ("introduce", "pending-0")),
}
"""Two healthy accounts, one with open business, an escalated one: how many sequences go on in the end (TRN-3 to TRN-5),
and what the new CSM is given to do (TRN-5, TRN-11)."""
CSMS = {"Ada Novak": "Tara Lindqvist", "Cleo Dubois": "Tara Lindqvist", "Dev Patel": "Tom Bergmann"}
"""Who may take them, with the team lead of each."""
APPROVE = f"Move {len(ACCOUNTS)} accounts as planned"
MOST_STEPS = 60
BROKEN = (StateType.FAILED, StateType.CRASHED)

_numbers = count(1)


class WholeWorkbook:
    """The accounts of a workbook, with a row at fault among them, and the runs that move them.

    Attributes:
        run: the workbook's, as it was last seen.
        csm: who takes the accounts.
        since: the journal's last entry before the workbook was shared.
    """

    run: FlowRun

    def __init__(self, people: SalesPeople, lead: Person, folder: Path) -> None:
        self.sandbox, self.book, self.lead, self.folder = people.sandbox, Book(people), lead, folder
        self.runs, self.undoing = Transitions(), Worker(undo, "undo")
        holders = {self.book.handover(name)[0] for name in ACCOUNTS}
        self.csm = next(name for name in CSMS if name not in holders)
        self.since, self._approved = self.sandbox.last(), False

    async def share(self) -> None:
        """Share it in the CSM channel: its run is due."""
        notes = f"Workbook {next(_numbers)}"
        rows = [(name, self.csm, "Leave", "", "", notes) for name in (*ACCOUNTS, "No Such Clinic")]
        (channel,) = [one["id"] for one in self.sandbox.state("slack")["channels"] if one["name"] == "cs-operations"]
        self.lead.upload(channel, "book.csv", workbook(self.folder, rows).read_bytes())
        file = self.sandbox.state("slack")["files"][-1]["id"]
        await self.runs.account.deploy()
        self.run = await self.runs.workbook.create(workbook=f"slack:{file}")

    # --- what the worker does

    async def accounts(self, *states: StateType) -> list[FlowRun]:
        """The runs of its accounts."""
        return [one for one in await self.runs.account.runs(*states) if f"{WORKBOOK_RUN_TAG}{self.run.id}" in one.tags]

    async def work(self) -> None:
        """Run whatever is due, until nothing is; the accounts that somebody tries again at once."""
        busy = True
        while busy:
            busy = await self.move_accounts()
            self.run, was = await self.runs.workbook.work(self.run.id), self.run
            busy = busy or self.run.state_id != was.state_id

    async def move_accounts(self) -> bool:
        """Run the accounts that somebody tries again; whether there were any."""
        due = await self.accounts(StateType.SCHEDULED)
        await asyncio.gather(*(self.runs.account.work(one.id) for one in due))
        return bool(due)

    async def work_alone(self) -> None:
        """Run the workbook's run as far as it goes by itself."""
        self.run = await self.runs.workbook.work(self.run.id)

    # --- what team lead and ops do

    async def until_asked(self) -> None:
        """Bring it to where the team lead has the plan before her."""
        await self._until(lambda: state_of(self.run) == "Suspended" and bool(self.asked()))

    async def approve(self) -> None:
        """What the team lead enters in the dashboard's form."""
        assert await resume(self.run.id, choice_1=APPROVE) == "ACCEPT"
        self._approved = True

    async def until_completed(self) -> None:
        """Press Retry wherever something broke off, the accounts first, and answer what is asked."""
        await self._until(lambda: state_of(self.run) == "Completed")

    async def _until(self, holds: Any) -> None:
        for _ in range(MOST_STEPS):
            await self.work()
            if holds():
                return
            await self._mend()
        raise AssertionError(self.run.state)

    async def _mend(self) -> None:
        """The next thing that somebody does about it."""
        state = self.run.state
        assert state is not None
        if broken := await self.accounts(*BROKEN):
            for one in broken:
                await retry(one)
        elif state.type in BROKEN:
            await retry(self.run)
        elif not state.state_details.run_input_keyset:
            assert (await waiting(return_state=True)).is_completed()
        elif not self.asked():
            assert (await later(return_state=True)).is_completed()
        elif self._approved:
            assert await resume(self.run.id) == "ACCEPT"
        else:
            await self.approve()

    def asked(self) -> list[dict[str, Any]]:
        """The messages that ask for the approval."""
        return [one for one in questions(self.sandbox, self.run) if ":team-lead" in str(one["metadata"])]

    async def give_back(self) -> list[FlowRun]:
        """Undo the whole workbook; the runs that are to give each account back."""
        ended = await self.undoing.start(workbook_run=str(self.run.id))
        assert state_of(ended) == "Completed", ended.state
        return [one for one in await self.undoing.runs(StateType.SCHEDULED) if one.parameters.get("account_id")]

    async def until_given_back(self, back: Sequence[FlowRun]) -> None:
        """Run them, with Retry where one breaks off."""
        for one in back:
            if (await read_run(one.id)).state_type in BROKEN:
                await retry(one)
            run = await self.undoing.work(one.id)
            assert state_of(run) == "Completed", run.state

    # --- what is there in the end

    async def assert_moved_once(self) -> None:
        """Every account is with its new CSM everywhere, and there is one of everything (TRN-2 to TRN-11)."""
        assert state_of(self.run) == "Completed", self.run.state
        keys = {name: f"transition:{self.run.id.hex}:{self.book.account(name)['Id']}" for name in ACCOUNTS}
        for name, key in keys.items():
            self._assert_moved(name, key)
        moves = [one.parameters["order"]["key"] for one in await self.runs.account.runs()]
        assert Counter(key for key in moves if key in keys.values()) == Counter(keys.values())
        self._assert_said_once()
        self._assert_called_one_after_the_other(uid(key) for key in keys.values())

    def _assert_moved(self, name: str, key: str) -> None:
        goes_on, tasks = ACCOUNTS[name]
        assert self.book.handover(name) == (self.csm, CSMS[self.csm])
        owner, prospects, sequences, _ = self.book.in_outreach(name)
        assert {owner, *prospects} == {f"{self.csm.lower().replace(' ', '.')}@sandbox.example"}, name
        assert len(sequences) == goes_on, name
        assert len([title for title in self.book.files(name) if key in title]) == 1, name
        assert [one for one in self.book.invitations(name) if one[0] == uid(key)] == [(uid(key), 0, "REQUEST")], name
        notes = [one["attributes"].get("note") or "" for one in self.sandbox.state("outreach")["tasks"]]
        assert sorted(note.rpartition(":")[2] for note in notes if key in note) == [f"{one}]" for one in tasks], name

    def _assert_said_once(self) -> None:
        everything = messages(self.sandbox)
        assert len(self.asked()) == 1
        for which in ("checked", "result"):
            (copy,) = [one for one in everything if f"transition-copy:{self.run.id}:{which}" in str(one["metadata"])]
            below = [file["name"] for one in everything if one["thread_ts"] == copy["ts"] for file in one["files"]]
            assert below == [f"book ({which}).xlsx"]

    def _assert_called_one_after_the_other(self, uids: Iterable[str]) -> None:
        """Nobody is asked to two calls at once (TRN-9)."""
        calls = [one["calendar"] for one in self.sandbox.state("mail")["mails"] if one.get("calendar")]
        starts = {one["uid"]: one["start"] for one in calls}
        assert len({starts[one] for one in uids}) == len(ACCOUNTS)

    def owners(self) -> dict[str, list[Any]]:
        """Everything that names who looks after the accounts."""
        return {name: self.book.owners(name) for name in ACCOUNTS}

    async def audited(self, name: str) -> list[list[str]]:
        """What the audit says of an account that changed hands: by run, every field that was written (TRN-10)."""
        by_run: dict[str, list[str]] = {}
        for line in await audit_page(self.book.account(name)["Id"]):
            if line["rule"] == "TRN-10":
                by_run.setdefault(line["run"], []).append(f"{line['record']}: {line['field']}")
        return [sorted(fields) for fields in by_run.values()]


async def retry(run: FlowRun) -> None:
    """What the dashboard's button does."""
    assert run.state is not None
    await await_retry(Run(run.id, run.state))


async def free_turns() -> None:
    """What the end of a dead process's leases does, a minute later."""
    async with get_client() as client:
        for limit in LIMITS:
            await client.update_global_concurrency_limit(limit, GlobalConcurrencyLimitUpdate(active_slots=0))
