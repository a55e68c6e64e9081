"""CSMs with their books and absences, the segments as CS Operations find them at first, and ways to make more."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from rules.assignment.availability import Absence, HandOver
from rules.assignment.books import Book, Csm, CsmTerms
from rules.assignment.choice import CsmChoice, choose
from rules.assignment.segmentation import Segment
from rules.common.records import Person
from tests.rules.builders.office_hours import WORKING_DAYS
from tests.rules.builders.sales import TODAY

SMB = Segment("SMB", Decimal(0), 0, Decimal(30_000), 60, 90)
MID_MARKET = Segment("Mid-Market", Decimal(900), 150, Decimal(60_000), 30, 50)
ENTERPRISE = Segment("Enterprise", Decimal(4_000), 1_000, Decimal(120_000), 15, 25)
TABLE = (SMB, MID_MARKET, ENTERPRISE)

HAND_OVER = HandOver(TODAY, days=7, return_buffer=1, working_days=WORKING_DAYS)
"""From Monday 15 to Monday 22 June 2026; nobody on the working day after a longer absence."""

LEAD = Person("005000000000900AAA", "Tara Lead", "tara@seller.example")
HALF = Decimal("0.5")

HERE = ((), (Absence(date(2026, 6, 1), date(2026, 6, 11)),), (Absence(date(2026, 6, 23), None),))
AWAY = (
    (Absence(date(2026, 6, 15), date(2026, 6, 15)),),
    (Absence(date(2026, 6, 22), None), Absence(date(2026, 1, 1), date(2026, 1, 2))),
    (Absence(date(2026, 6, 13), date(2026, 6, 14)),),
    (Absence(date(2026, 6, 8), date(2026, 6, 12)),),
)


def user_id(number: int) -> str:
    return f"005{number:012}AAA"


def csm(name: str = "Ana Diaz", number: int = 1, accounts=0, mrr=Decimal(0), of=MID_MARKET, **fields) -> Csm:
    """A CSM of Mid-Market with so many accounts of a segment, by themselves none, and nothing in the way."""
    free = Csm(
        person=Person(user_id(number), name, f"csm{number}@seller.example"),
        active=True,
        lead=LEAD,
        segments=("Mid-Market",),
        books=(Book(of.name, accounts, mrr),) if accounts or mrr else (),
        last_assigned=None,
    )
    return replace(free, **fields)


def may_take(one: Csm, segment: Segment) -> bool:
    """Whether the procedure lets the CSM be chosen; absences are of `HERE` or of `AWAY`."""
    if one.terms.most_accounts is None:
        room = sum(book.accounts for book in one.books if book.segment == segment.name) < segment.most_accounts
    else:
        room = sum(book.accounts for book in one.books) < one.terms.most_accounts
    serves = one.lead is not None and segment.name in one.segments
    return one.active and serves and one.absences in HERE and room


def choice(candidates, mrr=Decimal(1_200), segment=MID_MARKET, weight=HALF) -> CsmChoice:
    """Whom an account goes to whose hand-over begins on that Monday."""
    return choose(candidates, mrr, segment, TABLE, weight_of_mrr=weight, hand_over=HAND_OVER)


segments = st.sampled_from(TABLE)
weights = st.sampled_from([Decimal(0), Decimal("0.35"), HALF, Decimal(1)])
mrrs = st.sampled_from([Decimal(0), Decimal(2_000)]) | st.decimals(-500, 9_000, places=2)
terms = st.builds(
    CsmTerms,
    capacity=st.sampled_from([Decimal(1), HALF, Decimal("0.8"), Decimal("1.25")]),
    ramp_up=st.sampled_from([Decimal(1), HALF]),
    most_accounts=st.none() | st.integers(0, 100),
)
people = st.builds(
    Person,
    id=st.integers(1, 99).map(user_id),
    name=st.sampled_from(["Ana Diaz", "ana diaz", "Bo Li", "cy Young", "Änne Öz"]),
    email=st.none(),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 3), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis takes bounds without a zone


def _books(accounts, mrrs) -> st.SearchStrategy[tuple[Book, ...]]:
    """Books of different segments, also of accounts without one and of one that the table does not know."""
    named = st.sampled_from(["SMB", "Mid-Market", "Enterprise", "", "Strategic"])
    made = st.builds(Book, segment=named, accounts=accounts, mrr=mrrs)
    return st.lists(made, max_size=4, unique_by=lambda book: book.segment).map(tuple)


def _csms(**fields) -> st.SearchStrategy[Csm]:
    drawn = {
        "person": people,
        "active": st.just(value=True),
        "lead": st.just(LEAD),
        "segments": st.just(("SMB", "Mid-Market", "Enterprise")),
        "books": _books(
            st.integers(0, 3), st.sampled_from([Decimal(-100), Decimal(0), Decimal(2_000), Decimal(4_000)])
        ),
        "last_assigned": st.none() | moments,
        "absences": st.sampled_from(HERE),
        "terms": st.just(CsmTerms()),
    }
    return st.builds(Csm, **{**drawn, **fields})


free_csms = _csms()
"""Nothing in the way; books so alike that loads are often equal."""

any_csms = free_csms | _csms(
    active=st.sampled_from([True, True, True, False]),
    lead=st.sampled_from([LEAD, LEAD, LEAD, None]),
    segments=st.lists(segments.map(lambda one: one.name), unique=True).map(tuple),
    books=_books(st.integers(0, 100), st.decimals(-1_000, 150_000, places=2)),
    absences=st.sampled_from([*HERE, *AWAY]),
    terms=terms,
)


def teams(of: st.SearchStrategy[Csm], min_size: int = 0) -> st.SearchStrategy[list[Csm]]:
    """Several CSMs, each a user of their own."""
    return st.lists(of, min_size=min_size, max_size=8, unique_by=lambda one: one.person.id)


days = st.integers(-15, 20).map(lambda number: TODAY + timedelta(number))
absences = st.builds(Absence, first=days | st.none(), last=days | st.none()) | st.builds(Absence, days, days)
