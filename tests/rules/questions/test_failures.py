"""Which failures CS Operations are informed of, and which are listed (REC-3)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rules.common.problems import Responsible
from rules.questions.failure_classes import CLASSES, SLUGS, class_of, vendor_of
from rules.questions.failures import Reported, grouped, is_listed, is_to_report, joins, without_failure
from tests.rules.builders.failures import DOWN, NOW, RUN, failures


def test_rec_3_a_failure_that_nobody_was_informed_of_is_reported_and_listed():
    assert is_to_report(RUN, NOW)
    assert is_listed(RUN, NOW, {})


@pytest.mark.parametrize(
    "change",
    [
        {"tags": ("failure-reported:state",)},
        {"since": NOW - timedelta(seconds=10)},
        {"since": NOW - timedelta(days=8)},
        {"tags": ("workbook-run:7",)},
    ],
    ids=["reported", "just ended", "long ago", "of a workbook"],
)
def test_rec_3_a_failure_that_somebody_knows_of_is_not_reported_but_listed(change):
    assert not is_to_report(replace(RUN, **change), NOW)
    assert is_listed(replace(RUN, **change), NOW, {})


@pytest.mark.parametrize(
    "change",
    [
        {"preview": True},
        {"tags": ("waiting",), "state": "Unavailable"},
        {"tags": ("waiting",), "state": "Crashed"},
        {"tags": ("failure-reports",)},
        {"since": NOW - timedelta(days=31)},
        {"since": NOW - timedelta(days=8), "state": "Bad input"},
        {"schedule": "nightly"},
    ],
    ids=["preview", "retried by itself", "crashed", "of the report", "too old", "of no use", "done by a later run"],
)
def test_rec_3_a_failure_that_needs_nobody_is_not_listed(change):
    assert not is_listed(replace(RUN, **change), NOW, {"nightly": NOW})


@pytest.mark.parametrize(
    "change",
    [
        {"tags": ("failure-reported:an earlier state",)},
        {"tags": ("waiting",), "state": "Crashed", "tries": 20},
        {"tags": ("waiting",)},
        {"schedule": "nightly"},
        {"schedule": "hourly"},
    ],
    ids=["failed again", "crashed for ever", "asked, but refused", "no later run", "another schedule"],
)
def test_rec_3_a_new_failure_and_one_that_is_given_up_are_reported(change):
    run = replace(RUN, **change)
    assert is_to_report(run, NOW)
    assert is_listed(run, NOW, {"nightly": RUN.since - timedelta(hours=1)})


def test_rec_3_each_state_that_needs_a_person_has_its_class_and_an_unknown_one_is_a_defect():
    assert {class_of(who.state_name).who for who in Responsible} == set(Responsible)
    assert class_of("TimedOut").slug == class_of("Failed").slug == "defect"
    assert len(set(SLUGS)) == len({kind.state for kind in CLASSES}) == len(CLASSES)
    assert {kind.slug for kind in CLASSES if not kind.retryable} == {"bad-input", "changed-since-approval"}


@pytest.mark.parametrize(
    ("message", "vendor"),
    [("LMS: no", "LMS"), ("Prefect: no", "Prefect"), ("Contract: no", ""), ("LMS", ""), ("", "")],
)
def test_rec_3_the_vendor_is_the_one_that_the_message_begins_with(message, vendor):
    assert vendor_of(message) == vendor


def test_rec_3_tags_tell_a_failed_run_and_a_retry_takes_them_away():
    run = replace(RUN, tags=("onboarding", "crashed", "failed", "failure-reported:state"))
    assert run.tags_as_failed == {"onboarding", "refused", "failed", "failure-reported:state"}
    assert without_failure(run.tags_as_failed) == {"onboarding"}


def test_rec_3_failures_are_grouped_by_class_and_vendor_the_largest_first():
    runs = [RUN, *failures(2, **DOWN), replace(RUN, run_id="other", message="Salesforce: no.")]
    groups = grouped(reversed(runs))
    assert [group.name for group in groups] == [("unavailable", "LMS"), ("refused", "LMS"), ("refused", "Salesforce")]
    assert [run.run_id for run in groups[0].runs] == ["run-0", "run-1"]
    assert groups[0].since == RUN.since


def posted(runs, *, minutes=10):
    return Reported("C1", "1.1", "key", NOW - timedelta(minutes=minutes), tuple(run.state_id for run in runs))


@pytest.mark.parametrize(
    ("change", "number", "is_joined"), [(DOWN, 1, True), ({}, 1, False), ({}, 2, False), ({}, 3, True)]
)
def test_rec_3_a_storm_joins_its_message_and_single_refusals_do_not(change, number, is_joined):
    *old, new = failures(number + 1, **change)
    assert joins(posted(old), [*old, new], [new], NOW) is is_joined


def test_rec_3_no_message_takes_in_failures_of_another_cause_after_a_retry_or_after_an_hour():
    *old, new = failures(4, **DOWN)
    another = replace(RUN, run_id="another", state_id="another")
    assert not joins(posted(old), [*old, new, another], [new, another], NOW)
    assert not joins(posted(old), [*old[1:], new], [new], NOW)
    assert not joins(posted(old, minutes=61), [*old, new], [new], NOW)
