import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.webhooks.messages import ORGANIZATION
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import BadLine, Salesforce, Serving
from webhooks.app import create_app
from webhooks.settings import Settings

TOKEN = secrets.token_urlsafe(24)
BEARER = secrets.token_urlsafe(24)

Receiver = Callable[..., Salesforce]


@pytest.fixture(scope="session")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=60) as sender:
        yield sender


@pytest.fixture(scope="module")
def receiver(client: httpx.AsyncClient) -> Iterator[Receiver]:
    """Starts a receiver for the Prefect at a URL; more settings by name."""
    with ExitStack() as stack:

        def start(prefect_url: str, **more: Any) -> Salesforce:
            given: dict[str, Any] = {
                "token": TOKEN,
                "bearer": BEARER,
                "organization_id": ORGANIZATION,
                "patience": 20.0,
            }
            settings = Settings(prefect_api_url=prefect_url, **(given | more))
            serving = stack.enter_context(Serving(create_app(settings)))
            return Salesforce(serving.url, TOKEN, BEARER, client)

        yield start


@pytest.fixture(scope="session")
async def prefect(prefect_api: str) -> AsyncIterator[PrefectSide]:
    """The real Prefect, with a deployment of the flow `onboarding` that no worker takes up."""
    async with httpx.AsyncClient(base_url=prefect_api, timeout=60) as api:
        side = PrefectSide(api, f"onboarding/receiver-tests-{os.getpid()}")
        await side.deploy()
        yield side


@pytest.fixture
def line(prefect_api: str) -> BadLine:
    """A line to the real Prefect that fails when told; to be served, its URL given to the receiver."""
    return BadLine(prefect_api)


@pytest.fixture(scope="module")
def salesforce(receiver: Receiver, prefect_api: str, prefect: PrefectSide) -> Salesforce:
    """Salesforce, with a receiver that reaches Prefect directly."""
    return receiver(prefect_api, deployment=prefect.deployment)
