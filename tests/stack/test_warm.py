"""A warm run of the real onboarding imports nothing: its process was forked from one that had imported everything."""

import sys
from importlib.util import find_spec

import psutil
import pytest

from tests.support.closing import close
from tests.support.stack import StackProcess
from tests.support.warm_worker import until

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere each run starts in a new process."),
]

NOTE_IMPORTS = """

import os, sys


def _note(word):
    with open({path!r}, "a") as notes:
        notes.write(word + "\\n")


_server = os.getpid()
os.register_at_fork(after_in_child=lambda: _note("forked"))
sys.addaudithook(lambda event, seen: _note(seen[0]) if event == "import" and os.getpid() != _server else None)
"""
"""What the module of the flow does besides, for this test: it notes every child, and what the child imports."""


@pytest.fixture
def noted(stack: StackProcess, tmp_path):
    """The notes of the children of a fork server that has imported the module with the lines above."""
    notes, flow = tmp_path / "notes", stack.project / "flows" / "onboarding.py"
    notes.touch()
    code = flow.read_text()
    flow.write_text(code + NOTE_IMPORTS.format(path=str(notes)))
    fork_server(stack).kill()
    until(lambda: len(notes.read_text().splitlines()) == 2, "two children wait")
    yield lambda: notes.read_text().splitlines()
    flow.write_text(code)


def fork_server(stack: StackProcess) -> psutil.Process:
    """The only process of that command whose parent has another."""

    def found():
        below = psutil.Process(stack.process.pid).children(recursive=True)
        serving = [one for one in below if "deployments.worker.fork_server" in one.cmdline()]
        return [one for one in serving if one.parent() not in serving]

    (server,) = until(found, "the fork server serves")
    return server


def test_a_warm_onboarding_imports_nothing_that_the_fork_server_could_have_imported(stack: StackProcess, noted):
    sale = stack.open_sale("Warm Clinic")
    close(stack.sandbox, sale.opportunity)

    assert stack.ended(sale.opportunity)["state_name"] == "Completed"

    notes = noted()
    assert notes.count("forked") > 2, "the run did not start in a warm process"
    imported = {word for word in notes if word != "forked"}
    assert {name for name in imported if exists(name)} == set(), "add them to USED_BY_RUNS"


def exists(name):
    """Whether there is such a module: recurly, for one, looks for some that it does not have."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
