"""The contracts that define a client's entitlement on a day (ONB-6, ONB-13, PUB-5).

An *Expansion* adds its figures. A *Renewal* replaces the contract before it; while both are in force, the larger figure
counts. For any other contract beside one in force, sales decide whether it adds or replaces.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from rules.common.records import Contract, Sale
from rules.common.scope import CRED_SERV
from rules.common.text import normalize, unique_by_normalized
from rules.contracts.clients import Agreement
from rules.contracts.service_term import DAY, EXPANSION

RENEWAL = "Renewal"
ADDS, REPLACES = "adds", "replaces"
CONTRACT_TOPIC = "contract "
"""The beginning of the topic of the question whether a contract adds or replaces; the number follows."""


@dataclass(frozen=True)
class ContractTerms:
    """The contracts of a client, in the order of their starts.

    Attributes:
        counted: the contracts in force that count.
        gone: contracts that ended or were replaced: their share may be removed.
        undecided: counted contracts for which sales have not decided whether they add or replace.
        own: the id of the contract that takes effect now; "" for none.
        chosen: the decisions of people, by topic.
    """

    counted: tuple[Agreement, ...]
    gone: tuple[Agreement, ...]
    undecided: tuple[Agreement, ...]
    own: str
    chosen: Mapping[str, str]

    @property
    def before(self) -> tuple[Agreement, ...]:
        """The contracts that counted before the one that takes effect now."""
        return tuple(sorted((*self.gone, *(other for other in self.counted if other.id != self.own)), key=begun))


def sold_agreement(sale: Sale, agreements: Collection[Agreement]) -> Agreement:
    """Return the contract of a won sale with the figures and the type of the sale.

    Raises:
        ValueError: the sale has no contract.
    """
    if sale.contract is None:
        raise ValueError("The sale was not reviewed: it lacks a contract.")
    contract, sold_as = sale.contract, sale.opportunity.type
    known = next((agreement for agreement in agreements if agreement.id == contract.id), None) or _bare(contract)
    return replace(
        known,
        won=True,
        products=contract.products,
        service_level=contract.service_level,
        users=contract.user_count,
        plan_amount=contract.plan_amount,
        # A later sale with the same contract does not change its type.
        sold_as=sold_as if known.sold_as is None or known.sold_as == sold_as else known.sold_as,
    )


def _bare(contract: Contract) -> Agreement:
    return Agreement(
        *(contract.id, "", "Activated", None, None),
        won=True,
        products=(),
        service_level=None,
        users=None,
        publications=(),
    )


def terms(
    agreements: Collection[Agreement], today: date, chosen: Mapping[str, str], own: Agreement | None = None
) -> ContractTerms:
    """Determine which contracts count.

    Args:
        agreements: all contracts of the client, in any order.
        today: in the org's time zone.
        chosen: the decisions of people, by topic.
        own: the contract that takes effect now. Beside others it counts once it has begun; alone, at once.
    """
    every = (*(other for other in agreements if own is None or other.id != own.id), *((own,) if own else ()))
    ordered = in_force(every, _day(every, own, today)) or ((own,) if own else ())
    counted: list[Agreement] = []
    replaced: list[Agreement] = []
    undecided: list[Agreement] = []
    for agreement in ordered:
        decision = chosen.get(topic_of(agreement))
        if not is_plain(agreement) or not _is_additional(agreement, counted):
            counted.append(agreement)
        elif decision == REPLACES:
            replaced, undecided, counted = [*replaced, *counted], [], [agreement]
        else:
            undecided += [] if decision == ADDS else [agreement]
            counted.append(agreement)
    gone = (*replaced, *_ended(every, (*counted, *replaced), own, today))
    return ContractTerms(tuple(counted), gone, tuple(undecided), own.id if own else "", chosen)


def in_force(agreements: Collection[Agreement], day: date) -> tuple[Agreement, ...]:
    """Return the signed contracts of a day by start, without those for Credentialing Service alone (ONB-2)."""
    signed = [other for other in agreements if other.is_signed and other.covers(day) and not _is_service_alone(other)]
    return tuple(sorted([other for other in signed if not other.is_over] or signed, key=begun))


def _is_service_alone(agreement: Agreement) -> bool:
    return {*unique_by_normalized(agreement.products)} == {normalize(CRED_SERV)}


def topic_of(agreement: Agreement) -> str:
    """Return the topic of the question whether a contract adds or replaces; it never changes."""
    return f"{CONTRACT_TOPIC}{agreement.number or agreement.id}"


def begun(agreement: Agreement) -> tuple[date, str, str]:
    """Sort key: the start of a contract."""
    return agreement.start or date.min, agreement.number, agreement.id


def _day(agreements: Collection[Agreement], own: Agreement | None, today: date) -> date:
    """Return the day that counts: today, or the nearest day of `own` when no contract is in force today."""
    if own is None or in_force(agreements, today):
        return today
    return max(own.start or today, min(own.end or today, today))


def is_plain(agreement: Agreement) -> bool:
    """Whether the contract is neither an expansion nor a renewal."""
    return normalize(agreement.sold_as) not in (normalize(EXPANSION), normalize(RENEWAL))


def _is_additional(agreement: Agreement, earlier: Collection[Agreement]) -> bool:
    """Whether another contract is in force already; an expansion from the same day belongs to this contract."""
    return any(not is_expansion(other) or other.start != agreement.start for other in earlier)


def is_expansion(agreement: Agreement) -> bool:
    """Whether the contract adds to another one."""
    return normalize(agreement.sold_as) == normalize(EXPANSION)


def _ended(
    agreements: Collection[Agreement],
    here: Collection[Agreement],
    own: Agreement | None,
    today: date,
) -> Iterator[Agreement]:
    """Yield the contracts that were in force until today's began; the share of earlier ones is removed already."""
    present = {one.id for one in here} | ({own.id} if own else set())
    over = [one for one in agreements if one.id not in present and _has_ended(one, today)]
    latest = max((one.start for one in here if one.start and (own is None or one.id != own.id)), default=date.min + DAY)
    for one in over:
        other = max((another.start or date.min for another in over if another is not one), default=date.min)
        if _last(one, today) >= max(latest - DAY, other):
            yield one


def _has_ended(agreement: Agreement, today: date) -> bool:
    if not agreement.is_signed or _is_service_alone(agreement) or (agreement.start or today) > today:
        return False
    return agreement.is_over or (agreement.end is not None and agreement.end < today)


def _last(agreement: Agreement, today: date) -> date:
    return min(agreement.end or today, today)
