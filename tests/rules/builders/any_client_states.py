"""Any client that its contracts describe in every system (REC-2)."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from rules.common.records import Person, RecurlyAccount
from tests.rules.builders.client_states import (
    STANDARDS,
    agreed,
    client_state,
    in_account,
    in_company,
    onboarded,
    publications_of,
    sequence,
    sold,
    url_of,
)
from tests.rules.builders.clients import ACCOUNT_ID, TODAY, on
from tests.rules.builders.sales import MATRIX, PRODUCTS

ANY_END, PERHAPS = st.integers(0, 300), st.booleans()
LEVELS = ("basic", "standard", "premium")
USERS = [Person(f"0050000000000{number}AAA", f"User {number}", f"user{number}@cs.example") for number in range(10, 16)]
NOBODYS = Person("005000000000099AAA", "Rob Other", "rob@cs.example")
"""An active user whom no client has."""


@st.composite
def terms_of_a_sale(draw):
    """Products, level, users, amount and publications of a contract."""
    products = draw(st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=3, unique=True))
    return {
        "products": (*products, *draw(st.sampled_from([(), ("Credentialing Service",)]))),
        "service_level": draw(st.sampled_from(LEVELS)),
        "users": Decimal(draw(st.integers(1, 500))),
        "plan_amount": Decimal(draw(st.integers(0, 90_000))) / 100,
        "publications": tuple(draw(st.lists(st.sampled_from(["North", "South", "East"]), max_size=3, unique=True))),
    }


@st.composite
def contracts_in_force(draw, ends, is_renewed):
    """A contract in force today, with or without an expansion, a contract before it and a renewal after it."""
    start, end = draw(st.integers(-300, 0)), draw(ends)
    found = [agreed(start, end, 101, **draw(terms_of_a_sale()))]
    if draw(st.booleans()):
        begun = draw(st.integers(start, 0))
        found.append(agreed(begun, end, 102, **draw(terms_of_a_sale()) | {"sold_as": "Expansion"}))
    if draw(st.booleans()):
        found.insert(0, agreed(start - 200, start - 1, 100, **draw(terms_of_a_sale())))
    if draw(is_renewed):
        found.append(agreed(end + 1, end + 365, 103, **draw(terms_of_a_sale()) | {"sold_as": "Renewal"}))
    return tuple(found)


def entitled(agreements):
    """The figures of the LMS company, by the contracts in force (ONB-6, ONB-13)."""
    present = [one for one in agreements if one.start <= TODAY <= one.end]
    cells = {module for one in present for product in one.products if product in PRODUCTS
             for module in MATRIX[product, one.service_level]}  # fmt: skip
    return {
        "modules": tuple(cells),
        "user_count": int(sum(one.users for one in present)),
        "plan_amount": sum((one.plan_amount for one in present), Decimal(0)),
    }


@st.composite
def served_clients(draw, ends=ANY_END, is_renewed=PERHAPS):
    """A client in service, as the flows leave it.

    Args:
        ends: the last day of the contract in force, in days from today.
        is_renewed: whether a renewal follows.
    """
    agreements, (csm, lead) = draw(contracts_in_force(ends, is_renewed)), draw(st.permutations(USERS))[:2]
    figures = entitled(agreements)
    locations = STANDARDS.locations(figures["user_count"]) + draw(st.sampled_from([0, 0, 7]))
    state = client_state(
        *agreements,
        account={
            "name": draw(st.sampled_from(["Harbor Clinic", "UPMC East"])),
            "cs_status": draw(st.sampled_from(["Onboarding", "Active", "Churned"])),
            "csm": csm,
            "lead": lead,
        },
        lms=figures | {"location_count": locations},
        csm_lead=lead,
        sale=sold(draw(st.integers(-200, 0)), csm=csm, onboarding_manager=csm, lead=lead),
        sequences=tuple(
            sequence(draw(st.sampled_from([csm.email, csm.email.upper()])), prospect=number)
            for number in range(draw(st.integers(0, 2)))
        ),
    )
    state = replace(state, publications=publications_of(state.client))
    return draw(billed(draw(ending(draw(welcomed(state))))))


@st.composite
def welcomed(draw, state):
    """The client with its onboarding records: one welcome, none for a client with a no-welcome policy."""
    if state.client.name.startswith("UPMC"):
        return replace(state, onboardings=(onboarded(send=False, sent_on=None),))
    more = (onboarded(2, "006000000000002AAA", 30, send=False, sent_on=None),) if draw(st.booleans()) else ()
    return replace(state, onboardings=(onboarded(1), *more))


@st.composite
def ending(draw, state):
    """The client with the planned end of its service, where it is near and a sweep has seen it."""
    last = max((one.end for one in state.client.agreements), default=TODAY)
    if last > on(STANDARDS.windows.look_ahead) or draw(st.booleans()):
        return state
    planned = {"status": "scheduled", "last_day": last, "reason": f"End of contract 00000101 on {last}"}
    issues = tuple(replace(one, **planned) for one in state.publications)
    return in_company(replace(state, publications=issues), **planned)


@st.composite
def billed(draw, state):
    """The client with its Recurly account: by its code, or chosen by people for its name."""
    if draw(st.booleans()):
        return state
    chosen = RecurlyAccount("r9", "harbor clinic", state.client.name)
    closed = (RecurlyAccount("r1", ACCOUNT_ID, state.client.name, is_open=False),) if draw(st.booleans()) else ()
    state = replace(state, recurly=(*closed, chosen), billing_url=url_of(chosen.code))
    return in_account(state, recurly_account_id="r9")


@st.composite
def former_clients(draw):
    """A client whose service ended with its contract; nobody cares for its other values."""
    state, days = draw(served_clients()), draw(st.integers(-300, -1))
    last = agreed(days - 200, days, 101)
    off = {"status": "inactive", "last_day": last.end, "reason": draw(st.sampled_from(["", "End of contract 101"]))}
    issues = tuple(replace(one, **off) for one in state.publications)
    whose = {"agreements": (last,), "cs_status": "Deactivated", "csm": draw(st.none() | st.sampled_from(USERS))}
    return in_company(in_account(replace(state, publications=issues), **whose), **off)


@st.composite
def new_clients(draw):
    """A client that is being onboarded: nothing is set up yet."""
    state = draw(served_clients())
    codes = {"lms_company_id": None, "recurly_account_id": None, "csm": None, "lead": None, "cs_status": "Onboarding"}
    bare = {"companies": (), "publications": (), "recurly": (), "sequences": (), "onboardings": ()}
    return replace(in_account(state, **codes), billing_url=None, csm_lead=None, **bare)
