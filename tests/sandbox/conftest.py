from collections.abc import Iterator

import httpx
import pytest
from slack_sdk import WebClient

from tests.sandbox.lms_calls import ACCOUNT
from tests.sandbox.slack_app import Person, hire
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def sandbox(stand_in: SandboxProcess) -> SandboxProcess:
    """The sandbox with an empty world, nothing ordered and an empty journal."""
    stand_in.reset("empty")
    return stand_in


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield client


@pytest.fixture
def slack(sandbox: SandboxProcess) -> WebClient:
    return WebClient(sandbox.credentials.slack_token, base_url=f"{sandbox.url}/api/", timeout=5, retry_handlers=[])


@pytest.fixture
def pat(sandbox: SandboxProcess, client: httpx.Client) -> Person:
    return hire(sandbox, client, "Pat Lee")


@pytest.fixture
def sam(sandbox: SandboxProcess, client: httpx.Client) -> Person:
    return hire(sandbox, client, "Sam Roe")


@pytest.fixture(scope="session")
def lms_client(stand_in: SandboxProcess) -> Iterator[httpx.Client]:
    headers = {"X-API-Key": stand_in.credentials.lms_api_key}
    with httpx.Client(base_url=f"{stand_in.url}/lms", headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def lms(sandbox: SandboxProcess, lms_client: httpx.Client) -> httpx.Client:
    """A client of the LMS in an empty world."""
    assert sandbox.journal() == []
    return lms_client


@pytest.fixture
def company(sandbox: SandboxProcess) -> str:
    """The id of a company in that world."""
    seeded = sandbox.seed(lms={"companies": [{"accountId": ACCOUNT, "name": "Acme Clinics"}]})
    return str(seeded["lms"]["companies"][0])
