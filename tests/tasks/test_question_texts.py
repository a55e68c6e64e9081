"""Whatever records hold, a question can be posted, names what is open, and obeys nothing that a record says (PUB-3).

Slack's limits are checked by its own library, and here where they are about a whole message.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from rules.problems import Choice, Who
from rules.questions import Answer, Decision
from tasks.question_texts import (
    Addressee,
    Place,
    asked_blocks,
    asked_text,
    closed_blocks,
    closed_text,
    reminder_text,
)
from tasks.templates import slack_user
from tests.rules.asked import LEARNING, NOTHING, problem, question, unknown
from tests.rules.office_hours import NEW_YORK

RUN = UUID(int=7)
PLACE = Place(RUN, "https://p.example/runs/run/7", NEW_YORK, "Cancel this onboarding")
SALES = Addressee(Who.SALES, "C1", "1.000001", slack_user("U0OWNER"), ("U0OWNER", "U0OPS"))
CS_OPS = Addressee(Who.CS_OPS, "#cs-operations", None, "", ("U0OPS",))
LINK = "https://acme.example/lightning/r/800000000000001AAA/view"
CHECKED = Answer("k", "Dana Ops", "the dashboard", datetime(2026, 6, 15, 14, 5, tzinfo=UTC), Decision.CHECK)
NASTY = (
    "<!channel>",
    "<!here|x> <@U0123ABCD> <#C0123ABCD>",
    "<https://evil.example|Salesforce>",
    "*b* _i_ ~s~ `c` > q",
    "a\nb\r\nc",
    "|>",
    "x" * 5000,
    "&" * 3000,
    "\u65e5\U0001f9be" * 400,
)
texts = st.sampled_from(NASTY) | st.text(max_size=40)


def blocks(asked, to=SALES, **values):
    usual = {"links": {one.record_id: LINK for one in asked.problems}, "problems": asked.problems}
    return asked_blocks(asked, to, PLACE, **{**usual, **values})


def buttons(message):
    return [button for block in message if block["type"] == "actions" for button in block["elements"]]


def labels(message):
    return [button["text"]["text"] for button in buttons(message)]


def values(message):
    return [json.loads(button["value"]) for button in buttons(message)]


def written(message):
    """Every text of a message in which Slack obeys markup."""
    own = [block["text"] for block in message if block["type"] == "section"]
    return [*own, *chain.from_iterable(block["elements"] for block in message if block["type"] == "context")]


def assert_slack_takes(message):
    assert 1 <= len(message) <= 50
    for block, known in zip(message, Block.parse_all(message), strict=True):
        assert known.to_dict() == block
    ids = [button["action_id"] for button in buttons(message)]
    assert len(ids) == len(set(ids))
    assert all(1 <= len(text["text"]) <= 3000 for text in written(message))
    assert all(1 <= len(label) <= 75 for label in labels(message))
    assert all(len(button["value"]) <= 2000 for button in buttons(message))


def assert_obeys_only(message, *ours):
    """Nothing in a message is a mention or a link but what we put there; Slack adds none by itself."""
    assert all(text["type"] == "mrkdwn" and text["verbatim"] for text in written(message))
    whole = "\n".join(text["text"] for text in written(message))
    for markup in ours:
        whole = whole.replace(markup, "")
    assert "<" not in whole
    assert ">" not in whole


# --- whatever records hold


sizes = st.tuples(st.integers(1, 60), st.integers(0, 200), st.integers(0, 300))


@given(texts, texts, texts, sizes)
@example(NASTY[0], NASTY[2], NASTY[1], (1, 2, 1))
@example("&" * 255, "\u65e5" * 255, "Harbor Clinic", (60, 200, 300))
@example("x" * 5000, "\U0001f9be" * 400, "<" * 3000, (60, 24, 300))
@example("|", "", "", (1, 1, 0))
def test_a_question_is_always_one_that_slack_takes(found, value, matter, size):
    most, choices, members = size
    offered = tuple(Choice(f"{value}{number}", f"Modules of {value}{number}") for number in range(choices))
    problems = [unknown(f"{found}{number}", offered, expected=f"Choose {found}.") for number in range(most)]
    asked = question(*problems, number=2, matter=matter, fixed=tuple(problems))
    to = replace(CS_OPS, may=tuple(f"U{number:010}" for number in range(members)), instead_of=found)
    message = blocks(asked, to, checked=replace(CHECKED, who=found))
    assert_slack_takes(message)
    assert_obeys_only(message, f"<{LINK}|Contract>", f"<{PLACE.run_url}|Follow or resume the run>")


@given(texts, texts, texts)
@example("<!channel>", "<@U0123ABCD>", "<https://evil.example|x>")
def test_nothing_that_a_record_says_is_obeyed_beside_what_we_mention_and_link(matter, found, field):
    message = blocks(question(problem(field[:200], found=found[:200]), matter=matter[:200]))
    assert_slack_takes(message)
    assert_obeys_only(message, "<@U0OWNER>", f"<{LINK}|Contract>", f"<{PLACE.run_url}|Follow or resume the run>")
    assert written(message)[0]["text"].startswith("<@U0OWNER> ")
    assert f"<{LINK}|Contract>" in written(message)[1]["text"]


@given(texts, st.integers(1, 60), st.sampled_from([None, CHECKED]), st.integers(0, 1))
@example("<!channel>", 60, CHECKED, 0)
@example("x" * 5000, 60, None, 1)
def test_what_became_of_a_question_is_always_one_that_slack_takes_without_buttons(text, most, cancelled, still):
    problems = tuple(problem(f"{text}{number}") for number in range(most))
    cancelled = cancelled and replace(cancelled, who=text)
    asked = question(*problems, matter=text)
    message = closed_blocks(closed_text(asked, Who.SALES, PLACE, problems[:still], cancelled))
    assert_slack_takes(message)
    assert buttons(message) == []
    assert_obeys_only(message, f"<{PLACE.run_url}|The run>", f"<{PLACE.run_url}|Follow it>")


# --- what a button says


@given(texts, st.lists(texts, max_size=5), st.integers(0, 300))
@example("\u65e5" * 255, ["\u65e5" * 255], 300)
def test_the_value_of_every_button_is_all_that_the_receiver_needs(product, offered, members):
    may = tuple(f"U{number:010}" for number in range(members))
    asked = question(unknown(product, tuple(Choice(value, f"Modules of {value}") for value in offered)))
    for value in values(blocks(asked, replace(CS_OPS, may=may))):
        assert set(value) == {"run", "decision", "topic", "choice", "may"}
        assert value["run"] == str(RUN)
        assert value["may"] == list(may[: len(value["may"])])
        assert bool(value["may"]) is bool(may)


def test_a_question_ends_with_check_again_and_a_cancel_that_asks_whether_one_is_sure():
    check, cancel = buttons(blocks(question(problem(), problem("Plan Amount"))))
    assert [check["text"]["text"], cancel["text"]["text"]] == ["Check again", "Cancel this onboarding"]
    common = {"run": str(RUN), "topic": "", "choice": "", "may": ["U0OWNER", "U0OPS"]}
    assert json.loads(check["value"]) == {**common, "decision": "Check again"}
    assert json.loads(cancel["value"]) == {**common, "decision": "Cancel"}
    assert "confirm" in cancel
    assert "confirm" not in check


def test_onb_13_each_choice_stands_as_a_button_below_its_problem():
    asked = question(unknown(), unknown("Radiology", (LEARNING, replace(NOTHING, label="No modules for Radiology"))))
    message = blocks(asked, CS_OPS)
    assert [block["type"] for block in message] == [
        *("section", "section", "actions", "section", "actions"),
        *("actions", "context"),
    ]
    assert labels(message)[:4] == [
        *("Modules of Learning", "No modules for Telehealth"),
        *("Modules of Learning", "No modules for Radiology"),
    ]
    assert [(value["decision"], value["topic"], value["choice"]) for value in values(message)[:4]] == [
        ("Choose", "product telehealth", "Learning"),
        ("Choose", "product telehealth", "-"),
        ("Choose", "product radiology", "Learning"),
        ("Choose", "product radiology", "-"),
    ]


def test_a_label_that_is_too_long_is_cut_and_its_choice_is_not():
    name = "x" * 200
    message = blocks(question(unknown(choices=(Choice(name, name),))), CS_OPS)
    assert labels(message)[0] == "x" * 74 + "…"
    assert values(message)[0]["choice"] == name


def test_a_choice_too_long_for_a_button_is_left_to_the_form_and_the_others_stay():
    message = blocks(question(unknown(choices=(Choice("x" * 3000, "Long"), LEARNING))), CS_OPS)
    assert labels(message) == ["Modules of Learning", "Check again", "Cancel this onboarding"]


# --- what is told


@pytest.mark.parametrize("to", [SALES, CS_OPS], ids=lambda to: to.who)
def test_each_is_asked_only_what_they_can_settle(to):
    asked = question(problem(found="-5"), unknown(), fixed=(problem("Phone"), unknown("Radiology")), number=2)
    message = "\n".join(text["text"] for text in written(blocks(asked, to)))
    mine, others = ("User Count* is -5", "Products* is Telehealth")[:: 1 if to is SALES else -1]
    assert mine in message
    assert others not in message
    assert "1 thing to settle" in message
    assert ("Contract: Phone is settled" in message) is (to is SALES)
    assert ("Contract: Products is settled" in message) is (to is CS_OPS)


def test_every_problem_that_does_not_fit_is_counted():
    fields = [f"Field {number}" for number in range(60)]
    message = "\n".join(text["text"] for text in written(blocks(question(*map(problem, fields)))))
    shown = [field for field in fields if f"{field}*" in message]
    assert shown == fields[: len(shown)]
    assert "60 things to settle" in message
    assert f"{60 - len(shown)} more" in message


@pytest.mark.parametrize("most", [1, 2, 20])
def test_problems_that_fit_are_all_told(most):
    message = "\n".join(text["text"] for text in written(blocks(question(*map(problem, map(str, range(most)))))))
    assert all(f"{number}* is nothing" in message for number in range(most))
    assert "more" not in message


def test_a_problem_without_a_page_of_its_own_is_told_without_a_link():
    message = blocks(question(problem(record_id="", record="Permission matrix")), links={})
    assert "*Permission matrix: User Count* is nothing." in written(message)[1]["text"]


@pytest.mark.parametrize(("number", "word"), [(1, "* waits for sales"), (2, "still waits for sales")])
@pytest.mark.parametrize(("reviewed", "before"), [(False, True), (True, False)])
def test_a_question_says_whether_it_is_the_first_and_whether_anything_is_set_up(number, word, reviewed, before):
    text = asked_text(question(number=number, reviewed=reviewed), SALES)
    assert word in text
    assert ("before anything is set up" in text) is before


def test_who_is_asked_in_the_sellers_place_is_told_so():
    text = asked_text(question(), replace(CS_OPS, who=Who.SALES, instead_of="Rosa <Martin>"))
    assert "Rosa &lt;Martin&gt; could not be asked" in text


def test_who_looked_again_in_vain_is_told_by_the_clock_of_the_house():
    *_, foot = written(blocks(question(), checked=CHECKED))
    assert "Looked again for Dana Ops at 10:05" in foot["text"]
    london = replace(PLACE, zone=ZoneInfo("Europe/London"))
    *_, foot = written(asked_blocks(question(), SALES, london, links={}, problems=[problem()], checked=CHECKED))
    assert "at 15:05" in foot["text"]


# --- what became of it


def test_a_question_that_is_settled_says_so():
    text = closed_text(question(problem(), problem("Phone")), Who.SALES, PLACE, [], None)
    assert "all settled, and the run goes on" in text
    assert all(f"Contract: {field}" in text for field in ("User Count", "Phone"))


def test_a_question_that_is_partly_settled_names_what_was():
    text = closed_text(question(problem(), problem("Phone")), Who.SALES, PLACE, [problem("Phone", found="7")], None)
    assert "1 of 2 settled" in text
    assert "Contract: User Count" in text
    assert "Phone" not in text


def test_sales_whose_part_is_settled_are_told_for_whom_it_still_waits():
    asked = question(problem(), unknown())
    text, others = (closed_text(asked, who, PLACE, [unknown()], None) for who in (Who.SALES, Who.CS_OPS))
    assert "it still waits for CS Operations" in text
    assert "asked anew" not in text
    assert "goes on" not in text
    assert "0 of 1 settled; what is open is asked anew below" in others


def test_a_cancelled_question_says_who_called_it_off_when_and_calls_nothing_settled():
    text = closed_text(question(problem()), Who.SALES, PLACE, [], replace(CHECKED, decision=Decision.CANCEL))
    assert "cancelled by Dana Ops (the dashboard, 2026-06-15 10:05)" in text
    assert "User Count" not in text


@pytest.mark.parametrize("escalated", [False, True])
@pytest.mark.parametrize("mrr", [None, 1250])
def test_a_reminder_tells_how_long_and_what_waits(escalated, mrr):
    asked = question(problem(), problem("Phone"), unknown(), mrr=mrr)
    text = reminder_text(asked, SALES, escalated=escalated, age="3 business days")
    assert "<@U0OWNER>" in text
    assert "3 business days" in text
    assert "Contract User Count and Contract Phone" in text
    assert "Products" not in text
    assert ("1,250.00 a month" in text) is (mrr is not None)
    assert ("has waited for sales" in text) is escalated
