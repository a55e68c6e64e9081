"""The worker starts a run when Prefect reports one; polls find those that Prefect does not report."""

import pytest

pytestmark = [pytest.mark.flows, pytest.mark.xdist_group("warm worker"), pytest.mark.timeout(600)]

AT_ONCE = 30
"""Seconds: far more than a start takes, far less than ten minutes, between two polls."""
STREAMS = "PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED"


def test_a_run_starts_when_a_place_becomes_free(worker, probe):
    worker.limit(1)
    try:
        first = probe(gate=True)
        assert first.facts["warm"]
        second = probe()
        assert worker.run(second.id)["state_name"] == "Scheduled"
        first.open()
        assert second.ended(AT_ONCE)["state_name"] == "Completed"
    finally:
        worker.limit(4)


def test_a_run_that_was_created_while_prefect_was_away_starts_when_it_reports_again(worker, probe):
    assert probe().ended(AT_ONCE)["state_name"] == "Completed"
    worker.server.restart()
    assert probe().ended(AT_ONCE)["state_name"] == "Completed"
    assert probe().ended(AT_ONCE)["state_name"] == "Completed"


@pytest.mark.long
def test_polls_find_runs_without_events(worker, probe):
    worker.stop()
    worker.server.restart(**{STREAMS: "false"})
    try:
        worker.start(polls=1)
        for _ in range(2):  # the first may be found as the worker subscribes
            assert probe().ended()["state_name"] == "Completed"
    finally:
        worker.stop()
        worker.server.restart(**{STREAMS: "true"})
