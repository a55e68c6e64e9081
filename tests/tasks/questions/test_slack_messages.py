"""Whatever records hold, a question can be posted, and obeys nothing that a record says (PUB-3).

Slack's limits are checked by its own library, and here where they are about a whole message.
"""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from flows.deactivation import LEAVE_AS_IT_IS, LEFT_AS_IT_IS
from rules.common.problems import Choice, Responsible
from tasks.questions.slack_messages import asked_blocks, closed_blocks, closed_text
from tests.rules.builders.questions import LEARNING, NOTHING, problem, question, unknown
from tests.tasks.asked_messages import (
    CHECKED,
    CS_OPS,
    LINK,
    PLACE,
    RUN,
    SALES,
    blocks,
    buttons,
    labels,
    values,
    written,
)

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
    assert re.search("&(?!(amp|lt|gt);)", whole) is None


# --- whatever records hold


sizes = st.tuples(st.integers(1, 60), st.integers(0, 200), st.integers(0, 300))


@given(texts, texts, texts, sizes)
@example(NASTY[0], NASTY[2], NASTY[1], (1, 2, 1))
@example("&" * 255, "\u65e5" * 255, "Harbor Clinic", (60, 200, 300))
@example("x" * 5000, "\U0001f9be" * 400, "<" * 3000, (60, 24, 300))
@example("|", "", "", (1, 1, 0))
def test_a_question_is_always_one_that_slack_takes(found, value, subject, size):
    most, choices, members = size
    offered = tuple(Choice(f"{value}{number}", f"Modules of {value}{number}") for number in range(choices))
    problems = [unknown(f"{found}{number}", offered, expected=f"Choose {found}.") for number in range(most)]
    asked = question(*problems, number=2, subject=subject, fixed=tuple(problems))
    to = replace(CS_OPS, may=tuple(f"U{number:010}" for number in range(members)), instead_of=found)
    message = blocks(asked, to, checked=replace(CHECKED, who=found))
    assert_slack_takes(message)
    assert_obeys_only(message, f"<{LINK}|Contract>", f"<{PLACE.run_url}|Follow or resume the run>")


@given(texts, texts, texts)
@example("<!channel>", "<@U0123ABCD>", "<https://evil.example|x>")
def test_nothing_that_a_record_says_is_obeyed_beside_what_we_mention_and_link(subject, found, field):
    message = blocks(question(problem(field[:200], found=found[:200]), subject=subject[:200]))
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
    asked = question(*problems, subject=text)
    message = closed_blocks(closed_text(asked, Responsible.SALES, PLACE, problems[:still], cancelled))
    assert_slack_takes(message)
    assert buttons(message) == []
    assert_obeys_only(message, f"<{PLACE.run_url}|Run>", f"<{PLACE.run_url}|Follow it>")


@pytest.mark.parametrize("text", ["x", "&"])
def test_wherever_a_text_has_to_end_no_link_and_no_character_is_torn(text):
    for length in range(2850, 3010):
        subject = "x" * (length % 5) + text * (length // (1 if text == "x" else 5))
        message = closed_blocks(closed_text(question(subject=subject), Responsible.SALES, PLACE, (), None))
        assert_slack_takes(message)
        assert_obeys_only(message, f"<{PLACE.run_url}|Follow it>")


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


def test_a_button_with_no_room_for_those_who_may_press_it_is_none_rather_than_everybodys():
    for length in range(1700, 2000):
        choosing = [one for one in values(blocks(question(unknown("x" * length)), CS_OPS)) if one["topic"]]
        assert all(one["may"] == ["U0OPS"] for one in choosing)
    assert choosing == []


def test_a_question_ends_with_check_again_and_a_cancel_that_asks_whether_one_is_sure():
    check, cancel = buttons(blocks(question(problem(), problem("Plan Amount"))))
    assert [check["text"]["text"], cancel["text"]["text"]] == ["Check again", "Cancel this onboarding"]
    common = {"run": str(RUN), "topic": "", "choice": "", "may": ["U0OWNER", "U0OPS"]}
    assert json.loads(check["value"]) == {**common, "decision": "Check again"}
    assert json.loads(cancel["value"]) == {**common, "decision": "Cancel"}
    assert "confirm" in cancel
    assert "confirm" not in check


def test_a_question_about_no_record_links_to_its_page_and_promises_nothing_of_salesforce():
    plan = problem("book.xlsx", record="Workbook", record_id="", page="https://p.example/plan")
    texts = [text["text"] for text in written(blocks(question(plan, record_id="")))]
    assert texts[1].startswith("*<https://p.example/plan|Workbook>: book.xlsx* is ")
    assert "Salesforce" not in texts[-1]
    assert "Salesforce" in written(blocks(question()))[-1]["text"]


def test_the_green_button_is_check_again_or_the_choice_where_nothing_can_be_repaired():
    def green(record_id):
        asked = question(unknown(), record_id=record_id)
        return {one["text"]["text"] for one in buttons(blocks(asked, CS_OPS)) if one.get("style") == "primary"}

    assert green("006000000000001AAA") == {"Check again"}
    assert green("") == {choice.label for choice in unknown().choices} != set()


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


def test_pub_4_the_button_that_stops_the_end_of_a_service_says_what_that_means_for_the_customer():
    place = replace(PLACE, cancel=LEAVE_AS_IT_IS, cancelled=LEFT_AS_IT_IS)
    asked = question(problem())
    message = asked_blocks(asked, SALES, place, links={}, problems=asked.problems)
    _, cancel = buttons(message)
    assert cancel["text"]["text"] == "Leave this service as it is"
    assert cancel["confirm"]["title"]["text"] == "Leave this service as it is?"
    assert cancel["confirm"]["text"]["text"].startswith("Nothing will end this service on its last day, unless the LMS")
    assert len(cancel["confirm"]["text"]["text"]) <= 300
