"""`lifecycle sandbox`: the sandbox beside an installation, with the credentials that `bootstrap --sandbox` saves."""

import os
import subprocess
import sys
import time

import httpx
import pytest

from deployments.stack.credentials import credentials_of
from tests.support.ports import free_ports

pytestmark = pytest.mark.processes


@pytest.fixture
def sandbox(tmp_path):
    port, smtp_port = free_ports(2)
    ports = {"SANDBOX_PORT": str(port), "SANDBOX_SMTP_PORT": str(smtp_port)}
    token = {"LIFECYCLE_HOME": str(tmp_path), "RECEIVER_TOKEN": "0f" * 24}
    command = [sys.executable, "-m", "deployments.cli", "sandbox", "--world", "empty"]
    process = subprocess.Popen(command, env=os.environ | ports | token, stdout=subprocess.DEVNULL)
    yield httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)
    process.terminate()
    process.wait(30)


def until_it_answers(sandbox):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            return sandbox.get("/_control/health")
        except httpx.ConnectError:
            time.sleep(0.1)
    raise AssertionError("the sandbox did not start")


def test_it_accepts_the_credentials_of_its_folder(sandbox, tmp_path):
    assert until_it_answers(sandbox).status_code == httpx.codes.OK
    own = credentials_of(tmp_path)
    login = {
        "grant_type": "client_credentials",
        "client_id": own.salesforce_consumer_key,
        "client_secret": own.salesforce_consumer_secret,
    }
    path = "/salesforce/services/oauth2/token"
    assert sandbox.post(path, data=login).status_code == httpx.codes.OK
    assert sandbox.post(path, data=login | {"client_secret": "wrong"}).is_client_error
