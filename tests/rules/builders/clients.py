"""Clients with contracts, and an LMS that does what a plan of their end says."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from rules.common.records import Company, Publication, Subscription
from rules.contracts.clients import Agreement, Client, Renewal
from rules.contracts.deactivation import deactivation
from rules.contracts.service_term import Windows, determine_term

TODAY = date(2027, 3, 15)
DAY = timedelta(days=1)
ACCOUNT_ID = "001000000000001AAA"
WINDOWS = Windows(look_ahead=30, notice=14)
"""The policy's defaults, as the decision has them."""
OURS, THEIRS = "End of contract 00000101 on 2027-03-20", "Chapter 11"
SIGNED, UNSIGNED, OVER = ("Activated",), ("Draft", "In Approval Process"), ("Terminated", "Expired")


def contract(start, end, number=101, status="Activated", **fields):
    """A contract; its days are given as days from today, or as dates."""
    usual = Agreement(
        id=f"800{number:012}AAA",
        number=f"{number:08}",
        status=status,
        start=on(start),
        end=on(end),
        won=False,
        products=("Learning",),
        service_level="standard",
        users=Decimal(40),
        publications=(),
    )
    return replace(usual, **fields)


def on(day):
    """A day, by its number counted from today; None stays None."""
    return TODAY + day * DAY if isinstance(day, int) else day


def client(*agreements, **fields):
    """A client that is set up and served."""
    usual = Client(
        *(ACCOUNT_ID, "Harbor Clinic", "48213", "r1", "Active", Decimal(480)),
        *(None, None, None, None),
        agreements=agreements,
        renewals=(),
    )
    return replace(usual, **fields)


def company(**fields):
    usual = Company("48213", ACCOUNT_ID, "Harbor Clinic", "active", (), 40, 2, Decimal(480))
    return replace(usual, **fields)


def publication(number=7001, **fields):
    return replace(Publication(str(number), "Harbor Clinic", f"News {number}", "active"), **fields)


def subscription(state="active", *, renews=False, until=None):
    return Subscription("s1", "Gold", state, renews, on(until))


def renewal(close=None):
    return Renewal("006000000000001AAA", "Harbor 2028", "Negotiation/Review", on(close))


def stand(whose, today=TODAY):
    """How the service of a client stands."""
    return determine_term(whose, today, WINDOWS)


def planned(whose, lms=None, publications=(), subscriptions=(), today=TODAY):
    """What is to be done on a day; without a company of its own, one that is simply active."""
    return deactivation(whose, stand(whose, today), lms or company(), publications, subscriptions)


def changed(record, end, today):
    """A company or publication after a change, as the LMS has it: in service through its last day."""
    after = replace(record, last_day=end.last_day, reason=end.reason, status=end.status or record.status)
    return in_lms(after, today)


def in_lms(record, today):
    """The same record as the LMS shows it on a day."""
    if record.status == "inactive":
        return record
    if record.last_day is None:
        return replace(record, status="active")
    return replace(record, status="scheduled" if record.last_day >= today else "inactive")


def applied(todo, whose, lms, publications, today=TODAY):
    """Client, company and publications after a plan was carried out."""
    ends = {(end.kind, end.id): end for end in todo.ends}
    if lms is not None and (end := ends.get(("company", lms.id))):
        lms = changed(lms, end, today)
    after = [changed(one, ends["publication", one.id], today) if ("publication", one.id) in ends else one
             for one in publications]  # fmt: skip
    if todo.status:
        whose = replace(whose, cs_status=todo.status[0].after)
    return whose, lms, after


days = st.integers(-50, 60).map(on)


@st.composite
def contracts(draw, number):
    status = draw(st.sampled_from(SIGNED * 5 + UNSIGNED + OVER))
    start = draw(st.none() | st.integers(-400, 40).map(on))
    return contract(start, draw(st.none() | days), number, status, won=draw(st.sampled_from([False, False, True])))


@st.composite
def dated_contracts(draw, number):
    """A contract with a last day that is not before its first one."""
    one = draw(contracts(number))
    first = one.start or on(-400)
    return replace(one, end=first + DAY * draw(st.integers(0, 460)))


def is_signed(agreement):
    """Whether a contract counts: it was activated, also when it is over now, or its sale was won (PUB-3)."""
    return agreement.won or agreement.status in (*SIGNED, *OVER)


@st.composite
def clients(draw, of=contracts):
    """Any client: contracts side by side, after one another, with gaps, drafts, without dates, with dates at fault."""
    agreements = [draw(of(101 + number)) for number in range(draw(st.integers(0, 4)))]
    return client(
        *agreements,
        renewals=draw(st.sampled_from([(), (), (renewal(),)])),
        lms_company_id=draw(st.sampled_from(["48213", "48213", None, "77"])),
        cs_status=draw(st.sampled_from(["Active", "Onboarding", "Churned", "Deactivated", None])),
    )


@st.composite
def ends_in_lms(draw, record, statuses=("active", "scheduled", "inactive"), reasons=("", OURS, THEIRS)):
    """A record of the LMS with any end: none, set or done, by us, by somebody else or by nobody known."""
    status = draw(st.sampled_from(statuses))
    last_day = draw(days if status == "scheduled" else st.none() | days)
    if status == "active":
        return record
    reason = draw(st.sampled_from(reasons))
    return in_lms(replace(record, status=status, last_day=last_day, reason=reason), TODAY)


def companies():
    return st.none() | ends_in_lms(company())


def publications():
    return st.tuples(*(ends_in_lms(publication(7001 + number)) for number in range(2)))


def subscriptions():
    states = st.sampled_from(["active", "canceled", "expired", "failed", "future", "paused"])
    one = st.builds(lambda state, until: subscription(state, renews=False, until=until), states, st.none() | days)
    return st.lists(one, max_size=1)
