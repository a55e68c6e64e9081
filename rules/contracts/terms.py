"""Which contracts say what a client is entitled to on a day (ONB-6, ONB-13, PUB-5).

An *Expansion* adds to what is there. A *Renewal* follows on: while the contract before it is in force too, the larger
figure counts. Any other contract beside one that is in force is asked about: it adds, or it replaces.
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
"""Before a contract's number in the topic of the question whether it adds or replaces."""


@dataclass(frozen=True)
class ContractTerms:
    """The contracts that say what a client is entitled to, the first to begin first.

    Attributes:
        counted: those in force that count.
        gone: those that ended or were replaced: their share may be taken away.
        undecided: of those that count, those of which nobody has said whether they add or replace.
        own: the id of the contract that is brought into effect; "" for none.
        chosen: what people decided, by topic.
    """

    counted: tuple[Agreement, ...]
    gone: tuple[Agreement, ...]
    undecided: tuple[Agreement, ...]
    own: str
    chosen: Mapping[str, str]

    @property
    def before(self) -> tuple[Agreement, ...]:
        """Those that counted before the contract that is brought into effect did."""
        return tuple(sorted((*self.gone, *(one for one in self.counted if one.id != self.own)), key=begun))


def sold_agreement(sale: Sale, agreements: Collection[Agreement]) -> Agreement:
    """The contract of a sale that was won, as the sale has it: its type says how the contract came about.

    Raises:
        ValueError: the sale has no contract.
    """
    if sale.contract is None:
        raise ValueError("The sale was not reviewed: it lacks a contract.")
    contract, sold_as = sale.contract, sale.opportunity.type
    known = next((one for one in agreements if one.id == contract.id), None) or _bare(contract)
    return replace(
        known,
        won=True,
        products=contract.products,
        service_level=contract.service_level,
        users=contract.user_count,
        plan_amount=contract.plan_amount,
        # A sale that changes a contract which another sale brought about does not change how it came about.
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
    """Which contracts count.

    Args:
        agreements: all of the client, in any order.
        today: in the org's time zone.
        chosen: what people decided, by topic.
        own: the contract that is brought into effect. It counts beside others once it has begun; alone, at once.
    """
    every = (*(one for one in agreements if own is None or one.id != own.id), *((own,) if own else ()))
    ordered = in_force(every, _day(every, own, today)) or ((own,) if own else ())
    counted: list[Agreement] = []
    replaced: list[Agreement] = []
    undecided: list[Agreement] = []
    for one in ordered:
        if not is_plain(one) or not _stands_beside(one, counted):
            counted.append(one)
        elif chosen.get(topic_of(one)) == REPLACES:
            replaced, undecided, counted = [*replaced, *counted], [], [one]
        else:
            undecided += [] if chosen.get(topic_of(one)) == ADDS else [one]
            counted.append(one)
    gone = (*replaced, *_ended(every, (*counted, *replaced), own, today))
    return ContractTerms(tuple(counted), gone, tuple(undecided), own.id if own else "", chosen)


def in_force(agreements: Collection[Agreement], day: date) -> tuple[Agreement, ...]:
    """The signed contracts of a day, the first to begin first; those of Credentialing Service alone aside (ONB-2)."""
    signed = [one for one in agreements if one.is_signed and one.covers(day) and not _is_service_alone(one)]
    return tuple(sorted([one for one in signed if not one.is_over] or signed, key=begun))


def _is_service_alone(agreement: Agreement) -> bool:
    return {*unique_by_normalized(agreement.products)} == {normalize(CRED_SERV)}


def topic_of(agreement: Agreement) -> str:
    """The topic of the question whether a contract adds or replaces, the same in every round."""
    return f"{CONTRACT_TOPIC}{agreement.number or agreement.id}"


def begun(agreement: Agreement) -> tuple[date, str, str]:
    """Sorts contracts: the first to begin first."""
    return agreement.start or date.min, agreement.number, agreement.id


def _day(agreements: Collection[Agreement], own: Agreement | None, today: date) -> date:
    """The day on which the contracts count: today, or the nearest of the only one's where none is in force today."""
    if own is None or in_force(agreements, today):
        return today
    return max(own.start or today, min(own.end or today, today))


def is_plain(agreement: Agreement) -> bool:
    """Whether nothing says if the contract adds or follows on: it is new business, or no sale brought it about."""
    return normalize(agreement.sold_as) not in (normalize(EXPANSION), normalize(RENEWAL))


def _stands_beside(agreement: Agreement, earlier: Collection[Agreement]) -> bool:
    """Whether a contract is in force already; an expansion of the same day is one of this very contract."""
    return any(not is_expansion(one) or one.start != agreement.start for one in earlier)


def is_expansion(agreement: Agreement) -> bool:
    """Whether it adds to what is there."""
    return normalize(agreement.sold_as) == normalize(EXPANSION)


def _ended(
    agreements: Collection[Agreement],
    here: Collection[Agreement],
    own: Agreement | None,
    today: date,
) -> Iterator[Agreement]:
    """The contracts that were in force until those of today began: what ended before that was taken away long ago."""
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
