"""The term of a client's service, from its contracts alone (PUB-3 to PUB-5).

The last day of a contract is a day of service. A contract that begins later and ends later, with no day between, is a
renewal. Sales are asked about every other combination of contracts.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import partial

from rules.common.problems import EMPTY, Problem, Responsible
from rules.common.text import normalize
from rules.contracts.clients import Agreement, Client

DAY = timedelta(days=1)
EXPANSION = "Expansion"
"""The type of a sale whose contract adds to another one."""
TWO_ACTIVE = "PUB-3"
"""The rule of the ambiguity that two contracts contradict each other."""
END = "End Date"
LONGEST_SLIP = timedelta(days=31)
"""A gap of at most this length between two contracts may be a typing error; a longer one is intended."""


class Phase(StrEnum):
    """How near the end of a client's service is."""

    RUNS = "runs"
    AHEAD = "ends"
    NOTICE = "ends soon"
    LAST_DAY = "last day"
    ENDED = "ended"


@dataclass(frozen=True)
class Windows:
    """The periods before the end of a service.

    Attributes:
        look_ahead: days before the last day of service, from which the end is set in the LMS.
        notice: days before the last day of service, from which people are notified, and asked about ambiguities.
    """

    look_ahead: int
    notice: int


@dataclass(frozen=True)
class ServiceTerm:
    """The term of a client's service, seen from a day.

    Attributes:
        agreement: the contract that decides; None when no signed contract has begun, or while there are faults.
        phase: how near its end is.
        faults: errors in the contracts; the term is unknown while there is one.
        ambiguities: reasons why service may go on. Nothing ends while there is one.
        begun: the first day of the latest contract that has begun; None when unknown.
    """

    agreement: Agreement | None
    phase: Phase
    faults: tuple[Problem, ...] = ()
    ambiguities: tuple[Problem, ...] = ()
    begun: date | None = None

    @property
    def last_day(self) -> date | None:
        """The last day of service; None while it is unknown."""
        return self.agreement.end if self.agreement else None

    @property
    def ends(self) -> bool:
        """Whether the end is near or past."""
        return self.agreement is not None and self.phase is not Phase.RUNS

    @property
    def conflicts(self) -> tuple[Problem, ...]:
        """The ambiguities about two active contracts: the service may go on although it seems to have ended."""
        return tuple(problem for problem in self.ambiguities if problem.rule == TWO_ACTIVE)

    @property
    def stage(self) -> str:
        """The phase in words; they change whenever another action is due."""
        return f"{self.phase}, not settled" if self.ends and self.ambiguities else str(self.phase)


def determine_term(client: Client, today: date, windows: Windows) -> ServiceTerm:
    """Determine the term of a client's service.

    Args:
        client: from Salesforce.
        today: in the org's time zone.
        windows: the periods before the end.
    """
    live = [agreement for agreement in client.signed if not agreement.is_over]
    present = _present(_deciding(live, today), today) or _present(client.signed, today)
    last = _followed(present, live) if present else None
    if faults := tuple(_all_faults(present, last, live, today)):
        return ServiceTerm(None, Phase.RUNS, faults)
    if present is None or last is None:
        return ServiceTerm(None, Phase.RUNS)
    assert last.end is not None
    phase = _phase(last.end, today, windows)
    ambiguities = () if phase is Phase.RUNS else tuple(_ambiguities(client, live, last, today))
    return ServiceTerm(last, phase, (), ambiguities, present.start)


def _deciding(live: Collection[Agreement], today: date) -> Collection[Agreement]:
    """Leave expansions out while another contract is in force: they do not decide about its end."""
    others = [one for one in live if not _is_expansion(one)]
    return others if any(one.covers(today) for one in others) else live


def _is_expansion(agreement: Agreement) -> bool:
    return normalize(agreement.sold_as) == normalize(EXPANSION)


def _present(agreements: Collection[Agreement], today: date) -> Agreement | None:
    """Return the contract that began last; of several, the one that ends first."""
    return _begun_last(one for one in agreements if _start(one) <= today)


def _followed(present: Agreement, agreements: Collection[Agreement]) -> Agreement:
    """Return the last contract in a chain without a day between."""
    last = present
    while (following := _following(last, agreements)) is not None:
        last = following
    return last


def _following(last: Agreement, agreements: Collection[Agreement]) -> Agreement | None:
    if last.end is None:
        return None
    day_after, end = last.end + DAY, last.end
    return _begun_last(one for one in agreements if _start(last) < _start(one) <= day_after and _end(one) > end)


def _begun_last(agreements: Iterable[Agreement]) -> Agreement | None:
    return max(agreements, key=lambda one: (_start(one), -_end(one).toordinal(), one.id), default=None)


def _phase(last_day: date, today: date, windows: Windows) -> Phase:
    left = (last_day - today).days
    if left < 0:
        return Phase.ENDED
    if left == 0:
        return Phase.LAST_DAY
    if left <= windows.notice:
        return Phase.NOTICE
    return Phase.AHEAD if left <= windows.look_ahead else Phase.RUNS


def _all_faults(
    present: Agreement | None, last: Agreement | None, live: Collection[Agreement], today: date
) -> Iterator[Problem]:
    """Yield the faults of the deciding contracts and of every contract that is signed for later (PUB-7)."""
    beyond = _start(last) if last else today
    ahead = [one for one in live if _start(one) > today or (_end(one) < _start(one) and _start(one) > beyond)]
    deciding = [one for one in (present, last) if one is not None]
    for one in {one.id: one for one in (*deciding, *sorted(ahead, key=_start_and_id))}.values():
        yield from _faults(one)


def _start_and_id(agreement: Agreement) -> tuple[date, str]:
    return _start(agreement), agreement.id


def _faults(agreement: Agreement) -> Iterator[Problem]:
    ask = partial(Problem, Responsible.SALES, "Contract", agreement.id, END)
    if agreement.end is None:
        yield ask(EMPTY, "Enter the last day of service.", "PUB-4")
    elif agreement.start is not None and agreement.end < agreement.start:
        found = f"{agreement.end}, before the start on {agreement.start}"
        yield ask(found, "Correct the start or the end of the contract.", "PUB-4")


def _ambiguities(client: Client, live: Collection[Agreement], last: Agreement, today: date) -> Iterator[Problem]:
    """Yield why service may go on after the end of the contract (PUB-3, PUB-5, PUB-7)."""
    assert last.end is not None
    for other in _overlapping(last, live, today):
        found = f"{last.end}, while contract {other.number} is in force too, until {other.end}"
        expected = "Correct the dates, or the status of the contract that is not valid."
        yield Problem(Responsible.SALES, "Contract", last.id, END, found, expected, TWO_ACTIVE)
    for renewal in client.renewals:
        found = f"{renewal.stage}, to be closed on {renewal.close or 'no date'}"
        expected = f"Close it: Closed Won, with the new contract, or Closed Lost: then service ends after {last.end}."
        yield Problem(Responsible.SALES, "Opportunity", renewal.id, "Stage", found, expected, "PUB-5")
    for draft in _unsigned(client, last):
        found = f"{draft.status}, from {draft.start or 'no date'} to {draft.end or 'no date'}"
        expected = f"Activate it if the client renews; if not, delete it: then service ends after {last.end}."
        yield Problem(Responsible.SALES, "Contract", draft.id, "Status", found, expected, "PUB-5")
    for later in _after_a_break(live, last, today):
        found = f"{later.start}, but contract {last.number} ends on {last.end}"
        expected = "Correct one of the dates, so that service goes on without a break."
        yield Problem(Responsible.SALES, "Contract", later.id, "Start Date", found, expected, "PUB-5")


def _overlapping(last: Agreement, agreements: Collection[Agreement], today: date) -> Iterator[Agreement]:
    """Yield the contracts that end after the last day and did not begin later."""
    for one in agreements:
        earlier = one.id != last.id and _start(one) <= _start(last)
        if earlier and _end(one) > _end(last) and _end(one) >= today:
            yield one


def _unsigned(client: Client, last: Agreement) -> Iterator[Agreement]:
    """Yield the unsigned contracts with which service would go on."""
    for one in client.agreements:
        if not one.is_signed and (one.start is None or _start(one) > _start(last)) and _end(one) > _end(last):
            yield one


def _after_a_break(agreements: Collection[Agreement], last: Agreement, today: date) -> Iterator[Agreement]:
    """Yield the signed contracts that begin after a short gap, which may be a typing error."""
    for one in agreements:
        if _start(one) > today and DAY < _start(one) - _end(last) <= LONGEST_SLIP:
            yield one


def _start(agreement: Agreement) -> date:
    return agreement.start or date.min


def _end(agreement: Agreement) -> date:
    return agreement.end or date.max
