"""REC-2: the page about drift shows what records say and obeys none of it; its links lead to filled-in forms."""

import json
import re
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rules.reconciliation.drift import all_sentences
from rules.reconciliation.history import DAYS, DayCount
from rules.reconciliation.report import Decision, report
from tasks.reconciliation.reports import MOST_ROWS, TALLEST, Forms, chart, page_text
from tests.rules.reconciliation.lines import USERS, decision, drift, found, line
from tests.tasks.marks import marks
from tests.tasks.reconciliation.reported import TODAY, account, reported

FORMS = Forms("https://p.example/repair/run", "https://p.example/leave/run")
HOSTILE = (
    "a|b\n# [x](http://evil.example) <script> `code` *bold* & _it_ ~no~ \\",
    "a](https://evil.example) [b",
    "- a\n\n1. b",
    "\u202ewww.evil.example",
    "![x](https://evil.example/seen.png)",
    "*",
    "x" * 3000,
)
SVG = "{http://www.w3.org/2000/svg}"


def record_url(record_id):
    return f"https://acme.example/{record_id}"


def page(shown):
    return page_text(shown, chart([DayCount(TODAY, {"a": 1})], TODAY), FORMS, record_url)


def left(text):
    """A report of one offender that a person left as it is; all texts are this one."""
    drifted = drift(found=text, name=text)
    one = Decision(drifted.identity, text, text, text, TODAY)
    return report(found(drifted), [USERS], [], [one], TODAY)


def links(markdown):
    """The addresses to which the page links, as a reader of Markdown finds them."""
    tokens = [child for token in MarkdownIt().parse(markdown) for child in token.children or ()]
    return [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]


def shape(markdown):
    """The blocks of the page as a reader of Markdown finds them."""
    return [token.type for token in MarkdownIt().parse(markdown)]


@given(st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=40).filter(str.strip))
@example(HOSTILE[0])
@example(HOSTILE[1])
def test_rec_2_no_record_changes_the_blocks_the_marks_or_the_links_of_the_page(text):
    for hostile, plain in ((page(reported(text)), page(reported("x"))), (page(left(text)), page(left("x")))):
        assert shape(hostile) == shape(plain)
        assert marks(hostile) == marks(plain)
        assert links(hostile) == links(plain)
        assert not re.search(r"(?:https?://|www\.)evil", hostile)


def test_rec_2_each_offender_has_links_to_its_record_to_the_repair_and_to_the_decision():
    (table, preview, start, record, repair, leave) = links(page(reported("Harbor Clinic")))
    key, of_one = all_sentences()[0].key, {"account_ids": [account(1)]}
    assert table.endswith("/artifacts/key/drift-offenders")
    assert record == record_url(account(1))
    assert filled_in(preview) == ("/repair/run", {"sentence": key, "preview": True})
    assert filled_in(start) == ("/repair/run", {"sentence": key, "preview": False})
    assert filled_in(repair) == ("/repair/run", {"sentence": key, "preview": False, **of_one})
    assert filled_in(leave) == ("/leave/run", {"sentence": key, **of_one})


def filled_in(address):
    parts = urlsplit(address)
    return parts.path, json.loads(parse_qs(parts.query)["parameters"][0])


def test_rec_2_an_offender_for_people_has_no_link_to_a_repair():
    addresses = links(page(reported("Harbor Clinic", repair="")))
    assert [urlsplit(one).path for one in addresses if "p.example" in one] == ["/leave/run"]


def test_rec_2_the_page_shows_fifty_offenders_of_a_sentence_and_counts_the_others():
    text = page(reported("Harbor Clinic", 1000, len(all_sentences())))
    assert text.count("since 2027-03-02") == MOST_ROWS * 12
    assert text.count(f"{1000 - MOST_ROWS} more are not shown here.") == 12
    assert text.startswith("# 12000 offenders in 5000 clients\n")


def test_rec_2_the_page_says_since_when_and_what_it_should_be():
    shown = report(found(drift()), [USERS], [line(since=TODAY - timedelta(days=3))], [], TODAY)
    said = "User Count of Account 001000000000001AAA is *30*. It should be *40*."
    assert f"since 2027-02-27: {said}" in page(shown)


def test_rec_2_what_was_left_is_told_apart_with_name_and_reason():
    shown = report(found(drift()), [USERS], [], [decision(drift())], TODAY)
    text = page(shown)
    assert text.startswith("# 0 offenders in 10 clients")
    assert "## Users agree. 0 offenders" in text
    assert "Dana decided so on 2027-03-01: agreed with the client" in text


def test_rec_2_a_sentence_that_was_not_checked_says_why():
    shown = replace(
        reported("x"), sections=tuple(replace(one, not_checked="Recurly is down.") for one in reported("x").sections)
    )
    text = page(shown)
    assert text.count("Recurly is down. The next report checks it again.") == 12
    assert "## In order" not in text


# --- the picture


def drawn(history):
    address = chart(history, TODAY)
    return fromstring(b64decode(str(address).partition("base64,")[2]))


def columns(history):
    """Left edge and height of each column."""
    found_ = [one for one in drawn(history).iter(f"{SVG}rect") if one.get("fill") == "#4b72d9"]
    return [(int(one.attrib["x"]), int(one.attrib["height"])) for one in found_]


def test_rec_2_one_day_is_one_column_at_the_right_end():
    assert columns([DayCount(TODAY, {"a": 3, "b": 4})]) == [(58 + 22 * 29, TALLEST)]
    texts = [one.text for one in drawn([DayCount(TODAY, {"a": 3, "b": 4})]).iter(f"{SVG}text")]
    assert texts.count("7") == 2


@pytest.mark.parametrize("most", [1, 12_000])
def test_rec_2_thirty_days_are_thirty_columns_side_by_side_within_the_picture(most):
    history = [DayCount(TODAY - timedelta(days=29 - n), {"a": most * n // 29}) for n in range(DAYS)]
    shown = columns(history)
    assert [left_ for left_, _ in shown] == [58 + 22 * n for n in range(DAYS)]
    assert [height for _, height in shown] == sorted(height for _, height in shown)
    assert (shown[0][1], shown[-1][1]) == (0, TALLEST)
    assert shown[-1][0] + 18 <= 760


def test_rec_2_a_month_without_drift_is_drawn():
    assert columns([DayCount(TODAY, {})]) == [(58 + 22 * 29, 0)]
    assert columns([]) == []
