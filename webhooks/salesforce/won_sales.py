"""Reads in Salesforce whether opportunities are won (ONB-1), and which accounts have no won opportunity (PUB-1).

Salesforce's messages may arrive out of order, and a stage may have another name than in the settings. So if only the
stage in a message prevents an onboarding, the record decides. The message of a contract does not say whether its
account is a customer. Prefect's block holds the org's address and credentials.
"""

import asyncio
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, SecretStr

from blocks.common.errors import VendorError
from rules.common.ids import to18
from webhooks.common.errors import TransientError
from webhooks.runs.prefect_api import PrefectApi
from webhooks.runs.prefect_blocks import read_block

if TYPE_CHECKING:
    from blocks.salesforce.client import SalesforceClient

BLOCK: Final = "salesforce-org/default"
OPPORTUNITY_PREFIX: Final = "006"
CONTRACT_PREFIX: Final = "800"
WON: Final = "SELECT Id FROM Opportunity WHERE IsWon = true AND Id IN {}"
OF_NO_CUSTOMER: Final = (
    "SELECT Id FROM Contract WHERE Id IN {} AND AccountId != null"
    " AND AccountId NOT IN (SELECT AccountId FROM Opportunity WHERE IsWon = true AND AccountId != null)"
)
KEPT_SECONDS: Final = 60.0
TIMEOUT_SECONDS: Final = 4.0


class _Org(BaseModel):
    """The fields of the org's block that a login needs."""

    model_config = ConfigDict(hide_input_in_errors=True)

    my_domain: str
    auth: str = "client_credentials"
    consumer_key: SecretStr
    consumer_secret: SecretStr | None = None
    username: str | None = None
    private_key: SecretStr | None = None
    api_version: str = "59.0"
    base_url: str | None = None


class WonSales:
    """Reads opportunities in Salesforce. One per process; `clock` returns seconds."""

    def __init__(self, api: PrefectApi, clock: Callable[[], float] = time.monotonic) -> None:
        self._api, self._clock = api, clock
        # One thread, because a client belongs to one thread; so only one call is made at a time.
        self._thread = ThreadPoolExecutor(1, "salesforce")
        self._lock = asyncio.Lock()
        self._client: SalesforceClient | None = None
        self._read_at = 0.0

    async def won(self, opportunities: Collection[str]) -> set[str]:
        """The ids of these opportunities that are won now; ids have 18 characters.

        Raises:
            PrefectError: Salesforce or Prefect did not answer; the sender must repeat the delivery.
        """
        try:
            return await self._ids(WON, opportunities, OPPORTUNITY_PREFIX)
        except VendorError as error:
            raise TransientError(f"Salesforce did not say whether the opportunity is won. {error}") from error

    async def contracts_without(self, contracts: Collection[str]) -> set[str]:
        """The ids of these contracts whose account has no won opportunity, so that nothing is set up for it.

        Raises:
            PrefectError: Salesforce or Prefect did not answer.
        """
        try:
            return await self._ids(OF_NO_CUSTOMER, contracts, CONTRACT_PREFIX)
        except VendorError as error:
            raise TransientError(f"Salesforce did not say whether the account is a customer. {error}") from error

    def close(self) -> None:
        """Stop the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _ids(self, soql: str, ids: Collection[str], prefix: str) -> set[str]:
        client = await self._current_client()
        records = await asyncio.get_running_loop().run_in_executor(self._thread, _query, client, soql, sorted(ids))
        return {to18(str(record.get("Id")), prefix) for record in records}

    async def _current_client(self) -> "SalesforceClient":
        async with self._lock:
            if self._client is None or self._clock() - self._read_at >= KEPT_SECONDS:
                org = await read_block(self._api, _Org, BLOCK, "run the bootstrap, or create it")
                loop = asyncio.get_running_loop()
                self._client = await loop.run_in_executor(self._thread, _client_of, org)
                self._read_at = self._clock()
            return self._client


def _client_of(org: _Org) -> "SalesforceClient":
    from blocks.salesforce.client import SalesforceClient  # noqa: PLC0415 - takes a second, and few deliveries need it
    from blocks.salesforce.login import Login, SharedToken, credentials_of  # noqa: PLC0415 - the same

    return SalesforceClient(
        Login(
            credentials_of(org),
            SharedToken(),
            base_url=org.base_url,
            api_version=org.api_version,
            seconds=TIMEOUT_SECONDS,
        )
    )


def _query(client: "SalesforceClient", soql: str, ids: list[str]) -> list[dict[str, Any]]:
    from simple_salesforce.format import format_soql  # noqa: PLC0415 - the same

    return client.query(format_soql(soql, ids))
