"""CSM-5, CSM-6: the Customer Onboarding record, and the welcome e-mail once per customer, ever."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.problems import Responsible
from rules.onboarding.welcome import planned_welcome, record_missing, record_of, welcome
from tests.rules.builders.sales import TODAY
from tests.rules.builders.snapshots import (
    FIRST_SALE,
    MADE,
    SECOND_SALE,
    onboardings,
    record,
    sold,
    written,
)

NAME, SENT_ON, SEND = "Customer Onboarding Name", "Onboarding Email Sent Date", "Send Onboarding Email"
HARBOR = sold(id=FIRST_SALE, name="Harbor Clinic - Learning", products=("Learning", "Compliance"))
FURTHER = replace(HARBOR, id=SECOND_SALE, name="Harbor Clinic - more", products=("Learning",))
WHERE = "Customer_Onboarding__c a01000000000001AAA"
FULL = {"name": HARBOR.name, "products": ("Learning", "Compliance")}


def in_words(made):
    return [(change.record, change.field, change.before, change.after, change.rule) for change in made.changes]


def sends(sale, *records):
    return welcome(sale, records, TODAY).sends


# --- one record


def test_csm_6_a_new_record_gets_its_name_its_boxes_the_day_and_the_tick_last():
    made = welcome(HARBOR, [record(1)], TODAY)
    assert in_words(made) == [
        (WHERE, NAME, "CO-0001", "Harbor Clinic - Learning", "CSM-6"),
        (WHERE, "Learning", "", "ticked", "CSM-6"),
        (WHERE, "Compliance", "", "ticked", "CSM-6"),
        (WHERE, SENT_ON, "", "2026-06-15", "CSM-6"),
        (WHERE, SEND, "", "ticked", "CSM-6"),
    ]
    assert [change.written for change in made.changes] == [HARBOR.name, True, True, "2026-06-15", True]
    assert (made.sends, made.record.id) == (True, record(1).id)


def test_csm_6_a_record_that_is_filled_in_and_sent_is_left_alone():
    made = welcome(HARBOR, [record(1, **FULL, sent_on=date(2026, 6, 14), send=True)], TODAY)
    assert (made.changes, made.sends) == ((), False)
    assert "2026-06-14" in made.message


@pytest.mark.parametrize(
    "by_hand",
    [
        pytest.param({"send": True}, id="ticked, without a day"),
        pytest.param({"sent_on": date(2026, 6, 1)}, id="a day, without the tick"),
    ],
)
def test_csm_6_what_a_person_ticked_or_dated_by_hand_was_sent(by_hand):
    made = welcome(HARBOR, [record(1, **FULL, **by_hand)], TODAY)
    assert (made.changes, made.sends) == ((), False)


def test_csm_6_boxes_are_ticked_never_unticked():
    made = welcome(
        FURTHER, [record(1, SECOND_SALE, products=("Compliance", "Credentialing Service"), send=True)], TODAY
    )
    assert in_words(made)[1:] == [(WHERE, "Learning", "", "ticked", "CSM-6")]


@pytest.mark.parametrize(
    ("spelled", "box"),
    [
        ("learning", "Learning"),
        (" COMPLIANCE ", "Compliance"),
        ("credentialing  software", "Credentialing Software"),
        ("Credentialing service", "Credentialing Service"),
    ],
)
def test_csm_6_a_product_is_known_by_any_spelling(spelled, box):
    made = welcome(replace(HARBOR, products=(spelled, "Telehealth")), [record(1, name=HARBOR.name, send=True)], TODAY)
    assert [change.field for change in made.changes] == [box]


@pytest.mark.parametrize("length", [79, 80, 81, 120])
def test_csm_6_a_name_longer_than_salesforce_keeps_is_cut_once(length):
    sale = replace(HARBOR, name="x" * length)
    (first, *_) = welcome(sale, [record(1)], TODAY).changes
    assert first.after == ("x" * length if length <= 80 else "x" * 79 + "…")
    cut = record(1, name=first.after, products=FULL["products"], send=True)
    assert welcome(sale, [cut], TODAY).changes == ()


# --- once per customer, ever


def test_csm_6_another_record_of_the_customer_that_sent_it_stops_a_further_one_however_old():
    before = record(1, days=-1_000, send=True, sent_on=date(2023, 9, 19))
    made = welcome(FURTHER, [before, record(2, SECOND_SALE)], TODAY)
    assert not made.sends
    assert {SENT_ON, SEND}.isdisjoint(change.field for change in made.changes)
    assert [change.field for change in made.changes] == [NAME, "Learning"]
    assert "2023-09-19" in made.message


def test_csm_6_a_record_of_no_sale_that_sent_it_counts_too():
    assert not sends(HARBOR, record(1, None, days=-400, send=True), record(2))


def test_csm_6_of_two_sales_that_begin_together_the_first_record_sends_whoever_looks_first():
    both = record(1), record(2, SECOND_SALE, days=0.01)
    assert sends(HARBOR, *both)
    assert not sends(FURTHER, *both)
    assert not sends(FURTHER, *reversed(both))
    assert record(1).id in welcome(FURTHER, both, TODAY).message


def test_csm_6_of_two_records_of_one_second_one_sends():
    both = record(2), record(1, SECOND_SALE)
    assert (sends(HARBOR, *both), sends(FURTHER, *both)) == (False, True)


@pytest.mark.parametrize(("days", "held_back"), [(0.001, True), (1, True), (1.001, False), (400, False)])
def test_csm_6_an_unticked_record_holds_the_welcome_back_for_a_day(days, held_back):
    assert sends(FURTHER, record(1, days=-days), record(2, SECOND_SALE)) is not held_back


def test_csm_6_a_sale_with_several_records_sends_by_its_first_alone():
    two = record(2, days=1), record(1)
    made = welcome(HARBOR, two, TODAY)
    assert (made.record.id, made.sends) == (record(1).id, True)
    assert {change.record for change in made.changes} == {WHERE}
    again = welcome(HARBOR, written(two, made.changes), TODAY)
    assert (again.changes, again.sends) == ((), False)


def sale_of(one):
    return replace(HARBOR, id=one.opportunity_id, name=f"Sale {one.opportunity_id}")


def run(records, sale):
    """One run of a sale's onboarding: what it leaves, and whether the e-mail went out."""
    made = welcome(sale, records, TODAY)
    ticked = [change.field for change in made.changes].count(SEND)
    assert ticked == made.sends
    return written(records, made.changes), ticked


@given(onboardings(), st.data())
def test_csm_6_in_any_order_of_the_sales_exactly_one_e_mail_goes_out(records, data):
    sales = list({one.opportunity_id: sale_of(one) for one in records}.values())
    mails = 0
    for sale in [*data.draw(st.permutations(sales)), *data.draw(st.lists(st.sampled_from(sales)))]:
        records, ticked = run(records, sale)
        mails += ticked
    assert mails == 1


@given(onboardings(), st.data())
def test_csm_6_none_goes_out_once_any_record_tells_that_one_did(records, data):
    place = data.draw(st.integers(0, len(records) - 1))
    told = data.draw(st.sampled_from([{"send": True}, {"sent_on": TODAY}, {"send": True, "sent_on": TODAY}]))
    records[place] = replace(records[place], **told)
    assert not any(sends(sale_of(one), *records) for one in records)


@given(onboardings(longest=1), st.data())
def test_csm_6_runs_at_once_agree_whatever_later_records_each_of_them_sees(records, data):
    """Salesforce makes the records one after the other; each run waits for its own, and sees all before it."""
    records = sorted(records, key=lambda one: (one.created, one.id))
    sent = 0
    for sale in {one.opportunity_id: sale_of(one) for one in records}.values():
        own = next(number for number, one in enumerate(records) if one.opportunity_id == sale.id)
        seen = records[: data.draw(st.integers(own + 1, len(records)))]
        sent += sends(sale, *seen)
    assert sent == 1


@given(onboardings(), st.data())
def test_csm_6_a_second_look_changes_nothing_and_the_tick_is_the_last_change(records, data):
    sale = sale_of(data.draw(st.sampled_from(records)))
    made = welcome(sale, records, TODAY)
    assert ([change.field for change in made.changes][-2:] == [SENT_ON, SEND]) == made.sends
    again = welcome(sale, written(records, made.changes), TODAY + timedelta(days=1))
    assert (again.changes, again.sends) == ((), False)


@given(onboardings(), st.data())
def test_the_order_of_the_records_does_not_matter(records, data):
    sale = sale_of(records[0])
    assert welcome(sale, data.draw(st.permutations(records)), TODAY) == welcome(sale, records, TODAY)


# --- clients without a welcome mail


@given(onboardings(), st.data())
def test_pub_6_the_record_of_a_no_welcome_client_gets_name_and_boxes_but_neither_day_nor_tick(records, data):
    sale = sale_of(data.draw(st.sampled_from(records)))
    usual, made = welcome(sale, records, TODAY), welcome(sale, records, TODAY, no_welcome=True)
    assert made.changes == tuple(change for change in usual.changes if change.field not in (SENT_ON, SEND))
    assert (made.sends, made.withheld, usual.withheld) == (False, True, False)
    assert "No automatic welcome e-mail goes to this client" in made.message
    assert "PUB-6" in made.message
    again = welcome(sale, written(records, made.changes), TODAY + timedelta(days=30), no_welcome=True)
    assert (again.changes, again.sends) == ((), False)


@pytest.mark.parametrize(
    "by_hand", [{"send": True}, {"sent_on": date(2026, 6, 1)}, {"send": True, "sent_on": date(2026, 6, 1)}]
)
def test_pub_6_what_a_person_ticked_or_dated_is_left_and_told(by_hand):
    made = welcome(HARBOR, [record(1, **FULL, **by_hand)], TODAY, no_welcome=True)
    assert (made.changes, made.sends) == ((), False)
    assert record(1).id in made.message
    assert ("2026-06-01" in made.message) == ("sent_on" in by_hand)


def test_pub_6_a_preview_withholds_the_mail_too():
    made = planned_welcome(HARBOR, [], MADE, TODAY, no_welcome=True)
    assert [change.field for change in made.changes] == [NAME, "Learning", "Compliance"]
    assert made.withheld


# --- a record that is not there


def test_csm_5_a_sale_has_no_record_until_salesforce_made_one():
    others = [record(1, SECOND_SALE), record(2, None)]
    assert record_of(FIRST_SALE, others) is None
    assert record_of(FIRST_SALE, [*others, record(3)]) == record(3)


def test_csm_6_a_preview_shows_the_record_that_is_to_come():
    made = planned_welcome(HARBOR, [], MADE, TODAY)
    assert made.sends
    assert {change.record for change in made.changes} == {"Customer_Onboarding__c (new)"}
    assert not planned_welcome(FURTHER, [record(1)], MADE + timedelta(days=1), TODAY).sends
    assert planned_welcome(HARBOR, [record(1)], MADE, TODAY) == welcome(HARBOR, [record(1)], TODAY)


def test_csm_5_a_record_that_never_came_is_reported_to_cs_operations():
    problem = record_missing(FIRST_SALE, 120.0)
    assert (problem.who, problem.record, problem.record_id, problem.rule) == (
        Responsible.CS_OPS,
        "Opportunity",
        FIRST_SALE,
        "CSM-5",
    )
    assert "120 s" in problem.found
