"""Clients with contracts that list publications, and an LMS that does what a plan says."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from rules.common.records import Company, Publication
from rules.common.text import normalize
from rules.contracts.clients import Agreement, Client
from rules.publications.plan import plan_publications
from rules.publications.requests import PublicationAction, Requested

TODAY = date(2027, 3, 15)
DAY = timedelta(days=1)
ACCOUNT_ID = "001000000000001AAA"
COMPANY = Company("48213", ACCOUNT_ID, "Harbor Clinic", "active", (), 40, 2, Decimal(480))


def agreement(*publications, number="00000101", **fields):
    """A contract in force for the whole of the year, standard, 40 users."""
    usual = Agreement(
        id=f"800{number[:8]:0>12}AAA",
        number=number,
        status="Activated",
        start=date(2027, 1, 1),
        end=date(2027, 12, 31),
        won=False,
        products=("Learning",),
        service_level="standard",
        users=Decimal(40),
        publications=publications,
    )
    return replace(usual, **fields)


def client(*agreements, **fields):
    usual = Client(
        *(ACCOUNT_ID, "Harbor Clinic", COMPANY.id, None, "Active", Decimal(480)),
        *(None, None, None, None),
        agreements=agreements,
        renewals=(),
    )
    return replace(usual, **fields)


def details(*numbers, users=40, products=("Learning",), level="standard"):
    return {"contracts": list(numbers or ("00000101",)), "products": list(products), "serviceLevel": level} | {
        "userCount": users
    }


def publication(name, number=7001, **fields):
    """A publication that is as the usual contract has it."""
    usual = Publication(str(number), "Harbor Clinic", name, "active", details())
    return replace(usual, **fields)


def planned(whose, *publications, company=COMPANY, today=TODAY, chosen=None, request=None):
    return plan_publications(whose, company, publications, today=today, chosen=chosen or {}, request=request)


def asked(action, name, new_name=""):
    return Requested(PublicationAction(action), name, new_name, "pat.seller")


def steps(plan):
    return [(str(step.action), step.name) for step in plan.steps]


def applied(plan, publications, today=TODAY):
    """The publications after a plan, as the LMS would have them."""
    after, fresh = {one.id: one for one in publications}, 9000
    for step in plan.steps:
        if step.there is None:
            fresh += 1
            wanted = dict(step.listed.details)
            after[str(fresh)] = Publication(str(fresh), "Harbor Clinic", step.name, "active", wanted)
            continue
        one = after[step.there.id]
        match step.action:
            case PublicationAction.RENAME:
                one = replace(one, name=step.name)
            case PublicationAction.UPDATE:
                one = replace(one, details={**one.details, **step.listed.details})
            case PublicationAction.REACTIVATE:
                one = replace(one, status="active", last_day=None)
            case PublicationAction.DEACTIVATE:
                assert step.last_day == today
                one = replace(one, status="scheduled", last_day=step.last_day)
        after[one.id] = one
    return list(after.values())


NAMES = ["North", "north ", "South", "East", "West", "Ost  Klinik", "ost klinik"]
names = st.sampled_from(NAMES)
days = st.dates(date(2026, 6, 1), date(2028, 6, 1))


@st.composite
def agreements(draw, number):
    signed = draw(st.booleans())
    return agreement(
        *draw(st.lists(names, max_size=4)),
        number=f"{number:08}",
        status="Activated" if signed else "Draft",
        start=draw(st.none() | days),
        end=draw(st.none() | days),
        products=tuple(draw(st.lists(st.sampled_from(["Learning", "Compliance"]), min_size=1, max_size=2))),
        users=Decimal(draw(st.integers(1, 90))),
    )


@st.composite
def clients(draw):
    return client(*(draw(agreements(number)) for number in range(draw(st.integers(0, 4)))))


@st.composite
def lms(draw):
    """A company's publications; their names differ by more than spelling, as the LMS wants it."""
    chosen = draw(st.lists(names, unique_by=normalize, max_size=5))
    return [
        publication(
            name,
            7001 + number,
            status=status,
            last_day=draw(days.map(lambda day: max(day, TODAY))) if status == "scheduled" else None,
            details=draw(st.sampled_from([{}, details(), {**details(users=7), "colour": "blue"}])),
        )
        for number, name in enumerate(chosen)
        for status in [draw(st.sampled_from(["active", "scheduled", "inactive"]))]
    ]
