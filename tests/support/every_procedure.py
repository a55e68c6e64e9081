"""Something to do for every procedure: a world in which a live run of it would write, and its parameters."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.flows import load_flow_from_entrypoint

from rules.reconciliation.drift import Drift, Offender, Repair, all_sentences
from rules.reconciliation.report import Found, report
from tasks.health.declared import declared
from tasks.reconciliation.kept import as_kept, show_lines
from tests.support.accounts import Book
from tests.support.asking import Worker
from tests.support.calendar import org_today
from tests.support.drifted import make_drifted
from tests.support.in_outreach import InOutreach
from tests.support.publications import make_client
from tests.support.sales import SalesPeople
from tests.support.transitions import Transitions, workbook
from tests.tasks.outreach_org import run as in_a_run

PROCEDURES = {entry["entrypoint"]: entry["name"] for entry in reversed(declared())}
"""The name of a deployment of every procedure, by its entrypoint."""
MOVED = "Redwood Fertility"
"""An account of the demo world that moves to another CSM, with tasks and a call."""
NOBODY = "001000000000001AAA"


def flow_of(entrypoint: str) -> Flow[..., Any]:
    """The procedure."""
    loaded: Flow[..., Any] = load_flow_from_entrypoint(entrypoint)
    return loaded


@dataclass
class Org:
    """Where the procedures find something to do; `undo` brings back what a live run changed to make it so."""

    people: SalesPeople
    folder: Path
    undo: list[Callable[[], Awaitable[object]]] = field(default_factory=list)

    async def deploy(self) -> None:
        """Every deployment: runs start others by their names."""
        for entrypoint, name in PROCEDURES.items():
            await Worker(flow_of(entrypoint), name).deploy()

    async def work_for(self, entrypoint: str) -> dict[str, Any]:
        """The parameters of a run that has something to write."""
        return await _WORK[entrypoint](self)

    async def onboarding(self) -> dict[str, Any]:
        """A sale that is complete."""
        return {"opportunity_id": self.people.make_sale().opportunity}

    async def assignment(self) -> dict[str, Any]:
        """An account without a CSM."""
        return {"account_id": self.people.make_sale().account}

    async def drifted(self) -> dict[str, Any]:
        """A client whose company has too few users."""
        return {"account_id": make_drifted(self.people, userCount=30).account}

    async def ending(self) -> dict[str, Any]:
        """A client whose service ends in three weeks."""
        client = make_client(self.people, CS_Status__c="Active")
        self.people.edit("Contract", client.contract, EndDate=(org_today() + timedelta(days=21)).isoformat())
        return {"account_id": client.account}

    async def sweep(self) -> dict[str, Any]:
        """The same, for the night."""
        await self.ending()
        return {}

    async def publications(self) -> dict[str, Any]:
        """A publication that the LMS has yet to get, on request."""
        request = {"action": "set up", "publication": "North", "requested_by": "pat.seller"}
        return {"account_id": make_client(self.people, "North").account, "request": request}

    async def in_outreach(self) -> dict[str, Any]:
        """An account that another person has in Outreach."""
        return {"account_id": InOutreach(self.people).account()}

    async def workbook(self) -> dict[str, Any]:
        """A workbook with one account."""
        return {"workbook": str(workbook(self.folder, [(MOVED, "Ada Novak", "Leave")]))}

    async def move(self) -> dict[str, Any]:
        """What was approved for an account that has moved and was given back since."""
        moved = await Transitions().move_of(await Transitions().move(self.folder, MOVED))
        await self._give_back()
        return {name: moved.parameters[name] for name in ("account_id", "order")}

    async def undoing(self) -> dict[str, Any]:
        """An account that has moved."""
        await Transitions().move(self.folder, MOVED)
        self.undo.append(self._give_back)
        return {"account_id": Book(self.people).account(MOVED)["Id"]}

    async def _give_back(self) -> object:
        undo = flow_of("flows.account_transition_undo.undo")
        return await Worker(undo, "undo").start(account_id=Book(self.people).account(MOVED)["Id"])

    async def repair(self) -> dict[str, Any]:
        """The one offender in the latest report, which a run of the entitlement repairs."""
        client, sentence = make_drifted(self.people, userCount=30), "users_equal_the_contracts"
        run = Repair("entitlement/entitlement", {"account_id": client.account})
        offender = Offender(f"Company {client.company}", "User Count", "30", "40 | by contract", run)
        drift = Drift(sentence, client.account, client.name, offender)
        counts = {one.key: int(one.key == sentence) for one in all_sentences()}
        found = Found((as_kept(drift),), counts, 10, {})
        await in_a_run(show_lines, report(found, all_sentences(), [], [], org_today()), org_today())
        return {"sentence": sentence}

    async def leave(self) -> dict[str, Any]:
        """An offender that the report does not have."""
        who = {"name": "Dana Wu", "reason": "It is right."}
        return {"sentence": "users_equal_the_contracts", "account_ids": [NOBODY], **who}

    async def step(self) -> dict[str, Any]:
        """A step of a run that there is not."""
        run = "0685d5c2-4a3e-7c11-8000-9d1f1b1c2a3b"
        return {"run_id": run, "step": "Claim", "name": "Dana Wu", "reason": "It is right."}

    async def digest(self) -> dict[str, Any]:
        """The digest of what waits."""
        return {"digest": True}

    async def failed(self) -> dict[str, Any]:
        """Failed runs, if there are any."""
        return {"failure_class": "refused"}

    async def nothing(self) -> dict[str, Any]:
        """All that there is in the demo world."""
        return {}


_WORK: dict[str, Callable[[Org], Awaitable[dict[str, Any]]]] = {
    "flows.onboarding.onboarding": Org.onboarding,
    "flows.entitlement.update_entitlement": Org.drifted,
    "flows.csm_assignment.csm_assignment": Org.assignment,
    "flows.deactivation.end_of_contract": Org.sweep,
    "flows.deactivation.deactivate_account": Org.ending,
    "flows.publications.publications": Org.publications,
    "flows.reminders.waiting": Org.digest,
    "flows.failures.report_failures": Org.nothing,
    "flows.failures.retry_failed": Org.failed,
    "flows.steps.redo_step": Org.step,
    "flows.steps.skip_step": Org.step,
    "flows.account_transition.account_transition": Org.workbook,
    "flows.account_transition_move.move_account": Org.move,
    "flows.account_transition_outreach.align_outreach": Org.in_outreach,
    "flows.account_transition_undo.undo": Org.undoing,
    "flows.reconciliation.reconciliation": Org.nothing,
    "flows.reconciliation_repair.repair": Org.repair,
    "flows.reconciliation_repair.leave": Org.leave,
    "flows.check.check": Org.nothing,
    "flows.weekly_report.weekly_report": Org.nothing,
    "flows.shadow_report.shadow_report": Org.nothing,
}
