"""What the LMS keeps: companies, users, publications, and when their service ends."""

from bisect import bisect_right, insort
from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import Any, Final

from starlette.requests import Request

from sandbox.errors import Refused
from sandbox.lms.checks import invalid
from sandbox.lms.repeats import Repeats

Record = dict[str, Any]

MODULES: Final = (
    "learning",
    "learning-custom-courses",
    "learning-reports",
    "learning-api",
    "compliance",
    "compliance-incidents",
    "compliance-documents",
    "compliance-audits",
    "compliance-reports",
    "credentialing",
    "credentialing-primary-source",
    "credentialing-monitoring",
    "credentialing-reports",
    "sso",
)
"""The modules that a company can be permitted."""


class Store:
    """The records by id, and by the keys they are looked up with."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything; the ids begin again."""
        self.companies: dict[str, Record] = {}
        self.users: dict[str, Record] = {}
        self.publications: dict[str, Record] = {}
        self.signups, self.publication_requests = Repeats(), Repeats()
        self._company_ids = count(48213)
        self._user_ids = count(900112)
        self._publication_ids = count(7001)
        self._of_account: dict[str, list[Record]] = {}
        self._accounts: list[str] = []
        self._of_company: dict[str, list[Record]] = {}
        self._by_title: dict[tuple[str, str], Record] = {}
        self._by_email: dict[str, Record] = {}
        self._settled_on = date.min

    def settle(self, today: date) -> None:
        """Let what was to end before today be ended: once a day, as the LMS does it at the day's start."""
        if today == self._settled_on:
            return
        self._settled_on = today
        for kept in (self.companies, self.publications):
            for record in kept.values():
                record["status"] = status_on(record, today)

    def add_company(self, fields: Record) -> Record:
        """Keep a new company; it has no modules until they are permitted."""
        company = {
            "id": str(next(self._company_ids)),
            "accountId": None,
            "name": None,
            "status": "active",
            "deactivateOn": None,
            "deactivationReason": None,
            "modules": [],
            "userCount": 1,
            "locationCount": 1,
            "planAmount": "0",
            "billingStartDate": None,
            **fields,
        }
        self.companies[company["id"]] = company
        if company["accountId"] is not None and company["accountId"] not in self._of_account:
            insort(self._accounts, company["accountId"])
        self._of_account.setdefault(company["accountId"], []).append(company)
        return company

    def companies_of(self, account_id: str) -> list[Record]:
        """The companies of a Salesforce account."""
        return self._of_account.get(account_id, [])

    def accounts_between(self, after: str, up_to: str) -> Iterator[str]:
        """The Salesforce accounts with a company, in order: those after one, up to another; "" for no bound."""
        first = bisect_right(self._accounts, after)
        last = bisect_right(self._accounts, up_to) if up_to else len(self._accounts)
        return (self._accounts[place] for place in range(first, last))

    def publications_of_account(self, account_id: str) -> list[Record]:
        """The publications of an account's companies."""
        return [one for company in self.companies_of(account_id) for one in self.publications_of(company["id"])]

    def publications_of(self, company_id: str) -> list[Record]:
        """The publications of a company."""
        return self._of_company.get(company_id, [])

    def company(self, company_id: str) -> Record:
        """The company, or the refusal that there is none."""
        return _found(self.companies, company_id, "company")

    def add_user(self, fields: Record) -> Record:
        """Keep a new user, whose address must be free."""
        self.check_free(fields["email"])
        user = {
            "id": str(next(self._user_ids)),
            "kind": "customer",
            "status": "active",
            "companyId": None,
            **fields,
        }
        self.users[user["id"]] = self._by_email[user["email"].lower()] = user
        return user

    def user(self, user_id: str) -> Record:
        """The user, or the refusal that there is none."""
        return _found(self.users, user_id, "user")

    def user_by_email(self, email: str) -> Record | None:
        """The user of this address; case makes no difference."""
        return self._by_email.get(email.lower())

    def check_free(self, email: str, unless: Record | None = None) -> None:
        """Refuse an address that another user holds."""
        holder = self.user_by_email(email)
        if holder is None or holder is unless:
            return
        told = {"userId": holder["id"], **{name: holder[name] for name in ("kind", "status", "companyId")}}
        raise Refused(409, "email_taken", "this address is a user name already", holder=told)

    def rename(self, user: Record, email: str) -> None:
        """Give the user another address, which must be free."""
        self.check_free(email, unless=user)
        del self._by_email[user["email"].lower()]
        user["email"] = email
        self._by_email[email.lower()] = user

    def add_publication(self, fields: Record) -> Record:
        """Keep a new publication, whose name must be free in its organization."""
        self.check_publication_free(fields)
        publication = {
            "id": str(next(self._publication_ids)),
            "companyId": None,
            "status": "active",
            "deactivateOn": None,
            "deactivationReason": None,
            "details": {},
            **fields,
        }
        self.publications[publication["id"]] = self._by_title[_title(publication)] = publication
        self._of_company.setdefault(publication["companyId"], []).append(publication)
        return publication

    def publication(self, publication_id: str) -> Record:
        """The publication, or the refusal that there is none."""
        return _found(self.publications, publication_id, "publication")

    def check_publication_free(self, fields: Record) -> None:
        """Refuse a name that another publication of the organization has."""
        other = self._by_title.get(_title(fields))
        if other is not None and other["id"] != fields.get("id"):
            raise Refused(409, "publication_exists", "there is one of this name", publicationId=other["id"])

    def retitled(self, publication: Record, before: Record) -> None:
        """Know a publication by its new name; `before` is the record as it was."""
        if self._by_title.get(_title(before)) is publication:
            del self._by_title[_title(before)]
            self._by_title[_title(publication)] = publication


def status_on(record: Record, today: date) -> str:
    """Whether the record is in service: it is through the day its service ends on, and not after."""
    if record["status"] == "inactive":
        return "inactive"
    if record["deactivateOn"] is None:
        return "active"
    return "scheduled" if record["deactivateOn"] >= today.isoformat() else "inactive"


def life(record: Record, given: Record, today: date) -> Record:
    """Status, last day and reason of a record after a change of some of them.

    Raises:
        Refused: the status cannot be what was asked.
    """
    after = {name: given.get(name, record[name]) for name in ("status", "deactivateOn", "deactivationReason")}
    if given.get("status") == "active" and "deactivateOn" not in given:
        after["deactivateOn"] = None
    after["status"] = status_on(after, today)
    if given.get("status") == "scheduled" and after["status"] != "scheduled":
        raise invalid({"status": "is scheduled only with a deactivateOn that is not past"})
    if after["status"] == "active" and "deactivationReason" not in given:
        after["deactivationReason"] = None
    return after


def change(record: Record, given: Record, today: date) -> bool:
    """Change a company or a publication; whether anything became different."""
    after = {**given, **life(record, given, today)}
    different = any(record[name] != value for name, value in after.items())
    record.update(after)
    return different


def to_change(record: Record, request: Request) -> Record:
    """The record, or where the request meets the fault `forget` a copy: it is answered as done, and is not kept."""
    return dict(record) if request.scope.get("sandbox.forget") else record


def _found(kept: dict[str, Record], record_id: str, kind: str) -> Record:
    if record_id not in kept:
        raise Refused(404, "not_found", f"there is no {kind} {record_id}")
    return kept[record_id]


def _title(publication: Record) -> tuple[str, str]:
    return publication["organizationName"].casefold(), publication["publicationName"].casefold()
