"""What a client is entitled to: sums and unions over contracts in force, and nothing is taken silently.

ONB-6, ONB-8, ONB-13: the rows of ADR-4, one by one, and for any set of contracts.
"""

from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.common.problems import Responsible
from rules.contracts.terms import terms
from rules.onboarding.entitlements import entitlement, target
from rules.onboarding.signup import location_count
from rules.onboarding.terms_review import terms_problems
from tests.rules.builders.clients import TODAY, company, contract
from tests.rules.builders.sales import MATRIX

BASE = contract(-300, 65, 101, users=Decimal(40), plan_amount=Decimal(500), sold_as="New Business")
ADDED = contract(
    -5, 65, 102, users=Decimal(10), plan_amount=Decimal(100), sold_as="Expansion", products=("Compliance",)
)
SERVED = company(user_count=40, location_count=2, plan_amount=Decimal(500), modules=("courses", "reports"))


def figures(found):
    return found.users, found.plan_amount, found.modules


def entitled(*agreements, own=None, chosen=None):
    return entitlement(terms(agreements, TODAY, chosen or {}, own), MATRIX)


def wanted(lms, *agreements, own=None, chosen=None, **asks):
    agreed = entitled(*agreements, own=own, chosen=chosen)
    return target(lms, agreed, chosen or {}, partial(location_count, table=()), **asks)


def asked(*agreements, own=None, chosen=None):
    return terms_problems(terms(agreements, TODAY, chosen or {}, own), ("Learning", "Compliance"))


# --- add-on sales


def test_onb_6_an_expansion_adds_its_users_and_amount_and_the_modules_are_the_union():
    assert figures(wanted(SERVED, BASE, ADDED, own=ADDED)) == (
        50,
        Decimal(600),
        ("courses", "incidents", "policies", "reports"),
    )
    assert wanted(SERVED, BASE, ADDED, own=ADDED).locations == 2
    assert asked(BASE, ADDED, own=ADDED) == ()


def test_onb_6_at_the_sign_up_too_every_contract_in_force_counts():
    assert figures(wanted(None, BASE, ADDED, own=BASE))[:2] == (50, Decimal(600))


def test_onb_8_the_locations_are_those_of_all_users():
    large = replace(ADDED, users=Decimal(60))
    assert wanted(SERVED, BASE, large, own=large).locations == 4


def test_onb_6_two_expansions_add_up_whichever_is_brought_into_effect_again():
    second = replace(ADDED, id="800000000000103AAA", number="00000103", users=Decimal(5))
    for own in (BASE, ADDED, second):
        assert entitled(BASE, ADDED, second, own=own).users == 55


def test_onb_13_each_contracts_products_count_at_its_own_level():
    premium = replace(ADDED, products=("Learning",), service_level="premium")
    assert entitled(BASE, premium, own=premium).modules == ("authoring", "courses", "reports")


@pytest.mark.parametrize(
    "other",
    [
        replace(ADDED, status="Draft"),
        replace(ADDED, start=TODAY.replace(year=2028), end=None),
        contract(-300, -1, 102, users=Decimal(10), plan_amount=Decimal(100), sold_as="Expansion"),
        replace(ADDED, status="Terminated"),
        replace(ADDED, products=("Credentialing Service",), users=None),
    ],
)
def test_onb_6_what_is_not_signed_not_begun_over_or_out_of_scope_does_not_count(other):
    assert figures(entitled(BASE, other, own=BASE)) == (40, Decimal(500), ("courses", "reports"))
    assert asked(BASE, other, own=BASE) == ()


# --- renewals


def test_onb_6_a_renewal_of_less_takes_nothing_while_the_contract_before_it_is_in_force():
    renewal = contract(0, 365, 102, users=Decimal(30), plan_amount=Decimal(400), sold_as="Renewal")
    assert figures(wanted(SERVED, BASE, renewal, own=renewal))[:2] == (40, Decimal(500))
    ahead = replace(renewal, start=BASE.end.replace(year=2028), end=None)
    assert figures(wanted(SERVED, BASE, ahead, own=ahead))[:2] == (40, Decimal(500))
    assert asked(BASE, renewal, own=renewal) == ()


def test_onb_6_a_renewal_replaces_the_contract_that_has_ended():
    ended = replace(BASE, end=contract(0, -1).end)
    renewal = contract(
        0, 365, 102, users=Decimal(30), plan_amount=Decimal(400), sold_as="Renewal", products=("Compliance",)
    )
    found = wanted(SERVED, ended, renewal, own=renewal)
    assert (figures(found), found.locations, found.problems) == ((30, Decimal(400), ("incidents", "policies")), 2, ())


def test_onb_6_an_expansion_that_goes_on_beside_a_renewal_is_added_to_it():
    ended = replace(BASE, end=contract(0, -1).end)
    renewal = contract(0, 365, 103, users=Decimal(45), plan_amount=Decimal(550), sold_as="Renewal")
    assert entitled(ended, ADDED, renewal, own=renewal).users == 55


# --- any other type is asked about


@pytest.mark.parametrize("kind", ["New Business", None, "Upsell"])
def test_onb_6_another_type_beside_a_contract_in_force_is_asked_of_sales(kind):
    other = replace(ADDED, sold_as=kind)
    (problem,) = asked(BASE, other, own=other)
    assert (problem.who, problem.record, problem.record_id, problem.rule) == (
        Responsible.SALES,
        "Contract",
        other.id,
        "ONB-6",
    )
    assert problem.found == f"{kind or 'not given'}, while contract 00000101 is in force too"
    assert [(one.value, one.label) for one in problem.choices] == [
        ("adds", "It adds to 00000101"),
        ("replaces", "It replaces 00000101"),
    ]
    assert problem.topic == "contract 00000102"


@pytest.mark.parametrize(("choice", "users", "amount"), [("adds", 50, 600), ("replaces", 10, 100)])
def test_onb_6_what_sales_choose_decides(choice, users, amount):
    other, chosen = replace(ADDED, sold_as="New Business"), {"contract 00000102": choice}
    assert asked(BASE, other, own=other, chosen=chosen) == ()
    found = wanted(SERVED, BASE, other, own=other, chosen=chosen)
    assert (figures(found)[:2], found.problems) == ((users, Decimal(amount)), ())


def test_onb_6_the_first_contract_of_a_client_is_not_asked_about_again():
    assert asked(BASE, ADDED, own=BASE) == ()
    assert asked(BASE, own=BASE) == ()


def test_onb_6_a_contract_that_counts_and_lacks_a_figure_is_asked_about():
    bare = replace(BASE, users=None, plan_amount=None, service_level="gold", products=("Learning", "Telehealth"))
    found = asked(bare, ADDED, own=ADDED)
    assert [(one.who, one.record_id, one.field) for one in found] == [
        (Responsible.SALES, BASE.id, "User Count"),
        (Responsible.SALES, BASE.id, "Plan Amount"),
        (Responsible.SALES, BASE.id, "Service Level"),
        (Responsible.CS_OPS, BASE.id, "Products"),
    ]


def test_onb_13_a_contract_that_ended_with_a_product_that_is_no_longer_known_takes_nothing_away():
    ended = replace(BASE, end=contract(0, -1).end, products=("Telehealth",))
    renewal = contract(0, 365, 102, users=Decimal(40), plan_amount=Decimal(500), sold_as="Renewal")
    assert wanted(SERVED, ended, renewal, own=renewal).modules == ("courses", "reports")


def test_onb_6_only_the_contracts_until_those_of_today_began_take_their_share_away():
    """What ended before an earlier contract of the client was taken away with that one."""
    long_ago = replace(BASE, id="800000000000099AAA", start=contract(-900, 0).start, end=contract(0, -500).end)
    ended = replace(BASE, start=contract(-400, 0).start, end=contract(0, -1).end, users=Decimal(20))
    renewal = contract(0, 365, 102, users=Decimal(30), plan_amount=Decimal(400), sold_as="Renewal")
    assert [one.id for one in terms((long_ago, ended, renewal), TODAY, {}, renewal).gone] == [ended.id]


# --- what was raised by hand


def test_onb_6_more_than_the_contracts_give_stays_until_a_person_says_otherwise():
    raised = replace(SERVED, user_count=90, location_count=9, plan_amount=Decimal(700), modules=("courses", "legacy"))
    found = wanted(raised, BASE, ADDED, own=ADDED)
    assert (found.users, found.locations, found.plan_amount) == (90, 9, Decimal(700))
    assert [(one.who, one.field, one.found) for one in found.problems] == [
        (Responsible.SALES, "User Count", "90, but contracts 00000101 and 00000102 together give 50"),
        (Responsible.SALES, "Plan Amount", "700.00, but contracts 00000101 and 00000102 together give 600.00"),
    ]
    assert found.remarks == ("Company 48213 keeps legacy, though no contract in force gives it. (ONB-13)",)
    kept = {one.topic: "keep" for one in found.problems}
    found = wanted(raised, BASE, ADDED, own=ADDED, chosen=kept)
    assert (found.users, found.locations, found.plan_amount, found.problems) == (90, 9, Decimal(700), ())
    assert len(found.remarks) == 3
    lowered = dict.fromkeys(kept, "as agreed")
    found = wanted(raised, BASE, ADDED, own=ADDED, chosen=lowered)
    assert (found.users, found.locations, found.plan_amount, found.problems) == (50, 2, Decimal(600), ())


def test_onb_6_what_was_raised_beyond_an_ended_contract_is_no_part_of_it():
    ended = replace(BASE, end=contract(0, -1).end)
    renewal = contract(0, 365, 102, users=Decimal(30), plan_amount=Decimal(400), sold_as="Renewal")
    found = wanted(replace(SERVED, user_count=41), ended, renewal, own=renewal)
    assert (found.users, [one.field for one in found.problems]) == (41, ["User Count"])


# --- modules that no contract gives, where people are asked about them (REC-2)


def test_onb_8_more_locations_than_the_users_need_stay_without_a_question():
    found = wanted(replace(SERVED, location_count=9), BASE, ask_modules=True)
    assert (found.locations, found.problems) == (9, ())


GIVEN_BY_HAND = replace(SERVED, modules=("courses", "extra", "legacy", "reports"))


def test_onb_13_sales_decide_about_modules_that_no_contract_gives_and_until_then_they_stay():
    found = wanted(GIVEN_BY_HAND, BASE, ask_modules=True)
    assert (found.modules, found.remarks) == (("courses", "extra", "legacy", "reports"), ())
    (problem,) = found.problems
    assert (problem.who, problem.record, problem.record_id, problem.field, problem.rule) == (
        Responsible.SALES,
        "LMS company",
        "48213",
        "Modules",
        "ONB-13",
    )
    assert problem.found == "extra and legacy, which no contract in force gives"
    assert [(one.value, one.label) for one in problem.choices] == [
        ("keep", "They stay"),
        ("remove", "They are removed"),
    ]


@pytest.mark.parametrize(
    ("choice", "modules", "remarks"),
    [
        (
            "keep",
            ("courses", "extra", "legacy", "reports"),
            ("Company 48213 keeps extra and legacy, though no contract in force gives it. (ONB-13)",),
        ),
        ("remove", ("courses", "reports"), ()),
    ],
)
def test_onb_13_the_answer_decides_about_the_modules_that_were_asked_about(choice, modules, remarks):
    (problem,) = wanted(GIVEN_BY_HAND, BASE, ask_modules=True).problems
    chosen = {problem.topic: choice}
    found = wanted(GIVEN_BY_HAND, BASE, chosen=chosen, ask_modules=True)
    assert (found.modules, found.remarks, found.problems) == (modules, remarks, ())
    more = replace(GIVEN_BY_HAND, modules=(*GIVEN_BY_HAND.modules, "sudden"))
    found = wanted(more, BASE, chosen=chosen, ask_modules=True)
    assert "sudden" in found.modules
    assert len(found.problems) == 1


def test_onb_13_nothing_is_asked_where_every_module_is_given_or_nobody_is_to_be_asked():
    assert wanted(SERVED, BASE, ask_modules=True).problems == ()
    assert wanted(GIVEN_BY_HAND, BASE, chosen={"modules extra, legacy of company 48213": "remove"}).modules == (
        "courses",
        "extra",
        "legacy",
        "reports",
    )


def test_onb_13_modules_of_a_contract_that_ended_are_removed_without_a_question():
    ended = replace(ADDED, start=contract(-90, 0).start, end=contract(0, -1).end)
    lms = replace(SERVED, modules=("courses", "incidents", "policies", "reports"))
    base = replace(BASE, start=contract(-60, 0).start)
    found = wanted(lms, base, ended, ask_modules=True)
    assert (found.modules, found.problems) == (("courses", "reports"), ())


# --- for any set of contracts

statuses = st.sampled_from(["Activated"] * 6 + ["Draft", "Terminated", "Expired"])
kinds = st.sampled_from(["New Business", "Expansion", "Expansion", "Renewal", None])


@st.composite
def agreements(draw, number):
    return contract(
        draw(st.none() | st.integers(-400, 40)),
        draw(st.none() | st.integers(-60, 400)),
        number,
        draw(statuses),
        sold_as=draw(kinds),
        users=Decimal(draw(st.integers(1, 200))),
        plan_amount=Decimal(draw(st.integers(0, 900))),
        products=tuple(draw(st.sets(st.sampled_from(["Learning", "Compliance"]), min_size=1))),
        service_level=draw(st.sampled_from(["basic", "standard", "premium"])),
    )


def of_a_client(least=0):
    return st.integers(least, 4).flatmap(lambda count: st.tuples(*(agreements(101 + one) for one in range(count))))


companies = st.builds(
    lambda users, amount, modules: company(user_count=users, plan_amount=Decimal(amount), modules=tuple(modules)),
    st.integers(1, 300),
    st.integers(0, 2000),
    st.sets(st.sampled_from(["courses", "legacy", "policies"])),
)
answers = st.dictionaries(
    st.sampled_from([f"contract {number:08}" for number in range(101, 105)]), st.sampled_from(["adds", "replaces"])
)


def is_in_force(one):
    signed = one.status not in ("Draft", "In Approval Process") or one.won
    begun = one.start is None or one.start <= TODAY
    return signed and begun and (one.end is None or one.end >= TODAY) and one.status not in ("Terminated", "Expired")


def is_over(one):
    return one.status in ("Terminated", "Expired") or (one.end is not None and one.end < TODAY)


@given(of_a_client(1))
def test_onb_13_the_modules_are_those_of_every_contract_in_force(client):
    force = [one for one in client if is_in_force(one)]
    expected = {module for one in force for product in one.products for module in MATRIX[product, one.service_level]}
    if force:
        assert {*entitled(*client).modules} == expected


@given(agreements(101), of_a_client())
def test_onb_6_users_and_amounts_add_up_where_the_later_contracts_are_expansions(first, later):
    first = replace(first, start=contract(-400, 0).start, end=None, status="Activated", sold_as="New Business")
    later = tuple(
        replace(one, id=f"{one.id}x", number=f"{one.number}x", sold_as="Expansion", start=one.start or TODAY)
        for one in later
    )
    force = [one for one in (first, *later) if is_in_force(one)]
    found = entitled(first, *later)
    assert (found.users, found.plan_amount) == (sum(one.users for one in force), sum(one.plan_amount for one in force))
    assert asked(first, *later) == ()


@given(of_a_client(1), companies, st.integers(0, 3))
def test_onb_6_nothing_shrinks_without_an_ended_contract_or_an_answer(client, lms, which):
    own = replace(client[which % len(client)], won=True)
    found = wanted(lms, *client, own=own)
    if not any(is_over(one) for one in client):
        assert found.users >= lms.user_count
        assert found.plan_amount >= lms.plan_amount
        assert found.locations >= lms.location_count
        assert {*found.modules} >= {*lms.modules}
    assert found.users >= min(lms.user_count, entitled(*client, own=own).users)


@given(of_a_client(1), companies, answers)
def test_rec_2_with_every_question_answered_the_company_agrees_and_stays_so(client, lms, chosen):
    """As agreed, or removed: what is left is what the contracts give together."""
    assume(any(map(is_in_force, client)))
    every = {one.topic: "adds" for one in asked(*client)} | chosen
    for _ in range(2):
        problems = wanted(lms, *client, chosen=every, ask_modules=True).problems
        every |= {one.topic: one.choices[-1].value for one in problems}
    found, agreed = wanted(lms, *client, chosen=every, ask_modules=True), entitled(*client, chosen=every)
    assert found.problems == ()
    assert figures(found) == (agreed.users, agreed.plan_amount, agreed.modules)
    assert found.locations >= location_count(found.users, ())


@given(of_a_client(1), companies, answers, st.integers(0, 3), st.randoms())
def test_onb_6_any_order_of_reading_gives_the_same(client, lms, chosen, which, random):
    own = client[which % len(client)]
    shuffled = list(client)
    random.shuffle(shuffled)
    one = wanted(lms, *client, own=own, chosen=chosen)
    other = wanted(lms, *shuffled, own=own, chosen=chosen)
    assert one == other
    assert {*asked(*client, own=own, chosen=chosen)} == {*asked(*shuffled, own=own, chosen=chosen)}


@given(of_a_client(1), companies, answers, st.integers(0, 3))
def test_onb_6_planning_again_after_the_changes_changes_nothing(client, lms, chosen, which):
    own = client[which % len(client)]
    found = wanted(lms, *client, own=own, chosen=chosen)
    after = replace(
        lms,
        user_count=found.users,
        location_count=found.locations,
        plan_amount=found.plan_amount,
        modules=found.modules,
    )
    again = wanted(after, *client, own=own, chosen=chosen)
    assert (*figures(again), again.locations) == (*figures(found), found.locations)


@given(of_a_client(2), answers)
def test_onb_6_a_question_is_settled_by_its_answer(client, chosen):
    every = {one.topic: "adds" for one in asked(*client)} | chosen
    assert [one for one in asked(*client, chosen=every) if one.choices] == []
