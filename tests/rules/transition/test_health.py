"""TRN-3 to TRN-5: healthy, open business, at risk or escalated, and every reason in words."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.transition.health import Category, health
from tests.rules.builders.account_facts import (
    THRESHOLDS,
    TODAY,
    TROUBLES,
    account,
    accounts,
    billed,
    case,
    contact,
    contract,
    on,
    sale,
    shuffled,
    task,
    usage,
)

OFF = replace(
    THRESHOLDS, contract_days=0, silent_days=0, least_active=Decimal(0), risky_health=(), mentions_count=False
)


def stands(facts, thresholds=THRESHOLDS):
    return health(facts, TODAY, thresholds)


def only_reason(facts, category):
    found = stands(facts)
    assert found.category is category
    (reason,) = found.reasons
    return reason.text


def test_trn_3_a_healthy_account_has_no_reasons():
    found = stands(
        account(cases=(case(closed=-10),), tasks=(task(done=True),), opportunities=(sale(1, "Closed Lost"),))
    )
    assert (found.category, found.reasons, found.why) == (Category.HEALTHY, (), "")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"opportunities": (sale(),)}, "opportunity 'Harbor expansion' is open (Qualification)"),
        ({"tasks": (task(),)}, "task 'Send the invoice' is pending"),
        ({"cases": (case(7, "Question"),)}, "case 00000007 is open: 'SSO'"),
        ({"cases": (case(7, None),)}, "case 00000007 is open: 'SSO'"),
        ({"usage": None}, "the LMS has no company 48213, so its use is not known"),
        ({"usage": None, "lms_company_id": None}, "no LMS company is entered, so its use is not known"),
        ({"contracts": ()}, "no signed contract tells when its service ends"),
    ],
)
def test_trn_4_open_sales_and_tasks_and_what_is_not_known_are_open_business(changes, told):
    assert only_reason(account(**changes), Category.OPEN_BUSINESS) == told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"health": "At Risk"}, "its Health is At Risk"),
        ({"health": " watch"}, "its Health is watch"),
        ({"special_mentions": "Call\nfirst."}, "a special mention is entered: 'Call first.'"),
        ({"contracts": (contract(end=90),)}, f"contract 00000001 ends on {on(90)}, and no renewal is won"),
        ({"contracts": (contract(end=-1),)}, f"contract 00000001 ended on {on(-1)}, and no renewal is won"),
        ({"contacts": (contact(replied=-61),)}, f"its main contact Dana Cole last replied on {on(-61)}"),
        ({"contacts": (contact(replied=None),)}, "its main contact Dana Cole has never replied"),
        ({"contacts": (contact(email=" "),)}, "its main contact Dana Cole has no e-mail address"),
        ({"contacts": ()}, "it has no contact"),
        ({"usage": usage(22)}, "22 users are active of 45 that are paid for"),
        ({"billed": (billed(quantity=81),)}, "40 users are active of 81 that are paid for"),
    ],
)
def test_trn_5_each_sign_of_risk_is_told(changes, told):
    assert only_reason(account(**changes), Category.AT_RISK) == told


@pytest.mark.parametrize(
    "changes",
    [
        {"contracts": (contract(end=91),)},
        {"contracts": (contract(end=10), contract(2, start=11, end=300))},
        {"contracts": (contract(end=10),), "opportunities": (sale(1, "Closed Won", "Renewal", close=-5),)},
        {"contacts": (contact(replied=-60), contact(2, replied=None, main=False))},
        {"contacts": (contact(replied=4),)},
        {"usage": usage(23)},
        {"contracts": (contract(users=None),), "usage": usage(0)},
        {"billed": (billed(quantity=500, state="expired"),)},
        {"special_mentions": " \n"},
        {"cases": (case(1, "Escalation", closed=-1),)},
    ],
)
def test_trn_5_up_to_the_threshold_an_account_is_healthy(changes):
    assert stands(account(**changes)).category is Category.HEALTHY


def test_trn_5_a_renewal_that_was_won_before_the_contract_began_is_the_contract_itself():
    facts = account(contracts=(contract(end=10),), opportunities=(sale(1, "Closed Won", "Renewal", close=-201),))
    assert stands(facts).category is Category.AT_RISK


def test_trn_5_every_threshold_can_be_switched_off():
    facts = account(
        health="At Risk", special_mentions="Call.", contracts=(contract(end=1),), usage=usage(0),
        contacts=(contact(replied=None),),
    )  # fmt: skip
    assert len(stands(facts).reasons) == 5
    assert stands(facts, OFF).category is Category.HEALTHY


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"health": "Escalated"}, "its Health is Escalated"),
        ({"cases": (case(7, "Escalation", subject="Data lost"),)}, "escalation case 00000007 is open: 'Data lost'"),
    ],
)
def test_trn_6_an_open_escalation_is_the_gravest_reason(changes, told):
    found = stands(account(**changes, special_mentions="Call.", tasks=(task(),)))
    assert found.category is Category.ESCALATED
    assert (found.why, [one.category for one in found.reasons]) == (
        told,
        [Category.ESCALATED, Category.AT_RISK, Category.OPEN_BUSINESS],
    )


@given(accounts())
def test_every_account_has_a_category_and_reasons_unless_it_is_healthy(facts):
    found = stands(facts)
    assert found.category.risk == max((one.category.risk for one in found.reasons), default=0)
    assert bool(found.why) == (found.category is not Category.HEALTHY)


@given(accounts(), st.lists(st.sampled_from(sorted(TROUBLES)), max_size=4))
def test_more_trouble_never_makes_a_better_category(facts, troubles):
    before = stands(facts).category.risk
    for name in troubles:
        facts = TROUBLES[name](facts)
        assert stands(facts).category.risk >= before, name
        before = stands(facts).category.risk


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_a_contract_that_ends_sooner_is_never_better(end, sooner, days):
    early, late = sorted((end, sooner))
    thresholds = replace(THRESHOLDS, contract_days=days)
    risks = [stands(account(contracts=(contract(end=one),)), thresholds).category.risk for one in (early, late)]
    assert risks[0] >= risks[1]


@given(st.data())
def test_what_was_read_first_makes_no_difference(data):
    facts = data.draw(accounts())
    assert stands(data.draw(shuffled(facts))) == stands(facts)
