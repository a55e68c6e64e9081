"""Which failures CS Operations are informed of (REC-3)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rules.questions.failures import FailedRun, is_to_report

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
RUN = FailedRun(
    run_id="run",
    state_id="state",
    name="Onboard Larch Hospice",
    url="",
    state="Refused",
    message="",
    since=NOW - timedelta(minutes=5),
    tries=1,
    tags=(),
    preview=False,
)


def test_rec_3_a_failure_that_nobody_was_informed_of_is_reported():
    assert is_to_report(RUN, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"tags": ("failure-reported:state",)},
        {"since": NOW - timedelta(seconds=30)},
        {"preview": True},
        {"tags": ("workbook-run:7",)},
        {"tags": ("waiting",), "state": "Unavailable"},
        {"tags": ("waiting",), "state": "Crashed"},
    ],
    ids=["reported", "just ended", "preview", "of a workbook", "asked, retried by itself", "asked, crashed"],
)
def test_rec_3_a_failure_that_somebody_knows_of_or_that_is_retried_is_not(change):
    assert not is_to_report(replace(RUN, **change), NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"tags": ("failure-reported:an earlier state",)},
        {"tags": ("waiting",), "state": "Crashed", "tries": 20},
        {"tags": ("waiting",)},
    ],
    ids=["failed again", "crashed for ever", "asked, but refused"],
)
def test_rec_3_a_new_failure_and_one_that_is_given_up_are_reported(change):
    assert is_to_report(replace(RUN, **change), NOW)
