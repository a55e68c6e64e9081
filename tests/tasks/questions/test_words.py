"""What a question, a reminder and the end of a question tell the one who reads them (PUB-3, PUB-7)."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from rules.common.problems import Choice, Responsible
from rules.questions.questions import Decision
from tasks.questions.slack_messages import asked_blocks, asked_text, closed_text, reminder_text
from tests.rules.builders.questions import problem, question, unknown
from tests.tasks.asked_messages import (
    CHECKED,
    CS_OPS,
    PLACE,
    SALES,
    blocks,
    written,
)


@pytest.mark.parametrize("to", [SALES, CS_OPS], ids=lambda to: to.who)
def test_each_is_asked_only_what_they_can_settle(to):
    asked = question(problem(found="-5"), unknown(), fixed=(problem("Phone"), unknown("Radiology")), number=2)
    message = "\n".join(text["text"] for text in written(blocks(asked, to)))
    mine, others = ("User Count* is -5", "Products* is Telehealth")[:: 1 if to is SALES else -1]
    assert mine in message
    assert others not in message
    assert ("sales, please fix 1 thing." if to is SALES else "CS Operations, please decide on 1 point.") in message
    assert ("Contract: Phone is fixed" in message) is (to is SALES)
    assert ("Contract: Products is fixed" in message) is (to is CS_OPS)


def test_every_problem_that_does_not_fit_is_counted():
    fields = [f"Field {number}" for number in range(60)]
    message = "\n".join(text["text"] for text in written(blocks(question(*map(problem, fields)))))
    shown = [field for field in fields if f"{field}*" in message]
    assert shown == fields[: len(shown)]
    assert "sales, please fix 60 things." in message
    assert f"{60 - len(shown)} more" in message


@pytest.mark.parametrize("most", [1, 2, 20])
def test_problems_that_fit_are_all_told(most):
    message = "\n".join(text["text"] for text in written(blocks(question(*map(problem, map(str, range(most)))))))
    assert all(f"{number}* is empty" in message for number in range(most))
    assert "more" not in message


def test_a_problem_without_a_page_of_its_own_is_told_without_a_link():
    message = blocks(question(problem(record_id="", record="Permission matrix")), links={})
    assert "*Permission matrix: User Count* is empty." in written(message)[1]["text"]


def test_the_procedure_is_named_once_where_the_subject_begins_with_it():
    text = asked_text(replace(question(), subject="Account transition book.csv"), SALES, "account transition")
    assert "*Account transition book.csv* is paused" in text
    assert " of " not in text.partition("paused")[0]


@pytest.mark.parametrize(("number", "word"), [(1, "is paused"), (2, "is still paused")])
def test_a_question_says_what_is_paused_and_who_is_asked(number, word):
    text = asked_text(question(number=number), SALES, "end of service")
    assert text == f"<@U0OWNER> :question: End of service of *Harbor Clinic* {word}: sales, please fix 1 thing."


def test_who_is_asked_in_the_sellers_place_is_told_so():
    text = asked_text(question(), replace(CS_OPS, who=Responsible.SALES, instead_of="Rosa <Martin>"), "onboarding")
    assert "Rosa &lt;Martin&gt; could not be asked" in text


def test_who_checked_again_in_vain_is_named_with_the_time_in_the_zone_of_the_org():
    *_, foot = written(blocks(question(), checked=CHECKED))
    assert "Checked again by Dana Ops, 10:05 EDT: no change." in foot["text"]
    london = replace(PLACE, zone=ZoneInfo("Europe/London"))
    *_, foot = written(asked_blocks(question(), SALES, london, links={}, problems=[problem()], checked=CHECKED))
    assert "15:05 BST" in foot["text"]


PRIMARY = problem("Primary Contact", record="Opportunity")


@pytest.mark.parametrize(
    ("problems", "way"),
    [
        ((problem(),), "The run continues when this is corrected in Salesforce."),
        ((PRIMARY,), "After you correct this, press *Check again*: Salesforce does not report this change."),
        (
            (problem(), PRIMARY),
            "in Salesforce; after a change of Opportunity Primary Contact, press *Check again*.",
        ),
    ],
)
def test_the_foot_says_whether_the_run_continues_by_itself_or_after_check_again(problems, way):
    *_, foot = written(blocks(question(*problems)))
    assert way in foot["text"]


def test_onb_12_each_recurly_account_to_choose_from_is_linked():
    choices = (
        Choice("r1", "jane@x.org, Standard (active), created 2026-11-03, code a", "https://r.example/a"),
        Choice("r2", "no e-mail, no subscription, created 2026-11-04, code b", "https://r.example/b"),
    )
    recurly = unknown(
        record="Recurly account", record_id="", choices=choices, sentence='Recurly has 2 accounts named "X".'
    )
    text = written(blocks(question(recurly), CS_OPS, links={}))[1]["text"]
    assert text.startswith('*Recurly has 2 accounts named "X".*\n')
    assert all(f"• <{choice.page}|{choice.label}>" in text for choice in choices)


# --- what became of it


def test_a_question_that_is_settled_says_so():
    text = closed_text(question(problem(), problem("Phone")), Responsible.SALES, PLACE, [], None)
    assert "all fixed. The run continues" in text
    assert all(f"Contract: {field}" in text for field in ("User Count", "Phone"))


def test_a_question_that_is_partly_settled_names_what_was():
    text = closed_text(
        question(problem(), problem("Phone")), Responsible.SALES, PLACE, [problem("Phone", found="7")], None
    )
    assert "1 of 2 fixed" in text
    assert "Contract: User Count" in text
    assert "Phone" not in text


def test_sales_whose_part_is_settled_are_told_for_whom_it_still_waits():
    asked = question(problem(), unknown())
    text, others = (
        closed_text(asked, who, PLACE, [unknown()], None) for who in (Responsible.SALES, Responsible.CS_OPS)
    )
    assert "It still waits for CS Operations" in text
    assert "The rest is below" not in text
    assert "the run continues" not in text
    assert "0 of 1 fixed. The rest is below." in others


def test_a_cancelled_question_says_who_called_it_off_when_and_calls_nothing_settled():
    text = closed_text(question(problem()), Responsible.SALES, PLACE, [], replace(CHECKED, decision=Decision.CANCEL))
    assert "cancelled by Dana Ops (the dashboard, name not verified, 2026-06-15 10:05 EDT)" in text
    assert "User Count" not in text


@pytest.mark.parametrize("escalated", [False, True])
@pytest.mark.parametrize("mrr", [None, 1250])
def test_a_reminder_tells_how_long_and_what_waits(escalated, mrr):
    asked = question(problem(), problem("Phone"), unknown(), mrr=mrr)
    text = reminder_text(asked, SALES, escalated=escalated, age="3 business days", run_url="https://p.example/run")
    assert "<@U0OWNER>" in text
    assert "3 business days" in text
    assert "<https://p.example/run|Run>" in text
    assert "Contract User Count and Contract Phone" in text
    assert "Products" not in text
    assert ("1,250.00 MRR" in text) is (mrr is not None)
    assert ("has been waiting for sales" in text) is escalated
