"""The fields that an account's new CSM takes over: everything that the former CSM held of it (TRN-10)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.assignment.plan import ASSIGNED_ON, CSM, CSM_NEW, LEADER, LEADER_NEW, MANAGER_NEW, shown
from rules.common.records import Change, Person
from rules.transition.account_facts import AccountFacts, AccountOpportunity

OWNER = "Owner"
RULE = "TRN-10"


@dataclass(frozen=True)
class Handover:
    """From whom an account goes to whom.

    Attributes:
        from_csm: who gives it away; None when nobody held it.
        to_csm: the CSM who takes it.
        team_lead: the team lead of who takes it.
    """

    from_csm: Person | None
    to_csm: Person
    team_lead: Person

    def at_call(self, host_id: str) -> tuple[Person, Person]:
        """Who is at the call: whoever hands over, and the new CSM.

        Args:
            host_id: of who hands over: the former CSM, or else the team lead.
        """
        return (self.from_csm if self.from_csm and self.from_csm.id == host_id else self.team_lead), self.to_csm

    @property
    def keep_or_give(self) -> frozenset[str]:
        """The ids of those whose cases and tasks are the new CSM's: the former one, and the new one already."""
        return frozenset({self.to_csm.id, *([self.from_csm.id] if self.from_csm else [])})


@dataclass(frozen=True)
class OwnershipField:
    """A field that says who looks after something.

    Attributes:
        record: object and id, as in a `Change`.
        field: as people call it.
        holder_id: who is entered, 18 characters; None when nobody is.
        new_holder: who is to be.
    """

    record: str
    field: str
    holder_id: str | None
    new_holder: Person

    @property
    def is_reassigned(self) -> bool:
        """Whether the right person is entered."""
        return self.holder_id == self.new_holder.id


def ownership_fields(
    facts: AccountFacts, handover: Handover, today: date, credit: timedelta
) -> tuple[OwnershipField, ...]:
    """Every field that names who looks after the account and what belongs to it, the account's own first.

    Those are the account's CSM and leader; the (NEW) fields of open opportunities, and of those won within the credit
    window; the open cases and tasks of the former CSM. What has been moved already is among them.

    Args:
        facts: of the account, before the move or after any part of it.
        handover: from whom to whom.
        today: in the org's time zone.
        credit: how long a sale that was won is credited to whoever has the account.
    """
    sales = (one for one in facts.opportunities if _is_credited(one, today, credit))
    return (
        OwnershipField(f"Account {facts.id}", CSM, facts.csm.id if facts.csm else None, handover.to_csm),
        OwnershipField(f"Account {facts.id}", LEADER, facts.lead.id if facts.lead else None, handover.team_lead),
        *(owned for sale in sorted(sales, key=lambda one: one.id) for owned in _of_sale(sale, handover)),
        *_owned("Case", ((one.id, one.owner_id) for one in facts.open_cases()), handover),
        *_owned("Task", ((one.id, one.owner_id) for one in facts.open_tasks), handover),
    )


def _is_credited(sale: AccountOpportunity, today: date, credit: timedelta) -> bool:
    recent = sale.close is not None and sale.close >= today - credit
    return not sale.is_closed or (sale.is_won and recent)


def _of_sale(sale: AccountOpportunity, handover: Handover) -> Iterator[OwnershipField]:
    record = f"Opportunity {sale.id}"
    yield OwnershipField(record, CSM_NEW, sale.csm_id, handover.to_csm)
    # Who onboards the customer may be somebody else, and then stays.
    if sale.manager_id in handover.keep_or_give:
        yield OwnershipField(record, MANAGER_NEW, sale.manager_id, handover.to_csm)
    yield OwnershipField(record, LEADER_NEW, sale.leader_id, handover.team_lead)


def _owned(sobject: str, owners: Iterable[tuple[str, str | None]], handover: Handover) -> Iterator[OwnershipField]:
    for record_id, owner_id in sorted(owners):
        if owner_id in handover.keep_or_give:
            yield OwnershipField(f"{sobject} {record_id}", OWNER, owner_id, handover.to_csm)


def changes(found: Sequence[OwnershipField], facts: AccountFacts, at: datetime) -> tuple[Change, ...]:
    """Every seat that is otherwise taken, and with the account's own the day of the assignment (TRN-10).

    Args:
        found: by `ownership_fields`.
        facts: of the account, as it is.
        at: the moment of the move (UTC).
    """
    people = {one.id: one for one in (facts.csm, facts.lead, *(owned.new_holder for owned in found)) if one}
    moved = [owned for owned in found if not owned.is_reassigned]
    lines = [_change(owned, people) for owned in moved]
    if any(owned.field == CSM for owned in moved):
        before = f"{facts.assigned_on:%Y-%m-%dT%H:%M:%SZ}" if facts.assigned_on else ""
        after = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        lines.append(Change("Salesforce", f"Account {facts.id}", ASSIGNED_ON, before, after, RULE))
    return tuple(lines)


def _change(owned: OwnershipField, people: Mapping[str, Person]) -> Change:
    holder = people.get(owned.holder_id or "")
    before = shown(holder) if holder else f"({owned.holder_id})" if owned.holder_id else ""
    return Change(
        "Salesforce", owned.record, owned.field, before, shown(owned.new_holder), RULE, value=owned.new_holder.id
    )


def not_reassigned(found: Iterable[OwnershipField]) -> tuple[OwnershipField, ...]:
    """The fields that the new CSM does not hold: after a move there must be none (TRN-10)."""
    return tuple(owned for owned in found if not owned.is_reassigned)
