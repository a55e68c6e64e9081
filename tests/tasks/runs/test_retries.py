"""A late report of a crash does not override a Retry: which states of a run say that it was retried."""

from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.schemas.objects import State, StateType

from tasks.runs.retries import PROCESS_GONE, is_scheduled_again, overrides_a_retry

BEGAN = datetime(2026, 11, 2, 9, tzinfo=UTC)
TYPES = {
    "Scheduled": StateType.SCHEDULED,
    "Late": StateType.SCHEDULED,
    "AwaitingRetry": StateType.SCHEDULED,
    "Resuming": StateType.SCHEDULED,
    "Waiting for Recurly": StateType.SCHEDULED,
    "Submitting": StateType.PENDING,
    "Suspended": StateType.PAUSED,
}
SIGKILL = "Process exited with status code: -9. Process exited due to a SIGKILL signal."
WORKER = "Flow run infrastructure exited with non-zero status code -9."
ATTEMPT = ("Scheduled", "Pending", "Submitting", "Running")


def history(*names, message=None):
    """The states of a run in their order, the last one with a message."""
    states = [
        State(
            type=TYPES.get(name) or StateType[name.upper()],
            name=name,
            timestamp=BEGAN + timedelta(seconds=number),
        )
        for number, name in enumerate(names)
    ]
    states[-1].message = message
    return states


@pytest.mark.parametrize("later", [(), ("Crashed",), ("Cancelling", "Cancelled"), ("Suspended",)])
def test_an_attempt_that_nobody_retried_reports_its_crash(later):
    states = history(*ATTEMPT, *later)
    assert not is_scheduled_again(states, states[0].id)


@pytest.mark.parametrize("ended", [(), ("Crashed",), ("Cancelling", "Cancelled"), ("Suspended",)])
@pytest.mark.parametrize("goes_on", [(), ("Pending",), ("Pending", "Submitting", "Running"), ("Pending", "Completed")])
@pytest.mark.parametrize("again", ["AwaitingRetry", "Resuming", "Waiting for Recurly"])
def test_an_attempt_that_was_retried_or_resumed_does_not_however_far_the_next_is(ended, again, goes_on):
    states = history(*ATTEMPT, *ended, again, *goes_on)
    assert is_scheduled_again(states, states[0].id)
    assert is_scheduled_again(list(reversed(states)), states[0].id)


def test_the_next_attempt_reports_its_own_crash():
    states = history(*ATTEMPT, "Crashed", "AwaitingRetry", "Pending", "Running")
    assert not is_scheduled_again(states, states[5].id)


def test_what_the_server_schedules_before_a_worker_takes_the_run_is_no_retry():
    states = history("Scheduled", "Late", "Pending", "Running")
    assert not is_scheduled_again(states, states[0].id)


def test_what_is_not_known_of_a_run_says_nothing():
    assert not is_scheduled_again([], None)
    assert not is_scheduled_again(history(*ATTEMPT, "Crashed", "AwaitingRetry"), None)


def test_a_run_that_was_called_off_and_retried_is_not_called_off_again():
    states = history(*ATTEMPT, "Cancelling", "Cancelled", "AwaitingRetry")
    assert is_scheduled_again(states, states[4].id)
    assert not is_scheduled_again(states[:-1], states[4].id)


@pytest.mark.parametrize("report", [SIGKILL, WORKER, PROCESS_GONE])
@pytest.mark.parametrize("again", ["AwaitingRetry", "Resuming", "Waiting for Recurly"])
def test_a_report_over_a_run_that_only_waits_overrides_a_retry(again, report):
    assert overrides_a_retry(history(*ATTEMPT, "Crashed", again, "Crashed", message=report))


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ((*ATTEMPT, "Crashed"), SIGKILL),  # a true crash
        ((*ATTEMPT, "Crashed", "AwaitingRetry", "Pending", "Crashed"), WORKER),  # of a process that did not start
        ((*ATTEMPT, "Crashed", "AwaitingRetry"), None),
        ((*ATTEMPT, "Crashed", "AwaitingRetry", "Crashed"), "I do not want it"),  # a person's decision
        ((*ATTEMPT, "Crashed", "AwaitingRetry", "Crashed"), None),
        (("Crashed",), SIGKILL),
    ],
)
def test_every_other_crash_stands(states, message):
    assert not overrides_a_retry(history(*states, message=message))
