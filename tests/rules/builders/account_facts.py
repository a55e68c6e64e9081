"""Accounts that move: one in the best of order, any others, and what is more trouble than before."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from rules.common.records import Subscription
from rules.contracts.clients import Agreement
from rules.transition.account_facts import (
    AccountFacts,
    AccountOpportunity,
    Billed,
    Case,
    CrmTask,
    ModuleUse,
    PointOfContact,
    SignedContract,
    Usage,
)
from rules.transition.health import Thresholds

TODAY = date(2026, 12, 1)
DAY = timedelta(days=1)
THRESHOLDS = Thresholds(
    contract_days=90,
    silent_days=60,
    least_active=Decimal(50),
    risky_health=("At Risk", "Watch"),
    mentions_count=True,
)
"""The policy's defaults, as the decision has them."""
TYPES = ("Escalation", "Course", "Question", "Request", "Support", "Integration", "Customization")


def on(days):
    """A day, by its number counted from today; None stays None."""
    return None if days is None else TODAY + days * DAY


def contact(number=1, *, name="Dana Cole", replied=-3, main=True, email="dana@harbor.example", title="Director"):
    return PointOfContact(f"003{number:012}AAA", name, email, title, is_main=main, last_reply=on(replied))


def case(number=1, type_="Support", *, opened=-20, closed=None, subject="SSO", description="Users cannot log in."):
    is_closed = closed is not None
    return Case(
        *(f"500{number:012}AAA", f"{number:08}", type_, subject, description),
        *(is_closed, on(opened), on(closed), "005000000000001AAA"),
    )


def sale(number=1, stage="Qualification", type_="Expansion", *, close=30, name="Harbor expansion"):
    won = stage == "Closed Won"
    return AccountOpportunity(
        *(f"006{number:012}AAA", name, type_, stage, Decimal(1200), on(close)),
        *(won or stage == "Closed Lost", won, None, None, None),
    )


def task(number=1, *, subject="Send the invoice", due=5, done=False, subtype="Task", with_=None):
    return CrmTask(f"00T{number:012}AAA", subject, subtype, on(due), done, "005000000000001AAA", with_, None)


def contract(number=1, *, start=-200, end=300, users=45, providers=None, products=("Learning", "Compliance")):
    agreement = Agreement(
        *(f"800{number:012}AAA", f"{number:08}", "Activated", on(start), on(end), True, products, "standard"),
        *(Decimal(users) if users is not None else None, ()),
    )
    return SignedContract(agreement, Decimal(providers) if providers is not None else None)


def usage(active=40, inactive=5, terminated=2, providers=0, **modules):
    used = modules or {"learning": 30, "compliance": 10}
    seen = datetime(2026, 12, 1, 4, tzinfo=UTC)
    lines = tuple(ModuleUse(name.replace("_", "-"), users) for name, users in sorted(used.items()))
    return Usage(active, inactive, terminated, providers, lines, seen)


def billed(number=1, quantity=1, state="active", plan="Standard"):
    return Billed(Subscription(f"s{number}", plan, state, renews=True, until=on(200)), quantity)


def account(**changes):
    """A healthy account without anything pending."""
    usual = AccountFacts(
        *("001000000000001AAA", "Harbor Clinic", None, None, "Healthy", None, Decimal(480), "SMB", "Active"),
        *("48213", "r1"),
        contacts=(contact(),),
        contracts=(contract(),),
        usage=usage(),
        billed=(billed(),),
    )
    return replace(usual, **changes)


_words = st.none() | st.sampled_from(["", " ", "SSO", "= 1 + 1", "zwölf\nZeilen", "x" * 3000])
_days = st.integers(-400, 400)


@st.composite
def _cases(draw):
    count, found = draw(st.integers(0, 4)), []
    for number in range(count):
        closed = draw(st.none() | st.integers(-300, -1))
        kind = draw(st.sampled_from([*TYPES, None, "Billing", "escalation "]))
        found.append(
            case(
                number,
                kind,
                opened=draw(st.integers(-400, -1)),
                closed=closed,
                subject=draw(_words),
                description=draw(_words),
            )
        )
    return tuple(found)


@st.composite
def _sales(draw):
    stages = st.sampled_from(["Qualification", "Closed Won", "Closed Lost"])
    kinds = st.sampled_from(["New Business", "Expansion", "Renewal", None])
    count = draw(st.integers(0, 3))
    return tuple(sale(number, draw(stages), draw(kinds), close=draw(st.none() | _days)) for number in range(count))


@st.composite
def _contracts(draw):
    count, found = draw(st.integers(0, 2)), []
    for number in range(count):
        start = draw(st.integers(-500, 60))
        end = start + draw(st.integers(0, 600))
        products = draw(st.sampled_from([(), ("Learning",), ("Credentialing Software",)]))
        users = draw(st.none() | st.integers(0, 90))
        found.append(contract(number, start=start, end=end, users=users, products=products))
    return tuple(found)


@st.composite
def _contacts(draw):
    replies = st.none() | st.integers(-200, 5)
    mails = st.sampled_from(["dana@harbor.example", "", None])
    count = draw(st.integers(0, 3))
    return tuple(
        contact(number, name=f"Person {number}", replied=draw(replies), main=not number, email=draw(mails))
        for number in range(count)
    )


@st.composite
def accounts(draw):
    """Any account, the best and the worst."""
    people = st.integers(0, 90)
    return account(
        health=draw(st.sampled_from(["Healthy", "Watch", "At Risk", "Escalated", "at risk ", None, "Purple"])),
        special_mentions=draw(_words),
        lms_company_id=draw(st.sampled_from(["48213", None])),
        contacts=draw(_contacts()),
        cases=draw(_cases()),
        opportunities=draw(_sales()),
        tasks=tuple(
            task(number, subject=draw(_words), due=draw(st.none() | _days), done=draw(st.booleans()))
            for number in range(draw(st.integers(0, 3)))
        ),
        contracts=draw(_contracts()),
        usage=draw(st.none() | st.builds(usage, people, people, people, people)),
        billed=tuple(
            billed(number, draw(st.none() | people), draw(st.sampled_from(["active", "canceled", "expired"])))
            for number in range(draw(st.integers(0, 2)))
        ),
    )


@st.composite
def shuffled(draw, facts):
    """The same account, whatever was read first."""
    lists = ("contacts", "cases", "opportunities", "tasks", "contracts", "billed")
    return replace(facts, **{name: tuple(draw(st.permutations(getattr(facts, name)))) for name in lists})


def _silent(facts):
    earlier = (replace(one, last_reply=one.last_reply and one.last_reply - 90 * DAY) for one in facts.contacts)
    return replace(facts, contacts=tuple(earlier))


def _less_used(facts):
    return replace(facts, usage=facts.usage and replace(facts.usage, active=facts.usage.active // 2))


TROUBLES = {
    "an escalation": lambda one: replace(one, cases=(*one.cases, case(90, "Escalation"))),
    "a ticket": lambda one: replace(one, cases=(*one.cases, case(91))),
    "a sale": lambda one: replace(one, opportunities=(*one.opportunities, sale(90))),
    "an open renewal": lambda one: replace(one, opportunities=(*one.opportunities, sale(91, type_="Renewal"))),
    "a task": lambda one: replace(one, tasks=(*one.tasks, task(90))),
    "Health At Risk": lambda one: one if one.health == "Escalated" else replace(one, health="At Risk"),
    "Health Escalated": lambda one: replace(one, health="Escalated"),
    "a mention": lambda one: replace(one, special_mentions="Call before writing."),
    "silence": _silent,
    "nobody to write to": lambda one: replace(one, contacts=()),
    "less use": _less_used,
}
"""What makes an account's state worse, or leaves it as it is; never better."""
