"""What the fork server has imported before it forks: everything that a run needs, and nothing that lives."""

import json
import subprocess
import sys

import pytest

from tests.support.stack import ROOT
from tests.support.warm_worker import SINGLE, clean_environment

pytestmark = pytest.mark.processes

PRELOADED = """
import asyncio, gc, json, os, socket, sys, threading
import httpx
from deployments.worker import fork_server

fork_server.preload()
gc.unfreeze()
living = (asyncio.AbstractEventLoop, asyncio.AbstractServer, socket.socket, httpx.Client, httpx.AsyncClient)
found = {
    "living": [repr(one) for one in gc.get_objects() if isinstance(one, living)],
    "files": [name for name in os.listdir("/proc/self/fd")[3:] if os.path.exists(f"/proc/self/fd/{name}")],
    "loop": str(asyncio.get_event_loop_policy()._local._loop),
}
threading.Thread(target=threading.Event().wait, daemon=True).start()
try:
    fork_server.preload()
except RuntimeError as refused:
    found["refused"] = str(refused)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def preloaded():
    environment = clean_environment() | SINGLE
    command = [sys.executable, "-c", PRELOADED]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def test_no_event_loop_socket_client_or_file_is_there_to_be_inherited(preloaded):
    assert preloaded["living"] == []
    assert preloaded["files"] == []
    assert preloaded["loop"] == "None"


def test_no_process_forks_that_has_a_second_thread(preloaded):
    assert preloaded["refused"] == "An import started a thread: runs cannot be forked from this process."
