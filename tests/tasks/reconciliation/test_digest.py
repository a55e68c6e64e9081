"""REC-2: the message about new drift is one that Slack takes, and obeys nothing that a record says."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from rules.reconciliation.drift import all_sentences
from tasks.questions.slack import NOBODY
from tasks.reconciliation.digest import MOST_NAMES, digest, drift_message
from tests.tasks.asked_messages import buttons, labels, values, written
from tests.tasks.outreach_org import run
from tests.tasks.reconciliation.reported import reported

PAGE = "https://p.example/artifacts/key/drift"
MEMBERS = tuple(f"U{number:010d}" for number in range(300))
NASTY = (
    "<!channel> <@U012AB3CD> <https://evil.example|x>",
    "a\n• b\r\nc",
    "&" * 3000,
    "x" * 5000,
    "\u65e5\U0001f9be" * 400,
    "www.evil.example",
)


def assert_slack_takes(text, message):
    assert 1 <= len(text) <= 4000
    assert 1 <= len(message) <= 50
    for block, known in zip(message, Block.parse_all(message), strict=True):
        assert known.to_dict() == block
    assert all(1 <= len(one["text"]) <= 3000 for one in written(message))
    assert all(len(label) <= 75 for label in labels(message))
    assert all(len(button["value"]) <= 2000 for button in buttons(message))


@pytest.mark.parametrize("text", ["Harbor Clinic", *NASTY])
def test_rec_2_a_thousand_new_offenders_of_every_sentence_fit_into_one_message(text):
    report = reported(text, 1000, len(all_sentences()))
    shown, message = drift_message(report, MEMBERS, PAGE)
    assert_slack_takes(shown, message)
    assert len(all_sentences()) == 12
    assert "12000 since the report before, 12000 in all" in shown
    assert {one["repair"] for one in values(message)} == {one.key for one in all_sentences()}


def test_rec_2_the_message_names_five_clients_of_a_sentence_and_counts_the_others():
    _, message = drift_message(reported("Harbor Clinic", 8), (), PAGE)
    first = written(message)[1]["text"].splitlines()
    assert first[0] == f"*{all_sentences()[0].text}* 8 new, 8 in all"
    assert first[1] == "• Harbor Clinic: Harbor Clinic, Harbor Clinic Harbor Clinic1"
    assert (len(first), first[-1]) == (1 + MOST_NAMES + 1, "and 3 more")


def test_rec_2_of_very_long_values_at_least_one_client_is_named():
    _, message = drift_message(reported("&" * 3000, 8), (), PAGE)
    first = written(message)[1]["text"].splitlines()
    assert first[1].startswith("• &amp;&amp;")
    assert first[-1] == f"and {8 - (len(first) - 2)} more"


def test_rec_2_a_sentence_whose_new_offenders_are_for_people_has_no_button():
    _, message = drift_message(reported("Harbor Clinic", repair=""), (), PAGE)
    assert buttons(message) == []


def test_rec_2_the_buttons_start_a_preview_or_after_a_question_the_repair():
    _, message = drift_message(reported("Harbor Clinic"), ("U1",), PAGE)
    preview, repair = buttons(message)
    key = all_sentences()[0].key
    assert json.loads(preview["value"]) == {"repair": key, "preview": True, "may": ["U1"]}
    assert json.loads(repair["value"]) == {"repair": key, "preview": False, "may": ["U1"]}
    assert "confirm" not in preview
    assert "1 of 1 offenders are repaired" in repair["confirm"]["text"]["text"]


def test_rec_2_of_more_members_than_a_button_holds_the_first_may_press():
    _, message = drift_message(reported("Harbor Clinic"), MEMBERS, PAGE)
    for value in values(message):
        assert len(value["may"]) > 100
        assert value["may"] == [*MEMBERS[: len(value["may"])]]


@given(st.sampled_from(NASTY) | st.text(min_size=1, max_size=40))
@example(NASTY[0])
@example(NASTY[1])
def test_rec_2_no_record_adds_a_line_a_mention_or_a_link_to_the_message(text):
    _, message = drift_message(reported(text), (), PAGE)
    whole, plain = (
        "\n".join(one["text"] for one in written(each)) for each in (message, drift_message(reported("x"), (), PAGE)[1])
    )
    assert [whole.count(mark) for mark in "<>\n\r"] == [plain.count(mark) for mark in "<>\n\r"]
    assert all(one["type"] == "mrkdwn" and one["verbatim"] for one in written(message))
    assert "www." not in whole


# --- who may press


@pytest.mark.flows
@pytest.mark.parametrize(
    ("listed", "known", "may"),
    [
        ([], {}, []),
        (["dana@seller.example"], {"dana@seller.example": "U0000000DANA"}, ["U0000000DANA"]),
        (["nobody@nowhere.example"], {}, [NOBODY]),
    ],
)
@pytest.mark.usefixtures("sandbox")
async def test_rec_2_only_listed_people_of_cs_operations_may_press(override, listed, known, may):
    await override("lifecycle-policy", cs_operations=listed, slack_members=known)
    _, message = await run(digest, reported("Harbor Clinic"))
    assert [value["may"] for value in values(message)] == [may, may]
