"""A measurement in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.own_process import in_own_process
from deployments.stack.processes import NotReady

pytestmark = pytest.mark.processes
ROOT = Path(__file__).parents[2]


def add(first, second):
    return os.getpid(), first + second


def complain():
    raise NotReady("Port 1 is in use")


def fail():
    raise ZeroDivisionError


def wait(file):
    """Tell the own id, wait longer than the test, and tell the end."""
    Path(file).write_text(str(os.getpid()))
    try:
        time.sleep(600)
    finally:
        Path(file).with_suffix(".stopped").touch()


def test_it_returns_what_the_function_returns_elsewhere():
    process, total = in_own_process(add, 1, 2)
    assert total == 3
    assert process != os.getpid()


def test_a_known_problem_is_raised_here():
    with pytest.raises(NotReady, match="Port 1 is in use"):
        in_own_process(complain)


def test_any_other_failure_is_shown_and_ends_the_measurement(capfd):
    with pytest.raises(NotReady, match="The measurement failed"):
        in_own_process(fail)
    assert "ZeroDivisionError" in capfd.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_it_stops_in_order_when_the_measurement_is_interrupted_or_killed(tmp_path, number):
    file = tmp_path / "waiting"
    # A shell that starts the tests in the background has them ignore Ctrl-C, and so would this process.
    code = (
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from benchmarks.own_process import in_own_process\nfrom tests.benchmarks.test_own_process import wait\n"
        f"if __name__ == '__main__': in_own_process(wait, {str(file)!r})"
    )
    script = tmp_path / "measure.py"
    script.write_text(code)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, script], cwd=ROOT, env=environment) as measuring:
        _until(lambda: file.exists() and file.read_text())
        measuring.send_signal(number)
    _until(file.with_suffix(".stopped").exists)
    _until(lambda: not psutil.pid_exists(int(file.read_text())))


def _until(holds):
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
