"""Which failed runs a person wants to retry, as entered in a form or a shell (REC-3)."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.questions.failure_retry import BadRetryRequest, chosen, parse_request, why_left
from tests.rules.builders.failures import DOWN, RUN, failures

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2027, 3, 1, 12, tzinfo=ZONE)
ID = "0b7f2a5e-6c1d-4a52-9d3e-111111111111"


def request(runs="", slug="unavailable", vendor="", since=""):
    return parse_request(runs, slug, vendor, since, NOW)


@pytest.mark.parametrize(
    ("entered", "since"),
    [
        ("", None),
        ("30m", NOW - timedelta(minutes=30)),
        (" 2H ", NOW - timedelta(hours=2)),
        ("3 d", NOW - timedelta(days=3)),
        ("2027-02-28", datetime(2027, 2, 28, tzinfo=ZONE)),
        ("2027-02-28T14:00", datetime(2027, 2, 28, 14, tzinfo=ZONE)),
        ("2027-02-28T14:00+00:00", datetime.fromisoformat("2027-02-28T14:00+00:00")),
    ],
)
def test_rec_3_a_time_is_read_as_people_write_it(entered, since):
    assert request(since=entered).since == since


def test_rec_3_runs_are_named_by_ids_or_links_in_any_order_once_each():
    entered = f"http://p.example/runs/flow-run/{ID.upper()}, {ID}\n{ID.replace('1', '2')};"
    parsed = request(entered, "")
    assert parsed.run_ids == (ID, ID.replace("1", "2"))
    assert parsed.title == "Retry failed runs"


def test_rec_3_class_and_vendor_are_read_in_any_case():
    parsed = request(slug=" Unavailable ", vendor=" lms ")
    assert (parsed.slug, parsed.vendor) == ("unavailable", "LMS")
    assert parsed.title == "Retry failed runs: unavailable, LMS"


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ({"slug": ""}, "Enter either runs or a class"),
        ({"runs": ID}, "Enter either runs or a class"),
        ({"slug": "waiting"}, "There is no class waiting. The classes are: unavailable, refused"),
        ({"vendor": "Oracle"}, "Oracle is no vendor. The vendors are: Salesforce"),
        ({"since": "yesterday"}, "yesterday is no time. Write it like 30m"),
        ({"runs": "hello", "slug": ""}, "hello is not a run. Enter the link"),
    ],
)
def test_rec_3_a_request_that_names_no_runs_is_refused_with_what_to_enter(entered, said):
    with pytest.raises(BadRetryRequest, match=said):
        request(**entered)


def test_rec_3_the_failures_of_class_vendor_and_time_are_chosen_the_oldest_first():
    down = failures(3, **DOWN)
    others = [RUN, replace(RUN, state="Unavailable", message="Salesforce: did not answer.")]
    assert chosen([*reversed(down), *others], request(vendor="LMS")) == down
    assert len(chosen([*down, *others], request())) == 4
    since = replace(request(vendor="LMS"), since=down[1].since)
    assert chosen([*down, *others], since) == down[1:]


def test_rec_3_a_run_that_no_retry_helps_is_left_with_what_to_do():
    assert why_left(RUN) == ""
    assert why_left(replace(RUN, state="Bad input")).endswith("Start a new run with the right values.")
