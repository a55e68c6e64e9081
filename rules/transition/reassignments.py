"""The fields that a move gives to the new CSM and team lead (TRN-10)."""

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
    """The people of a move.

    Attributes:
        from_csm: the former CSM; None when the account had none.
        to_csm: the new CSM.
        team_lead: of the new CSM.
    """

    from_csm: Person | None
    to_csm: Person
    team_lead: Person

    def at_call(self, host_id: str) -> tuple[Person, Person]:
        """Return the host of the call and the new CSM.

        Args:
            host_id: of the host: the former CSM, or else the team lead.
        """
        return (self.from_csm if self.from_csm and self.from_csm.id == host_id else self.team_lead), self.to_csm

    @property
    def keep_or_give(self) -> frozenset[str]:
        """The ids of the former and the new CSM: the cases and tasks of both belong to the new one."""
        return frozenset({self.to_csm.id, *([self.from_csm.id] if self.from_csm else [])})


@dataclass(frozen=True)
class OwnershipField:
    """A field with a CSM or team lead.

    Attributes:
        record: object and id, as in a `Change`.
        field: its label.
        holder_id: the present user, 18 characters; None for nobody.
    """

    record: str
    field: str
    holder_id: str | None
    new_holder: Person

    @property
    def is_reassigned(self) -> bool:
        """Whether the field has the new holder."""
        return self.holder_id == self.new_holder.id


def ownership_fields(
    facts: AccountFacts, handover: Handover, today: date, credit: timedelta
) -> tuple[OwnershipField, ...]:
    """Return every field that the move changes, also fields that are moved already; the account's own come first.

    These are the account's CSM and leader, the (NEW) fields of open opportunities and of those won within the credit
    period, and the owners of the open cases and tasks of the former CSM.

    Args:
        facts: of the account, before the move or after part of it.
        handover: the people of the move.
        today: in the org's time zone.
        credit: the period in which a won sale is credited to the new CSM.
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
    # An onboarding manager who is not the former CSM is kept.
    if sale.manager_id in handover.keep_or_give:
        yield OwnershipField(record, MANAGER_NEW, sale.manager_id, handover.to_csm)
    yield OwnershipField(record, LEADER_NEW, sale.leader_id, handover.team_lead)


def _owned(sobject: str, owners: Iterable[tuple[str, str | None]], handover: Handover) -> Iterator[OwnershipField]:
    for record_id, owner_id in sorted(owners):
        if owner_id in handover.keep_or_give:
            yield OwnershipField(f"{sobject} {record_id}", OWNER, owner_id, handover.to_csm)


def changes(found: Sequence[OwnershipField], facts: AccountFacts, at: datetime) -> tuple[Change, ...]:
    """Return the changes of all fields that are not moved yet; with a new CSM also the day of assignment (TRN-10).

    Args:
        found: from `ownership_fields`.
        facts: of the account, now.
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
    """Return the fields that are not moved; after a move there must be none (TRN-10)."""
    return tuple(owned for owned in found if not owned.is_reassigned)
