"""The message about failed runs, its page and the digest: what people read, within Slack's limits (REC-3)."""

import json
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from rules.questions.failures import grouped
from sandbox.slack.buttons import wrong_buttons
from tasks.questions.failure_messages import failure_message
from tasks.questions.failure_reports import failures_page
from tasks.questions.sweep_reports import DigestPages, digest_text
from tests.rules.builders.failures import DOWN, RUN, failures

PAGES = DigestPages("https://p.example/w", "https://p.example/f", "https://p.example/home")
ZONE = ZoneInfo("America/New_York")
PAGE = "https://p.example/artifacts/key/what-failed"
MAY = ["U1", "U2"]


def message(runs, may=()):
    return failure_message(grouped(runs), may, ZONE, PAGE)[1]


def texts(blocks):
    return [block["text"]["text"] for block in blocks if "text" in block]


def buttons(blocks):
    return {one["text"]["text"]: json.loads(one["value"]) for one in accessories(blocks)}


def accessories(blocks):
    return [block["accessory"] for block in blocks if "accessory" in block]


def test_rec_3_one_failure_has_who_what_when_its_link_and_a_button():
    blocks = message([replace(RUN, url="https://p.example/run")], MAY)
    intro, header, row = texts(blocks)
    assert intro == ":x: *1 run failed.*"
    assert header.startswith("*Refused* · LMS: 1 run\n*Who acts:* the person named in the message. *What to do:* Put")
    assert row.startswith("<https://p.example/run|Onboard Larch Hospice> failed at Mar 01, 06:55 EST: LMS: forbidden.")
    assert buttons(blocks) == {"Retry": {"run": "run", "failure": "state", "may": MAY}}


def test_rec_3_a_storm_is_counts_by_class_and_vendor_with_a_button_for_each():
    blocks = message([*failures(200, **DOWN), *failures(2, state="Bad input", message="")])
    assert len(blocks) == 4
    storm, bad_input = texts(blocks)[1:]
    assert storm.startswith("*Unavailable* · LMS: 200 runs, the first at Mar 01, 06:55 EST\n")
    assert storm.endswith("and 195 more")
    assert bad_input.startswith("*Bad input*: 2 runs")
    (value,) = buttons(blocks).values()
    assert value == {"retry": "unavailable", "vendor": "LMS", "since": RUN.since.isoformat(), "may": []}


def test_rec_3_no_retry_is_offered_where_it_does_not_help():
    blocks = message(failures(2, state="Bad input"))
    assert buttons(blocks) == {}
    assert "Retry is safe" not in json.dumps(blocks)


NASTY = '<!channel> & <@U1|x> "quoted" ' * 40


@pytest.mark.parametrize("number", [1, 10, 11, 300])
def test_rec_3_the_message_fits_slack_whatever_the_runs_are_called(number):
    states = ["Unavailable", "Refused", "Crashed", "Out of sync", "Needs sales", "Anything else"]
    vendors = ("LMS", "Slack", "Mail", "Recurly", "Outreach")
    runs = [
        replace(run, run_id=f"{vendor}-{n}", name=NASTY, message=f"{vendor}: {NASTY}", state=states[n % 6])
        for vendor in vendors
        for n, run in enumerate(failures(number))
    ]
    blocks = message(runs, [f"U{n:010}" for n in range(400)])
    assert len(blocks) <= 50
    assert max(len(text) for text in texts(blocks)) <= 3000
    assert "<!channel>" not in json.dumps(blocks)
    assert wrong_buttons(accessories(blocks)) == ""


def test_rec_3_the_page_lists_the_newest_first_with_what_to_do():
    text = failures_page([*failures(2, **DOWN), replace(RUN, name="A | b", url="https://p.example/run")], ZONE)
    assert text.startswith("# Failed and not retried: 3 runs.")
    assert "- **Unavailable** (LMS): 2. Who acts: nobody, at first. When the vendor is back, press Retry." in text
    assert (
        "| [A \\| b](https://p.example/run) | Refused | Mar 01, 06:55 EST | the person named in the message |" in text
    )
    assert failures_page([], ZONE).startswith("# Nothing has failed.")


def test_rec_3_the_digest_has_a_section_of_failed_runs_also_without_open_questions():
    text = digest_text([], [replace(RUN, url="https://p.example/run")], date(2027, 3, 1), ZONE, PAGES)
    assert text.strip().startswith(":x: *Failed and not retried: 1 run* (2027-03-01)")
    assert "1. <https://p.example/run|Onboard Larch Hospice>: Refused (LMS) since Mar 01, 06:55 EST." in text
    assert "open question" not in text
    assert "2 more are on the page" in digest_text([], failures(22), date(2027, 3, 1), ZONE, PAGES)
