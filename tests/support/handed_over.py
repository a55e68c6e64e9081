"""What the procedure wants to be found of an account that has changed hands, in every system (TRN-3 to TRN-11)."""

from datetime import date, datetime, timedelta
from typing import Any

from sandbox.scenarios.moving_accounts import Moving
from tests.support.accounts import Book

FORMER = "Hana Berg"
CREDIT = timedelta(days=90)
"""How long a sale that was won goes with its account, by the policy's default (TRN-10)."""
SEQUENCES = {
    "healthy": ["Account Transition - Automated"],
    "open business": ["Account Transition - Semi-automated"],
}
"""Of the categories that are not told by hand (TRN-3, TRN-4)."""
KINDS = {
    "Question": "Questions and Requests",
    "Request": "Questions and Requests",
    "Support": "Support Tickets/Integrations/Customizations",
    "Integration": "Support Tickets/Integrations/Customizations",
    "Customization": "Support Tickets/Integrations/Customizations",
    "Escalation": "Escalations",
}
"""Under which title what is pending goes to the new CSM, by the type of its case (TRN-11)."""


class HandedOver:
    """Looks an account up as people of the procedure would.

    Args:
        book: of the org.
        account: as the demo world planted it.
        csm: who has it now.
    """

    def __init__(self, book: Book, account: Moving, csm: str) -> None:
        self._book, self._account, self._name, self._csm = book, account, account.company, csm

    def check(self) -> None:
        """Fail where anything is otherwise, or there twice."""
        self._in_salesforce()
        self._in_outreach()
        assert len(self._book.files(self._name)) == 1, self._name
        self._invited()

    def _in_salesforce(self) -> None:
        assert self._book.handover(self._name) == (self._csm, "Tara Lindqvist")
        sales = self._of_account("StageName, CloseDate, Customer_Success_Manager_NEW__r.Name", "Opportunity")
        for sale in sales:
            holder = self._csm if _goes_along(sale) else FORMER
            assert sale["Customer_Success_Manager_NEW__r"]["Name"] == holder, sale
        for sobject in ("Case", "Task"):
            for one in self._of_account("Status, Owner.Name", sobject):
                closed = one["Status"] in ("Closed", "Completed")
                assert one["Owner"]["Name"] == (FORMER if closed else self._csm), (sobject, one)

    def _in_outreach(self) -> None:
        owner, prospects, goes_on, notes = self._book.in_outreach(self._name)
        assert {owner, *prospects} == {self._address()}
        assert [self._sequence(one) for one in goes_on] == SEQUENCES.get(self._account.category, []), self._name
        by_hand = self._account.category not in SEQUENCES
        assert sum(note.startswith("Introduce yourself to ") for note in notes) == by_hand, (self._name, notes)
        for kind in {KINDS[case.type] for case in self._account.cases if case.closed is None and case.type in KINDS}:
            assert sum(note.startswith(f"{kind} of ") for note in notes) == 1, (self._name, notes)

    def _invited(self) -> None:
        mails = [one for one in self._book.sandbox.state("mail")["mails"] if one.get("calendar")]
        to_it = [one for one in mails if one["calendar"]["summary"].endswith(f": {self._name}")]
        assert {one["to"] for one in to_it} >= {self._address()}, self._name
        (call,) = {(one["calendar"]["uid"], one["calendar"]["start"], one["calendar"]["end"]) for one in to_it}
        start, end = (datetime.fromisoformat(moment) for moment in call[1:])
        assert end - start == timedelta(minutes=15)
        assert all(one["calendar"]["method"] == "REQUEST" and one["attachments"] for one in to_it)

    def _of_account(self, columns: str, sobject: str) -> list[dict[str, Any]]:
        account = self._book.account(self._name)["Id"]
        return self._book.people.query(f"SELECT {columns} FROM {sobject} WHERE AccountId = '{account}'")  # noqa: S608 - our own words

    def _sequence(self, state: dict[str, Any]) -> str:
        names = {one["id"]: one["attributes"]["name"] for one in self._book.sandbox.state("outreach")["sequences"]}
        return str(names[state["relationships"]["sequence"]["data"]["id"]])

    def _address(self) -> str:
        return f"{self._csm.lower().replace(' ', '.')}@sandbox.example"


def _goes_along(sale: dict[str, Any]) -> bool:
    """A sale that runs, or was won lately."""
    recent = date.fromisoformat(sale["CloseDate"]) >= date.today() - CREDIT  # noqa: DTZ011 - none is near that day
    return not sale["StageName"].startswith("Closed") or (sale["StageName"] == "Closed Won" and recent)
