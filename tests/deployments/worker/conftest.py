import sys
from itertools import count

import pytest

from tests.support.ports import free_port
from tests.support.warm_worker import Probe, copy_project, warm_worker

_numbers = count(1)


@pytest.fixture(autouse=True, scope="session")
def on_linux():
    if sys.platform != "linux":
        pytest.skip("Elsewhere each run starts in a new process: on macOS a process with its frameworks must not fork.")


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A copy of the project's code with the probes."""
    return copy_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def stopped_worker(tmp_path_factory, project):
    with warm_worker(tmp_path_factory.mktemp("worker"), project, free_port()) as worker:
        yield worker


@pytest.fixture
def worker(stopped_worker):
    """The worker, which polls every ten minutes and has a fork server that serves."""
    if not stopped_worker.is_up():
        stopped_worker.start()
    stopped_worker.fork_server()
    return stopped_worker


@pytest.fixture
def probe(worker, tmp_path):
    """Creates a run of the probe."""

    def create(**more):
        return Probe(worker, tmp_path / str(next(_numbers)), **more)

    return create
