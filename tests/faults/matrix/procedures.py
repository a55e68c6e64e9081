"""Every procedure with something to do, and how its runs go on after Retry."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, ClassVar, cast
from zoneinfo import ZoneInfo

from prefect import Flow
from prefect.client.schemas.filters import ArtifactFilterKey
from prefect.client.schemas.objects import FlowRun, StateType

from benchmarks.transition import planned
from flows.account_transition import account_transition
from flows.account_transition_move import move_account
from flows.account_transition_outreach import align_outreach
from flows.account_transition_undo import undo
from flows.csm_assignment import csm_assignment
from flows.deactivation import deactivate_account, end_of_contract
from flows.entitlement import update_entitlement
from flows.onboarding import onboarding
from flows.publications import publications
from flows.reconciliation import reconciliation
from flows.reconciliation_repair import leave, repair
from flows.reminders import waiting
from tasks.reconciliation.kept import DECISIONS_KEY, HISTORY_KEY, LINES_KEY
from tasks.transition.runs import WORKBOOK_RUN_TAG
from tests.faults.matrix.final_state import final_state
from tests.support.accounts import Book
from tests.support.asking import Worker, read_run, state_of
from tests.support.calendar import org_today
from tests.support.clients import make_client as make_ending_client
from tests.support.drifted import make_drifted
from tests.support.forgetting import forget_artifacts, forget_runs
from tests.support.in_outreach import InOutreach
from tests.support.publications import make_client
from tests.support.sales import SalesPeople
from tests.support.sweeps import Nights
from tests.support.transitions import Transitions, workbook

MOVED = "Lindenwood Wellness"
"""An account with open business: a sequence whose mails are tasks, and pending items."""
STARTED_BY_RECONCILIATION = {onboarding: "onboarding", publications: "publications", repair: "repair", leave: "leave"}
"""The deployments that a reconciliation names or starts."""
ALL_WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class Procedure(ABC):
    """One procedure in a world that was made for it.

    Attributes:
        name: as the table shows it.
        world: of the sandbox.
        policy: settings of the policy that differ from the defaults.
        accounts: those whose audit pages are compared.
        started: the deployment of the other runs, which it starts or wakes.
        since: the journal's last entry before the procedure starts.

    Args:
        people: of the org.
        folder: for workbooks.
        skipped_ids: how many ids of Salesforce's records the world leaves out.
    """

    name: ClassVar[str]
    flow: ClassVar[Callable[..., Any]]
    world: ClassVar[str] = "demo"
    policy: ClassVar[dict[str, Any]] = {}
    since: int

    def __init__(self, people: SalesPeople, folder: Path, skipped_ids: int) -> None:
        self.people, self.sandbox, self.folder, self.skipped_ids = people, people.sandbox, folder, skipped_ids
        self.accounts: list[str] = []
        self.worker = self.started = Worker(cast("Flow[..., Any]", self.flow), self.name)

    @abstractmethod
    async def parameters(self) -> dict[str, Any]:
        """Make the records on which the procedure works; the parameters of its run."""

    async def prepare(self) -> None:
        """Make the records and the run."""
        parameters = await self.parameters()
        self.run = await self.worker.create(**parameters)
        self.since = self.sandbox.last()

    async def work(self) -> list[FlowRun]:
        """Work until nothing is due; the runs of the procedure."""
        return [await self.worker.work(self.run.id)]

    async def retry(self, run: FlowRun) -> None:
        """Press Retry at a run."""
        await (self.worker if run.id == self.run.id else self.started).retry(run.id)

    async def final_state(self) -> Counter[str]:
        """The final state of all systems."""
        return await final_state(self.sandbox, self.skipped_ids, self.accounts)


class Onboarding(Procedure):
    """A new customer."""

    name, flow = "onboarding", staticmethod(onboarding)

    async def parameters(self) -> dict[str, Any]:
        sale = self.people.make_sale()
        self.accounts = [sale.account]
        return {"opportunity_id": sale.opportunity}


class Assignment(Procedure):
    """An account without a CSM."""

    name, flow = "csm-assignment", staticmethod(csm_assignment)

    async def parameters(self) -> dict[str, Any]:
        self.accounts = [self.people.make_sale().account]
        return {"account_id": self.accounts[0]}


class Ending(Procedure):
    """A client whose last day was yesterday."""

    name, flow = "deactivate-account", staticmethod(deactivate_account)

    async def parameters(self) -> dict[str, Any]:
        self.accounts = [self.sandbox.state("salesforce")["endings"][0]["account_id"]]
        return {"account_id": self.accounts[0]}


class Sweep(Procedure):
    """The night after the last day of one client, and three weeks before that of another."""

    name, flow, world = "end-of-contract", staticmethod(end_of_contract), "empty"
    policy: ClassVar = {"guard_max_percent": 100}

    async def parameters(self) -> dict[str, Any]:
        ends = (org_today() + timedelta(days=days) for days in (-1, 21))
        self.accounts = [make_ending_client(self.people, end, publications=("North",)).account for end in ends]
        self.nights = Nights()
        self.started = self.nights.account
        await self.nights.account.deploy()
        await self.nights.publications.deploy()
        return {}

    async def work(self) -> list[FlowRun]:
        """The sweep and all that it starts."""
        swept = await super().work()
        await self.nights.work()
        return [*swept, *await self.nights.runs()]


class Publications(Procedure):
    """A publication that sales ask for."""

    name, flow = "publications", staticmethod(publications)

    async def parameters(self) -> dict[str, Any]:
        request = {"action": "set up", "publication": "North", "requested_by": "pat.seller"}
        self.accounts = [make_client(self.people, "North").account]
        return {"account_id": self.accounts[0], "request": request}


class Entitlement(Procedure):
    """A company with fewer users than its contract has."""

    name, flow = "entitlement", staticmethod(update_entitlement)

    async def parameters(self) -> dict[str, Any]:
        self.accounts = [make_drifted(self.people, modules=["learning"], userCount=30).account]
        return {"account_id": self.accounts[0]}


class Alignment(Procedure):
    """An account that another person has in Outreach."""

    name, flow = "outreach", staticmethod(align_outreach)

    async def parameters(self) -> dict[str, Any]:
        self.accounts = [InOutreach(self.people).account()]
        return {"account_id": self.accounts[0]}


class Workbook(Procedure):
    """A workbook with one account: checked, approved, moved, reported."""

    name, flow = "account-transition", staticmethod(account_transition)

    async def parameters(self) -> dict[str, Any]:
        self.transitions = Transitions()
        self.started = self.transitions.account
        await self.transitions.account.deploy()
        self.accounts = [Book(self.people).account(MOVED)["Id"]]
        return {"workbook": str(workbook(self.folder, [(MOVED, "Ada Novak", "Leave")]))}

    async def work(self) -> list[FlowRun]:
        """The workbook's run; the team lead approves the plan as soon as there is one."""
        (run,) = await super().work()
        if state_of(run) == "Suspended" and not await self._moves():
            run = await self.transitions.approve(run, 1)
        else:
            run = await self.transitions.work(run)
        return [run, *await self._moves()]

    async def _moves(self) -> list[FlowRun]:
        mine = f"{WORKBOOK_RUN_TAG}{self.run.id}"
        return [run for run in await self.transitions.account.runs() if mine in run.tags]


class Move(Procedure):
    """An account whose move was approved."""

    name, flow = "move-account", staticmethod(move_account)

    async def parameters(self) -> dict[str, Any]:
        (order,) = await planned(str(workbook(self.folder, [(MOVED, "Ada Novak", "Leave")])), "approval")
        tomorrow = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(days=1)
        call = {"start": tomorrow.isoformat(), "host_id": order.former_csm_id, "why_not": ""}
        self.accounts = [order.account_id]
        return {"account_id": order.account_id, "order": order.model_dump(mode="json"), "appointment": call}


class Undo(Procedure):
    """An account that has moved."""

    name, flow = "undo", staticmethod(undo)

    async def parameters(self) -> dict[str, Any]:
        moved = await Transitions().move(self.folder, MOVED)
        assert state_of(moved) == "Completed", moved.state
        self.accounts = [Book(self.people).account(MOVED)["Id"]]
        return {"account_id": self.accounts[0]}


class Open(Procedure):
    """A sale that waits for its seller."""

    async def parameters(self) -> dict[str, Any]:
        await forget_runs(["onboarding"])  # others that wait would be on the list
        sale = self.people.make_sale(contact={"Phone": None})
        self.started = Worker(onboarding)
        self.asked = await self.started.start(opportunity_id=sale.opportunity)
        assert state_of(self.asked) == "Suspended", self.asked.state
        return {}


class Reminders(Open):
    """The sweep, and the run that it wakes to remind the seller."""

    name, flow = "reminders", staticmethod(waiting)
    policy: ClassVar = {
        "remind_after_hours": 1e-7,
        "escalate_after_hours": 1000,
        "business_opens": time(0, 0),
        "business_closes": time(23, 59),
        "working_days": ALL_WEEK,
        # The minute without business is never that of the test.
        "time_zone": "America/Chicago" if datetime.now(ZoneInfo("America/New_York")).hour == 23 else "America/New_York",
    }

    async def work(self) -> list[FlowRun]:
        """The sweep and the run that it wakes."""
        swept = await super().work()
        return [*swept, await self.started.work(self.asked.id)]


class Digest(Open):
    """The list of what waits, once a day."""

    name, flow = "digest", staticmethod(waiting)
    policy: ClassVar = {"working_days": ALL_WEEK}

    async def parameters(self) -> dict[str, Any]:
        return await super().parameters() | {"digest": True}


class Reconciliation(Procedure):
    """A night on which a message of a sale is found to be missing, and a client has drifted."""

    name, flow = "reconciliation", staticmethod(reconciliation)

    async def parameters(self) -> dict[str, Any]:
        await forget_artifacts(ArtifactFilterKey(any_=[LINES_KEY, HISTORY_KEY, DECISIONS_KEY]))
        for flow, name in STARTED_BY_RECONCILIATION.items():
            await Worker(flow, name).deploy()
        self.people.make_sale()
        make_drifted(self.people, userCount=30)
        return {}


PROCEDURES: tuple[type[Procedure], ...] = (
    Onboarding,
    Assignment,
    Ending,
    Sweep,
    Publications,
    Entitlement,
    Alignment,
    Workbook,
    Move,
    Undo,
    Reminders,
    Digest,
    Reconciliation,
)


async def broken(runs: list[FlowRun]) -> list[FlowRun]:
    """Those of the runs that failed or crashed."""
    found = [await read_run(run.id) for run in runs]
    return [run for run in found if run.state_type in (StateType.FAILED, StateType.CRASHED)]
