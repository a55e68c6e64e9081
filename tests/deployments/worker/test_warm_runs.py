"""A run in a warm process is to Prefect, to people and to its own code what it is in a new process."""

import json
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from tests.support.warm_worker import PATIENCE, until

pytestmark = [pytest.mark.flows, pytest.mark.xdist_group("warm worker"), pytest.mark.timeout(600)]

COLD = {"command": f"{sys.executable} -m prefect.engine"}
LONGEST = timedelta(seconds=2)
"""Between the death of a process and the report of the worker."""


def assert_gone(*processes):
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE)
    assert alive == []


def test_a_run_that_is_cancelled_in_the_dashboard_ends_with_both_its_processes(worker, probe):
    run = probe(gate=True)
    processes = run.process, worker.client(run.id)
    assert run.facts["warm"]

    worker.set_state(run.id, "CANCELLING", "Cancelling")

    assert run.ended()["state_name"] == "Cancelled"
    assert_gone(*processes)
    assert run.interruption == "TerminationSignal"


def test_one_run_after_the_other_can_be_cancelled(worker, probe):
    assert probe().ended()["state_name"] == "Completed"
    for _ in range(2):
        run = probe(gate=True)
        worker.set_state(run.id, "CANCELLING", "Cancelling")
        assert run.ended()["state_name"] == "Cancelled"


@pytest.mark.parametrize("killed", ["the run's process", "the process that the worker knows"])
def test_a_run_whose_process_is_killed_is_crashed_within_two_seconds(worker, probe, killed):
    run = probe(gate=True)
    processes = {"the run's process": run.process, "the process that the worker knows": worker.client(run.id)}
    pid = worker.becomes(run.id, "RUNNING")["infrastructure_pid"]
    assert int(pid.rpartition(":")[2]) == processes["the process that the worker knows"].pid

    at = datetime.now(UTC)
    processes[killed].kill()
    ended = run.ended()

    assert ended["state_name"] == "Crashed"
    assert datetime.fromisoformat(ended["state"]["timestamp"]) - at < LONGEST
    assert_gone(*processes.values())


def test_the_last_words_of_a_run_are_in_the_dashboard(worker, probe):
    run = probe(action="log", gate=True)
    process = run.process
    run.open()
    assert_gone(process)
    assert run.facts["warm"]
    words = worker.post("/logs/filter", {"logs": {"flow_run_id": {"any_": [run.id]}}})
    assert "The last word of the probe" in [word["message"] for word in words]


@pytest.mark.long
def test_every_end_of_a_run_is_reported_as_that_of_a_new_process(probe):
    ends = ("fail", "exit 3", "interrupt", f"signal {signal.SIGTERM:d}", f"signal {signal.SIGKILL:d}")
    warm = {end: probe(action=end) for end in ends}
    cold = {end: probe(action=end, variables=COLD) for end in ends}
    assert {run.facts["warm"] for run in warm.values()} == {True}
    assert {run.facts["warm"] for run in cold.values()} == {False}
    assert states(warm) == states(cold)
    assert {name for name, _ in states(warm).values()} == {"Failed", "Crashed"}


def states(runs):
    return {end: ((ended := run.ended())["state_name"], ended["state"]["message"]) for end, run in runs.items()}


def test_a_retry_repeats_no_step_that_was_kept(worker, tmp_path):
    counter, missing = tmp_path / "counter", tmp_path / "missing"
    run = worker.create("suspends", path=str(tmp_path / "f"), counter=str(counter), fails_until=str(missing))
    assert worker.ended(run)["state_name"] == "Failed"
    missing.touch()
    worker.set_state(run, "SCHEDULED", "AwaitingRetry")
    assert worker.becomes(run, "Completed")["run_count"] == 2
    assert counter.read_text() == "1"


def test_a_run_that_is_suspended_has_no_process_and_goes_on_when_it_is_resumed(worker, tmp_path):
    facts, counter = tmp_path / "facts", tmp_path / "counter"
    run = worker.create("suspends", path=str(facts), counter=str(counter))
    assert worker.becomes(run, "Suspended")["run_count"] == 1
    until(lambda: not worker.processes(run), "the process that the worker knows ends")
    until(lambda: not psutil.pid_exists(json.loads(facts.read_text())["pid"]), "the run's process ends")
    worker.post(f"/flow_runs/{run}/resume", {})
    assert worker.ended(run)["state_name"] == "Completed"
    assert counter.read_text() == "1"


def test_a_run_has_its_own_variables_and_nothing_of_the_run_before(probe):
    own = {"OF_THE_FIRST": "1", "NO_COLOR": "1"}
    first = probe(variables={"env": own})
    first.ended()
    second = probe()
    assert (first.facts["warm"], second.facts["warm"]) == (True, True)
    assert first.facts["environment"].items() >= own.items()
    assert own.keys() & second.facts["environment"].keys() == set()
    assert second.facts["environment"]["PREFECT__FLOW_RUN_ID"] == second.id
    assert not {*first.facts["random"]} & {*second.facts["random"]}
    assert (first.facts["cached_clients"], second.facts["cached_clients"]) == (0, 0)


def test_a_variable_that_is_read_at_import_is_that_of_the_run(probe):
    run = probe(variables={"env": {"LIFECYCLE_RETRY_DELAYS": "7,8"}})
    assert run.facts["retry_delays"] == [7, 8]


def test_a_warm_process_is_set_up_as_a_new_one(probe):
    warm, cold = probe().facts, probe(variables=COLD).facts
    assert (warm.pop("warm"), cold.pop("warm")) == (True, False)
    variables = warm["environment"].keys() ^ cold["environment"].keys()
    assert variables == set()
    for same in ("signals", "cwd", "umask", "gc", "version", "retry_delays", "cached_clients"):
        assert (same, warm[same]) == (same, cold[same])


def test_a_run_holds_no_file_of_the_fork_server(worker, probe):
    run = probe(gate=True)
    own, servers = (open_files(pid) for pid in (run.facts["pid"], worker.fork_server().pid))
    assert own & servers == set()
    run.open()
    assert run.ended()["state_name"] == "Completed"


def open_files(pid):
    """The sockets and pipes that a process holds, except standard input, output and error."""
    links = {path.name: str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()}
    return {link for number, link in links.items() if int(number) > 2 and link.startswith(("socket:", "pipe:"))}


def test_a_run_with_other_settings_or_in_another_folder_starts_in_a_new_process(worker, probe, tmp_path):
    settings = probe(variables={"env": {"PREFECT_LOGGING_LEVEL": "DEBUG"}})
    folder = probe(variables={"working_dir": str(tmp_path), "env": {"PYTHONPATH": str(worker.project)}})
    assert (settings.facts["warm"], folder.facts["warm"]) == (False, False)
    assert settings.facts["environment"]["PREFECT_LOGGING_LEVEL"] == "DEBUG"
    assert folder.facts["cwd"] == str(tmp_path)
    assert {run.ended()["state_name"] for run in (settings, folder)} == {"Completed"}


def test_runs_go_on_without_their_fork_server_and_the_next_ones_start_cold_then_warm(worker, probe):
    goes_on = probe(gate=True)
    assert goes_on.facts["warm"]
    killed = worker.fork_server()
    killed.kill()

    cold = probe()

    assert not cold.facts["warm"]
    assert cold.ended()["state_name"] == "Completed"
    assert worker.fork_server().pid != killed.pid
    assert probe().facts["warm"]
    goes_on.open()
    assert goes_on.ended()["state_name"] == "Completed"
