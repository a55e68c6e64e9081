from collections.abc import Iterator

import httpx
import pytest
from slack_sdk import WebClient

from tests.sandbox.lms_calls import ACCOUNT
from tests.sandbox.slack_app import Person, hire
from tests.support.lms_traffic import Traffic
from tests.support.sandbox import SandboxProcess


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield client


@pytest.fixture
def slack(stand_in: SandboxProcess) -> WebClient:
    return WebClient(stand_in.credentials.slack_token, base_url=f"{stand_in.url}/api/", timeout=5, retry_handlers=[])


@pytest.fixture
def pat(stand_in: SandboxProcess, client: httpx.Client) -> Person:
    return hire(stand_in, client, "Pat Lee")


@pytest.fixture
def sam(stand_in: SandboxProcess, client: httpx.Client) -> Person:
    return hire(stand_in, client, "Sam Roe")


@pytest.fixture(scope="session")
def lms_client(stand_in_process: SandboxProcess) -> Iterator[httpx.Client]:
    headers = {"X-API-Key": stand_in_process.credentials.lms_api_key}
    with httpx.Client(base_url=f"{stand_in_process.url}/lms", headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def lms(stand_in: SandboxProcess, lms_client: httpx.Client) -> Iterator[httpx.Client]:
    """A client of the LMS in an empty world. Its responses must be as docs/going-live/lms-openapi.yaml has them."""
    assert stand_in.journal() == []
    traffic = Traffic()
    lms_client.event_hooks = {"response": [traffic.note_now]}
    yield lms_client
    assert traffic.wrong_responses() == []


@pytest.fixture
def company(stand_in: SandboxProcess) -> str:
    """The id of a company in that world."""
    seeded = stand_in.seed(lms={"companies": [{"accountId": ACCOUNT, "name": "Acme Clinics"}]})
    return str(seeded["lms"]["companies"][0])
