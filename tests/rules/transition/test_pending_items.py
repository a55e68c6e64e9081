"""TRN-11: what goes to the new CSM, by kind, with its context."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.transition.pending_items import TEMPLATE, PendingKind, of_kind, pending_items
from tests.rules.builders.account_facts import account, accounts, case, contact, on, shuffled, task


def only(*cases, **changes):
    (item,) = pending_items(account(cases=cases, **changes))
    return item


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("Question", PendingKind.QUESTIONS),
        ("Request", PendingKind.QUESTIONS),
        (None, PendingKind.QUESTIONS),
        ("Billing", PendingKind.QUESTIONS),
        ("Support", PendingKind.SUPPORT),
        ("integration ", PendingKind.SUPPORT),
        ("Customization", PendingKind.SUPPORT),
        ("Course", PendingKind.SUPPORT),
        ("Escalation", PendingKind.ESCALATIONS),
    ],
)
def test_trn_11_each_type_of_case_is_of_one_kind(type_, kind):
    assert only(case(type_=type_)).kind is kind


def test_trn_11_a_ticket_tells_its_context_and_the_past_ones_of_its_kind_newest_first():
    past = [
        case(number, "Support", opened=-100 - number, closed=-50, subject=f"Old {number}") for number in range(2, 9)
    ]
    others = [case(20, "Question", closed=-3), case(21, "Escalation", closed=-3)]
    item = only(case(), *past, *others)
    assert (item.title, item.record_id) == ("Support 00000001: SSO", "500000000000001AAA")
    assert item.context.splitlines() == [
        f"Open since {on(-20)}.",
        "Users cannot log in.",
        *(f"Earlier: Support {number:08}, Old {number}, closed on {on(-50)}." for number in range(2, 7)),
    ]


def test_trn_11_a_question_needs_no_past():
    item = only(case(1, "Question"), case(2, "Question", closed=-3))
    assert item.context.splitlines() == [f"Open since {on(-20)}.", "Users cannot log in."]


def test_trn_11_an_open_task_is_a_question_or_request_and_tells_with_whom():
    facts = account(tasks=(task(with_=contact().id), task(2, subject=None, due=None), task(3, done=True)))
    assert [(one.kind, one.title, one.context) for one in pending_items(facts)] == [
        (PendingKind.QUESTIONS, "Send the invoice", f"Due on {on(5)}.\nWith Dana Cole."),
        (PendingKind.QUESTIONS, "Task", "No due date."),
    ]


def test_trn_11_the_template_is_the_procedure_s():
    assert TEMPLATE == "Account Transition - Manual 3 - Pending Items (Invitation to a Call)"


@given(accounts())
def test_everything_that_is_open_goes_over_exactly_once(facts):
    items = pending_items(facts)
    unfinished = [one.id for one in (*facts.cases, *facts.tasks) if not one.is_closed]
    assert sorted(one.record_id for one in items) == sorted(unfinished)
    assert [one for kind in PendingKind for one in of_kind(items, kind)] == list(items)
    assert all(one.title and one.context for one in items)


@given(st.data())
def test_what_was_read_first_makes_no_difference(data):
    facts = data.draw(accounts())
    assert pending_items(data.draw(shuffled(facts))) == pending_items(facts)
