"""Prefect with basic auth and protection against forged requests (CSRF): deliveries are taken all the same."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from pydantic import SecretStr

from tests.support.ports import free_port
from tests.support.prefect_server import PrefectServer
from tests.webhooks.conftest import PUBLICATIONS_DEPLOYMENT, TRANSITIONS_DEPLOYMENT, Receiver
from tests.webhooks.messages import ACK, changed, new_id, sale
from tests.webhooks.prefect_side import PUBLICATIONS, TRANSITIONS, PrefectSide
from webhooks.runs.prefect_login import PrefectLogin

pytestmark = pytest.mark.flows

AUTH = "admin:a password: with colons"
TOKEN_SECONDS = 1


@pytest.fixture(scope="module")
def strict_prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Prefect that wants both; its CSRF tokens expire after a second."""
    server = PrefectServer(
        tmp_path_factory.mktemp("strict"),
        free_port(),
        PREFECT_SERVER_API_AUTH_STRING=AUTH,
        PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED="true",
        PREFECT_SERVER_API_CSRF_TOKEN_EXPIRATION=f"PT{TOKEN_SECONDS}S",
    ).start()
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
async def strict(strict_prefect: str) -> AsyncIterator[PrefectSide]:
    login = PrefectLogin(strict_prefect, SecretStr(AUTH))
    async with httpx.AsyncClient(base_url=strict_prefect, auth=login, timeout=60) as api:
        await PrefectSide(api, PUBLICATIONS_DEPLOYMENT).deploy(PUBLICATIONS)
        await PrefectSide(api, TRANSITIONS_DEPLOYMENT).deploy(TRANSITIONS)
        side = PrefectSide(api, "onboarding/onboarding")
        await side.deploy()
        yield side


@pytest.mark.long
async def test_deliveries_are_taken_and_it_is_ready_also_when_the_token_has_expired(
    receiver: Receiver, strict: PrefectSide, strict_prefect: str
) -> None:
    salesforce = receiver(strict_prefect, prefect_auth=AUTH, at_once=8)
    await strict.be_polled()
    assert (await salesforce.client.get(f"{salesforce.url}/ready")).json() == {"status": "ready"}
    begun, taken = time.monotonic(), []
    while time.monotonic() - begun < 2 * TOKEN_SECONDS:
        several = [new_id() for _ in range(4)]
        answers = await asyncio.gather(*(salesforce.outbound(sale(each)) for each in several))
        assert [each.text for each in answers] == [ACK] * 4
        taken += several
    contract = new_id("800")
    waiting = await strict.waiting_run(f"contract:{contract}")
    assert (await salesforce.outbound(changed("Contract", contract))).text == ACK
    assert (await strict.states(waiting))[-1] == "Resuming"
    assert len(await strict.runs(*taken)) == len(taken)


@pytest.mark.parametrize("auth", [None, "admin:wrong"])
async def test_without_the_right_password_it_is_not_ready_and_says_what_to_set(
    receiver: Receiver, strict: PrefectSide, strict_prefect: str, auth: str | None
) -> None:
    salesforce = receiver(strict_prefect, prefect_auth=auth)
    answer = await salesforce.client.get(f"{salesforce.url}/ready")
    assert answer.status_code == 503
    (missing,) = answer.json()["missing"]
    assert "401" in missing["what"]
    assert "PREFECT_API_AUTH_STRING" in missing["action"]
    assert "wrong" not in answer.text
    failed = await salesforce.outbound(sale(opportunity := new_id()))
    assert failed.status_code == 503
    assert await strict.runs(opportunity) == []
