"""The fork server and the process that asks it: a run starts once or not at all, and always starts if it is to."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager, suppress

import psutil
import pytest

from deployments.worker import start_run
from deployments.worker.start_run import GO, SOCKET
from tests.support.warm_worker import PATIENCE, SINGLE, clean_environment, until

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("fork server"), pytest.mark.timeout(300)]

COLD = 7
"""The exit code of every new interpreter that these tests start."""
NO_RUN = "Invalid flow run id"
"""What Prefect's engine logs when it is started without a run: here, that it was started."""
FILES_OF_A_RUN = 4
"""Standard input, output and error, and the connection to the process that asked."""
RUNS = 30
GROWTH = 500_000
"""Bytes by which the fork server may have grown after that many runs."""


class ForkServer:
    """A fork server, and processes that ask it for a run."""

    def __init__(self, project, folder):
        self.project, self.socket, self._folder = project, folder / "s", folder
        self.log = folder / "run.log"
        (folder / "sitecustomize.py").write_text(f"import os; os._exit({COLD})")
        self.environment = clean_environment() | SINGLE | {SOCKET: str(self.socket)}
        self.serve()

    def serve(self):
        """Start the fork server, and wait until it serves."""
        self.process = psutil.Popen(
            [sys.executable, "-m", "deployments.worker.fork_server", str(self.socket)],
            cwd=self.project,
            env=self.environment,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self.spares()

    def stop(self):
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def spares(self):
        """The two children that wait, once there are no others."""

        def waiting():
            children = self.process.children()
            return len(children) == 2 and all(map(is_spare, children)) and children

        return until(waiting, "two children wait")

    def start(self, *, cwd=None, **environment):
        """A process as the worker starts it for a run. A new interpreter would end at once, by the module above."""
        self.log.write_text("")
        variables = {"PYTHONPATH": str(self._folder)} | environment
        command = [sys.executable, "-I", "-S", str(self.project / "deployments" / "worker" / "start_run.py")]
        with self.log.open("ab") as log:
            return psutil.Popen(command, cwd=cwd or self.project, env=self.environment | variables, stderr=log)

    @contextmanager
    def request(self):
        """A connection over which a run was asked for."""
        self.log.write_text("")
        asked = json.dumps({"cwd": str(self.project), "env": self.environment}).encode()
        with socket.socket(socket.AF_UNIX) as connection, self.log.open("ab") as log:
            connection.settimeout(PATIENCE)
            connection.connect(str(self.socket))
            socket.send_fds(connection, [len(asked).to_bytes(4, "big")], [0, log.fileno(), log.fileno()])
            connection.sendall(asked)
            yield connection

    @contextmanager
    def held_up(self):
        """No child does anything meanwhile."""
        children = self.spares()
        for child in children:
            child.suspend()
        yield
        for child in children:
            child.resume()
        self.spares()


def is_spare(child):
    """Whether a child waits for a run: it holds what the server holds."""
    try:
        return child.num_fds() > FILES_OF_A_RUN
    except psutil.Error:
        return False


@pytest.fixture(scope="module")
def any_fork_server(project, tmp_path_factory):
    server = ForkServer(project, tmp_path_factory.mktemp("s"))
    yield server
    server.stop()


@pytest.fixture
def fork_server(any_fork_server):
    if not any_fork_server.process.is_running():
        any_fork_server.serve()
    return any_fork_server


def warm(fork_server, process):
    """Whether the run was started in a warm process; fails if it was not started once."""
    code = process.wait(PATIENCE)
    starts = fork_server.log.read_text().count(NO_RUN)
    assert (code, starts) in ((COLD, 0), (1, 1))
    return code == 1


def test_a_run_starts_in_a_warm_process(fork_server):
    assert warm(fork_server, fork_server.start())


def test_many_runs_start_while_others_go_on(fork_server):
    with ExitStack() as requests:
        waiting = [requests.enter_context(fork_server.request()) for _ in range(5)]
        assert len({connection.recv(20) for connection in waiting}) == 5


def test_a_run_starts_in_a_new_process_if_no_fork_server_is_there(fork_server, tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "nothing", tmp_path / "file", "x" * 200, ""):
        assert not warm(fork_server, fork_server.start(**{SOCKET: str(path)}))


@pytest.mark.parametrize("variable", ["PREFECT_LOGGING_LEVEL", "LIFECYCLE_RETRY_DELAYS"])
def test_a_run_with_settings_of_its_own_starts_in_a_new_process(fork_server, variable):
    assert not warm(fork_server, fork_server.start(**{variable: "1"}))


def test_a_run_in_another_folder_starts_in_a_new_process(fork_server, tmp_path):
    assert not warm(fork_server, fork_server.start(cwd=tmp_path))


@pytest.mark.parametrize("answer", [None, b"", b"0"], ids=["silent", "closed", "refused"])
def test_nobody_waits_longer_than_a_moment_for_a_fork_server_that_does_not_answer(tmp_path, monkeypatch, answer):
    monkeypatch.setattr(start_run, "PATIENCE", 0.2)
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        listener.listen(8)
        if answer is not None:
            serve_once(listener, answer)
        assert start_run.request_process("s") == (None, 0)


def serve_once(listener, answer):
    """Answer the next connection in a process of its own, as a fork server that has gone wrong."""
    if os.fork() == 0:
        connection, _ = listener.accept()
        connection.send(answer)
        os._exit(0)


def test_a_client_that_dies_before_it_says_go_starts_no_run(fork_server):
    with fork_server.request() as connection:
        child = psutil.Process(int(connection.recv(20)))
    psutil.wait_procs([child], PATIENCE)
    assert not child.is_running()
    assert fork_server.log.read_text() == ""
    assert len(fork_server.spares()) == 2


def test_a_child_that_answers_a_client_which_has_given_up_starts_no_run(fork_server):
    with fork_server.held_up(), fork_server.request():
        pass
    assert warm(fork_server, fork_server.start())  # another child takes it: nothing else is written meanwhile


def test_a_child_whose_client_dies_as_it_says_go_starts_no_run(fork_server):
    with fork_server.request() as connection:
        child = psutil.Process(int(connection.recv(20)))
        child.suspend()
        connection.sendall(GO)
    child.resume()
    psutil.wait_procs([child], PATIENCE)
    assert fork_server.log.read_text() == ""


def test_a_client_that_waits_in_vain_and_the_late_child_start_the_run_once(fork_server, monkeypatch):
    monkeypatch.setattr(start_run, "PATIENCE", 0.2)
    monkeypatch.chdir(fork_server.project)
    fork_server.log.write_text("")
    with fork_server.held_up():
        assert start_run.request_process(str(fork_server.socket)) == (None, 0)
    assert fork_server.log.read_text() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_client_that_is_ended_while_it_waits_starts_no_run(fork_server, number):
    with fork_server.held_up():
        client = fork_server.start()
        until(lambda: client.net_connections("unix"), "it is connected")
        client.send_signal(number)
        assert client.wait(PATIENCE) == -number
    assert fork_server.log.read_text() == ""


def test_a_fork_server_keeps_no_memory_and_no_child_of_the_runs_it_has_served(fork_server):
    for _ in range(3):
        assert warm(fork_server, fork_server.start())
    fork_server.spares()
    memory, files = fork_server.process.memory_full_info().uss, fork_server.process.num_fds()
    for _ in range(RUNS):
        assert warm(fork_server, fork_server.start())
    assert all(child.status() != psutil.STATUS_ZOMBIE for child in fork_server.spares())
    assert fork_server.process.memory_full_info().uss - memory < GROWTH
    assert fork_server.process.num_fds() == files


def test_the_children_of_a_fork_server_that_is_killed_end_and_the_next_run_starts_in_a_new_process(fork_server):
    children = fork_server.spares()
    with fork_server.request() as connection:
        busy = psutil.Process(int(connection.recv(20)))
        fork_server.process.kill()
        _, alive = psutil.wait_procs({*children, *fork_server.process.children()} - {busy}, PATIENCE)
        assert alive == []
        assert busy.is_running()
        assert not warm(fork_server, fork_server.start())
