"""Read every client in all systems, page by page, for the sentences about drift (REC-2).

Salesforce and the LMS are read for one range of account ids at a time. Recurly and Outreach have no such range: their
lists are read once and kept (`Sources`). A system that cannot be read is left out of the clients' `systems`, so the
sentences that need it are not checked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from blocks.common.errors import VendorError
from blocks.common.field_map import FieldMap
from blocks.lms.block import Lms
from blocks.policy.block import Policy
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from blocks.salesforce.client import SalesforceClient
from rules.onboarding.no_welcome import is_no_welcome
from rules.reconciliation.client_state import LMS, OUTREACH, RECURLY, ClientState
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.outreach.login import outreach
from tasks.reconciliation.accounts import PAGE, SalesforceState, page_after, these
from tasks.reconciliation.lms_records import LmsRecords, records_between, records_of
from tasks.reconciliation.recurly_index import RecurlyIndex
from tasks.reconciliation.sequences import Sequences, open_sequences
from tasks.transition.policy import sequences_of

Usage = tuple[int, int]
"""The org's calls to Salesforce in 24 hours, and its allowance."""


@dataclass(frozen=True)
class Sources:
    """The lists that are read once for all clients.

    Attributes:
        recurly: None when Recurly was not read; then `unavailable` says why.
        sequences: None when Outreach was not read; likewise.
        unavailable: the reason by system. An LMS that is named here is not read with the pages.
    """

    recurly: RecurlyIndex | None = None
    sequences: Sequences | None = None
    unavailable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ClientPage:
    """Clients in the order of their ids.

    Attributes:
        last: the id after which the next page begins.
        more: whether clients may follow.
        unavailable: the reason by system, of those that were not read.
        usage: after the reading; None when Salesforce does not say.
    """

    states: list[ClientState]
    last: str
    more: bool
    unavailable: dict[str, str]
    usage: Usage | None = None


@dataclass(frozen=True)
class Systems:
    """The connections and settings with which clients are read.

    Attributes:
        no_welcome: names and ids of the clients without a welcome e-mail (PUB-6).
    """

    org: SalesforceOrg
    lms: Lms
    fields: FieldMap
    no_welcome: tuple[str, ...]

    async def after(self, after: str, sources: Sources) -> ClientPage:
        """As `read_clients_after`."""
        found, usage = await self._salesforce(lambda client: page_after(client, self.fields, after))
        last = found[-1].client.id if found else after

        async def read_lms() -> LmsRecords:
            return await records_between(self.lms.client(), after, last, self._no_welcome(found))

        states, unavailable = await _join(found, sources, read_lms)
        return ClientPage(states, last, len(found) == PAGE, unavailable, usage)

    async def these(self, account_ids: Sequence[str], sources: Sources) -> ClientPage:
        """As `read_these_clients`."""
        found, usage = await self._salesforce(lambda client: these(client, self.fields, account_ids))
        ids = [state.client.id for state in found]

        async def read_lms() -> LmsRecords:
            return await records_of(self.lms.client(), ids, self._no_welcome(found))

        states, unavailable = await _join(found, sources, read_lms)
        return ClientPage(states, ids[-1] if ids else "", more=False, unavailable=unavailable, usage=usage)

    async def _salesforce(
        self, read: Callable[[SalesforceClient], list[SalesforceState]]
    ) -> tuple[list[SalesforceState], Usage | None]:
        def with_usage() -> tuple[list[SalesforceState], Usage | None]:
            client = self.org.client()
            return read(client), client.api_usage

        return await asyncio.to_thread(with_usage)

    def _no_welcome(self, states: Sequence[SalesforceState]) -> list[str]:
        clients = [state.client for state in states if self.no_welcome]
        return [client.id for client in clients if is_no_welcome(client.id, client.name, self.no_welcome)]


async def read_clients_after(after: str, sources: Sources) -> ClientPage:
    """Up to 2,000 clients with ids after one: accounts with a CS Status or an LMS company, in the order of their ids.

    It takes two calls to Salesforce, and one more for each further 2,000 records of a kind.

    Args:
        after: `last` of the page before, or "" for the first page.
        sources: the lists of the other systems.

    Raises:
        VendorUnavailable: Salesforce is unavailable. The same call may be made again.
    """
    return await (await _systems()).after(after, sources)


async def read_these_clients(account_ids: Sequence[str], sources: Sources) -> ClientPage:
    """The clients among up to 2,000 accounts, as they are now; one that is no client any more is missing.

    Args:
        account_ids: 18 characters each.
        sources: the lists of the other systems.
    """
    return await (await _systems()).these(account_ids, sources)


async def list_recurly() -> RecurlyIndex:
    """Every account of Recurly."""
    site = await connection(RecurlySite)
    return await asyncio.to_thread(lambda: RecurlyIndex(site.client().accounts()))


async def list_sequences() -> Sequences:
    """The open sequences of account transitions, of all clients."""
    names = sequences_of(await connection(Policy))
    return await open_sequences(await outreach(), (names.automated, names.semi_automated))


async def sources_from(recurly: Awaitable[RecurlyIndex], sequences: Awaitable[Sequences]) -> Sources:
    """The lists that can be read, and why the others cannot.

    Args:
        recurly: `list_recurly`, or the step around it.
        sequences: `list_sequences`, or the step around it.
    """
    index, open_ones = await asyncio.gather(recurly, sequences, return_exceptions=True)
    unavailable = {}
    for system, outcome in ((RECURLY, index), (OUTREACH, open_ones)):
        if isinstance(outcome, VendorError):
            unavailable[system] = str(outcome)
        elif isinstance(outcome, BaseException):
            raise outcome
    return Sources(
        recurly=None if isinstance(index, BaseException) else index,
        sequences=None if isinstance(open_ones, BaseException) else open_ones,
        unavailable=unavailable,
    )


async def _systems() -> Systems:
    policy = await load_policy()
    fields = (await connection(Policy)).field_map
    return Systems(await connection(SalesforceOrg), await connection(Lms), fields, policy.no_welcome)


async def _join(
    found: Sequence[SalesforceState], sources: Sources, read_lms: Callable[[], Awaitable[LmsRecords]]
) -> tuple[list[ClientState], dict[str, str]]:
    """The clients in every system that was read, and the reason for each that was not."""
    unavailable, records = dict(sources.unavailable), LmsRecords()
    if found and LMS not in unavailable:
        try:
            records = await read_lms()
        except VendorError as error:
            unavailable[LMS] = str(error)
    read = {LMS: LMS not in unavailable, RECURLY: sources.recurly is not None, OUTREACH: sources.sequences is not None}
    systems = frozenset(system for system, was_read in read.items() if was_read)
    return [_state(one, records, sources, systems) for one in found], unavailable


def _state(found: SalesforceState, records: LmsRecords, sources: Sources, systems: frozenset[str]) -> ClientState:
    client, index = found.client, sources.recurly
    return ClientState(
        client=client,
        billing_url=found.billing_url,
        csm_lead=found.csm_lead,
        sale=found.sale,
        onboardings=found.onboardings,
        companies=records.companies.get(client.id, ()),
        publications=records.publications.get(client.id, ()),
        placeholder=records.placeholders.get(client.id),
        recurly=index.of_client(client.id, client.recurly_account_id) if index else (),
        sequences=(sources.sequences or {}).get(client.id, ()),
        systems=systems,
    )
