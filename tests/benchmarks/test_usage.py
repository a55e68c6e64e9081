"""CPU and memory of groups of real processes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.usage import ALL, cpu_seconds, memory, watched

BUSY = "import time\nwhile time.process_time() < 0.5: pass\n"
"""Uses 0.5 CPU-seconds; the system counts them in hundredths, rounded down."""
WAIT = "import sys; print('ready', flush=True); sys.stdin.read()"
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, '-c', {BUSY!r}], check=True)
children = [subprocess.Popen([sys.executable, '-c', {WAIT!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             start_new_session=apart) for apart in (False, True)]
for child in children:
    child.stdout.readline()
{WAIT}
"""
"""Waits for a busy child, then has two idle ones, the second in a session of its own."""
MIDDLE = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BUSY + WAIT!r}])"
ORPHANS = f"""
import subprocess, sys
subprocess.run([sys.executable, '-c', {MIDDLE!r}], check=True)
{WAIT}
"""
"""Has a busy grandchild whose parent is gone, in the same session."""


@contextmanager
def running(code: str) -> Iterator[int]:
    """A process in a session of its own, once it has printed a line; its id."""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout
    process.stdout.readline()
    try:
        yield process.pid
    finally:
        process.communicate(b"\n")


def until_spent(roots: dict[str, int], group: str, seconds: float) -> float:
    end = time.monotonic() + 30
    while cpu_seconds(roots)[group] < seconds:
        assert time.monotonic() < end, cpu_seconds(roots)
        time.sleep(0.05)
    return cpu_seconds(roots)[group]


def test_a_group_has_the_time_of_its_children_that_ended():
    with running(PARENT) as pid:
        assert cpu_seconds({"server": pid})["server"] > 0.4


def test_everything_that_the_worker_starts_is_the_group_flow():
    with running(PARENT) as pid:
        spent = cpu_seconds({"worker": pid})
    assert set(spent) == {"worker", "flow"}
    assert spent["worker"] < 0.4 < spent["flow"]


def test_processes_in_another_session_count_as_well():
    with running(PARENT) as pid:
        used = memory({"worker": pid})
    with running(WAIT) as pid:
        one = memory({"server": pid})
    assert used["flow"] > 1.5 * one["server"]  # two idle children
    assert used[ALL] == used["worker"] + used["flow"]


def test_a_process_whose_parent_is_gone_belongs_to_its_session():
    with running(ORPHANS) as pid:
        assert until_spent({"server": pid}, "server", 0.4) < 2


def test_groups_do_not_count_each_other():
    with running(PARENT) as busy, running(WAIT) as idle:
        spent = cpu_seconds({"server": busy, "receiver": idle})
    assert spent["receiver"] < 0.4 < spent["server"]


def test_only_what_was_used_while_watched_counts():
    with running(PARENT) as pid, watched({"server": pid}) as usage:
        pass
    assert usage.cpu["server"] == pytest.approx(0, abs=0.05)
    assert 5 < usage.peak_mb["server"] == usage.peak_mb[ALL] < 200
