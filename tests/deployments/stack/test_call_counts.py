"""The calls of all runs of a machine add up in one file, which does not grow, and which no run depends on."""

import logging
import subprocess
import sys

import pytest

from blocks.common.calls import CALLS, OUTCOMES, VENDORS, CallCounts
from deployments.stack import call_counts
from deployments.stack.call_counts import add, calls_added_to, read
from tests.support.warm_worker import until

PROCESSES, TIMES = 6, 40
ADD = (
    "import sys; from pathlib import Path; from blocks.common.calls import CallCounts; "
    "from deployments.stack.call_counts import add\n"
    f"for _ in range({TIMES}):\n"
    "    counts = CallCounts(); counts.add('LMS', 'ok', 0.5); counts.add('Slack', 'refused', 1); "
    "add(Path(sys.argv[1]), counts)"
)


@pytest.fixture(autouse=True)
def _from_zero():
    CALLS.take()


def one_call(vendor="LMS", outcome="ok", seconds=0.5):
    counts = CallCounts()
    counts.add(vendor, outcome, seconds)
    return counts


def test_no_count_is_lost_when_many_processes_end_at_once(tmp_path):
    file = tmp_path / "calls.db"
    running = [subprocess.Popen([sys.executable, "-c", ADD, str(file)]) for _ in range(PROCESSES)]
    assert [process.wait(120) for process in running] == [0] * PROCESSES
    counts, every = read(file), PROCESSES * TIMES
    assert counts.calls == {("LMS", "ok"): every, ("Slack", "refused"): every}
    assert counts.seconds == {"LMS": every * 0.5, "Slack": every}


def test_the_file_is_as_large_after_many_calls_as_after_one_of_each(tmp_path):
    file = tmp_path / "calls.db"
    sizes = []
    for _ in range(20):
        for vendor in VENDORS:
            for outcome in OUTCOMES:
                add(file, one_call(vendor, outcome))
        sizes.append(file.stat().st_size)
    assert len(set(sizes)) == 1


def test_a_process_adds_its_calls_while_it_runs_and_at_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(call_counts, "SECONDS", 0.01)
    file = tmp_path / "calls.db"
    with calls_added_to(file):
        with CALLS.observed("LMS", "companies"):
            pass
        until(lambda: read(file).calls, "the call is in the file before the end")
    monkeypatch.setattr(call_counts, "SECONDS", 600.0)
    with calls_added_to(file), CALLS.observed("LMS", "companies"):
        pass
    assert read(file).calls == {("LMS", "ok"): 2}


def test_a_file_that_cannot_be_written_costs_the_counts_and_no_run(tmp_path, caplog):
    file = tmp_path / "calls.db"
    file.write_text("This is no database, it is a text that somebody has put here.")
    with caplog.at_level(logging.WARNING), calls_added_to(file), CALLS.observed("LMS", "companies"):
        pass
    assert "not counted" in caplog.text


def test_a_file_that_is_not_there_has_no_calls(tmp_path):
    assert read(tmp_path / "none.db").calls == {}
