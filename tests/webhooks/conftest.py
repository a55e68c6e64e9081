import os
import queue
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.support.sandbox import SandboxProcess
from tests.webhooks.clock import Clock
from tests.webhooks.messages import ORGANIZATION
from tests.webhooks.prefect_side import PUBLICATIONS, TRANSITIONS, PrefectSide
from tests.webhooks.serving import BadLine, Salesforce, Serving
from tests.webhooks.slack_side import ReplyServer, Slack
from webhooks.app import create_app
from webhooks.common.connections import server_config
from webhooks.common.settings import Settings

TOKEN = secrets.token_urlsafe(24)
BEARER = secrets.token_urlsafe(24)
ONBOARDING_DEPLOYMENT = f"onboarding/receiver-tests-{os.getpid()}"
PUBLICATIONS_DEPLOYMENT = f"publications/receiver-tests-{os.getpid()}"
TRANSITIONS_DEPLOYMENT = f"account-transition/receiver-tests-{os.getpid()}"

SIGNING_SECRET = secrets.token_hex(16)

Receiver = Callable[..., Salesforce]
SlackReceiver = Callable[..., Slack]
Policies = Callable[[dict[str, str] | None], Awaitable[None]]
"""Saves the policy block with these fields; deletes it for None."""
Workspace = Callable[..., Awaitable[None]]
"""Saves the block of the Slack workspace with this signing secret, more fields by name; deletes it for None."""


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
                "publications_deployment": PUBLICATIONS_DEPLOYMENT,
                "transition_deployment": TRANSITIONS_DEPLOYMENT,
            }
            settings = Settings(prefect_api_url=prefect_url, **(given | more))
            app = create_app(settings)
            serving = stack.enter_context(Serving(app, config=server_config(app, timeout_graceful_shutdown=2)))
            return Salesforce(serving.url, TOKEN, BEARER, client)

        yield start


@pytest.fixture(scope="session")
async def publications(prefect_api: str) -> AsyncIterator[PrefectSide]:
    """The real Prefect, with a deployment of the flow `publications` that no worker takes up."""
    async with httpx.AsyncClient(base_url=prefect_api, timeout=60) as api:
        side = PrefectSide(api, PUBLICATIONS_DEPLOYMENT)
        await side.deploy(PUBLICATIONS)
        yield side


@pytest.fixture(scope="session")
async def transitions(publications: PrefectSide) -> PrefectSide:
    """The same, with a deployment of the flow `account-transition` as well."""
    side = PrefectSide(publications.api, TRANSITIONS_DEPLOYMENT)
    await side.deploy(TRANSITIONS)
    return side


@pytest.fixture(scope="session")
async def prefect(
    publications: PrefectSide,
    transitions: PrefectSide,  # noqa: ARG001 - without it the receiver is not ready
) -> PrefectSide:
    """The same, with a deployment of the flow `onboarding` as well."""
    side = PrefectSide(publications.api, ONBOARDING_DEPLOYMENT)
    await side.deploy()
    return side


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def line(prefect_api: str) -> BadLine:
    """A line to the real Prefect that fails when told; to be served, its URL given to the receiver."""
    return BadLine(prefect_api)


@pytest.fixture(scope="module")
async def salesforce_block(prefect: PrefectSide, stand_in_process: SandboxProcess) -> AsyncIterator[None]:  # noqa: ARG001 - the server it is saved in
    """Prefect's block of the Salesforce org, which is the stand-in; as it was before, afterwards."""
    from blocks.salesforce.block import SalesforceOrg  # noqa: PLC0415 - imports Prefect
    from tests.support import stored_blocks  # noqa: PLC0415 - imports Prefect

    credentials = stand_in_process.credentials
    fields: dict[str, Any] = {
        "my_domain": "acme.my",
        "organization_id": credentials.organization_id,
        "consumer_key": credentials.salesforce_consumer_key,
        "consumer_secret": credentials.salesforce_consumer_secret,
        "onboarding_report_id": "00O000000000001EAA",
        "base_url": f"{stand_in_process.url}/salesforce",
    }
    async with stored_blocks.as_before(SalesforceOrg):
        await stored_blocks.save(SalesforceOrg(**fields))
        yield


@pytest.fixture(scope="module")
def salesforce(
    receiver: Receiver,
    prefect_api: str,
    prefect: PrefectSide,
    salesforce_block: None,  # noqa: ARG001 - where the receiver looks opportunities up
) -> Salesforce:
    """Salesforce, with a receiver that reaches Prefect directly."""
    return receiver(prefect_api, deployment=prefect.deployment)


@pytest.fixture(scope="module")
async def workspace(prefect: PrefectSide) -> AsyncIterator[Workspace]:  # noqa: ARG001 - the server it is saved in
    """Prefect's block of the Slack workspace, with our signing secret; as it was before, afterwards."""
    from blocks.slack.block import SlackWorkspace  # noqa: PLC0415 - imports Prefect
    from tests.support import stored_blocks  # noqa: PLC0415 - imports Prefect

    async def save(secret: str | None, **more: str) -> None:
        if secret is None:
            await stored_blocks.delete(SlackWorkspace)
        else:
            fields = {"token": "xoxb-unused", "signing_secret": secret, "base_url": "http://127.0.0.1:9/api"} | more
            await stored_blocks.save(SlackWorkspace(**fields))

    async with stored_blocks.as_before(SlackWorkspace):
        await save(SIGNING_SECRET)
        yield save


@pytest.fixture(scope="module")
async def policy(prefect: PrefectSide) -> AsyncIterator[Policies]:  # noqa: ARG001 - the server it is saved in
    """Prefect's block of the policy; as it was before, afterwards."""
    from blocks.policy.block import Policy  # noqa: PLC0415 - imports Prefect
    from tests.support import stored_blocks  # noqa: PLC0415 - imports Prefect

    async def save(fields: dict[str, str] | None) -> None:
        if fields is None:
            await stored_blocks.delete(Policy)
        else:
            await stored_blocks.save(Policy(**fields))

    async with stored_blocks.as_before(Policy):
        await save({})
        yield save


@pytest.fixture(scope="module")
def slack_receiver(
    receiver: Receiver,
    prefect: PrefectSide,
    workspace: Workspace,  # noqa: ARG001 - holds the secret that Slack signs with
) -> Iterator[SlackReceiver]:
    """Slack, with a receiver for the Prefect at a URL, and somebody who presses buttons."""
    with ExitStack() as stack:

        def start(prefect_url: str, **more: Any) -> Slack:
            salesforce = receiver(prefect_url, deployment=prefect.deployment, **more)
            replies = ReplyServer()
            replies.url = f"{stack.enter_context(Serving(replies.app())).url}/actions/T1/{secrets.token_hex(12)}"
            return Slack(salesforce.url, SIGNING_SECRET, salesforce.client, replies)

        yield start


@pytest.fixture(scope="module")
def slack_for_all(slack_receiver: SlackReceiver, prefect_api: str) -> Slack:
    return slack_receiver(prefect_api)


@pytest.fixture
def slack(slack_for_all: Slack) -> Iterator[Slack]:
    """Slack, with a receiver that reaches Prefect directly; each test reads every reply."""
    slack_for_all.replies.messages = queue.Queue()
    yield slack_for_all
    assert slack_for_all.replies.messages.empty()
