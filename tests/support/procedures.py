"""Fixtures for procedures that run in the test's process: one sandbox and one set of blocks for the whole session."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.sales import SalesPeople
from tests.support.sandbox import SandboxProcess, start_sandbox

if TYPE_CHECKING:
    # Every test session loads this module; Prefect is imported only in those that ask for it.
    from prefect.blocks.core import Block

    from deployments.stack.credentials import SandboxCredentials

    Override = Callable[..., Awaitable[None]]


@pytest.fixture(scope="session")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> "SandboxCredentials":
    """Credentials of this session alone, the default password among them."""
    from deployments.stack.credentials import credentials_of  # noqa: PLC0415 - imports Prefect

    return credentials_of(tmp_path_factory.mktemp("credentials"))


@pytest.fixture(scope="session")
def stand_ins(credentials: "SandboxCredentials") -> Iterator[SandboxProcess]:
    with start_sandbox("demo", **credentials.for_sandbox()) as process:
        yield process


@pytest.fixture(scope="session")
async def limits(prefect_api: str) -> None:  # noqa: ARG001 - the server that they are stored in
    """The global concurrency limits that serve as locks."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - imports Prefect

    from deployments.provisioning.bootstrap import create_limits  # noqa: PLC0415 - imports Prefect

    async with get_client() as client:
        await create_limits(client)


@pytest.fixture(scope="session")
async def blocks(
    limits: None,  # noqa: ARG001 - runs take them
    stand_ins: SandboxProcess,
    credentials: "SandboxCredentials",
) -> "dict[str, Block]":
    """The blocks as saved, by their type's slug: they point to the stand-ins and wait for little."""
    from blocks.policy.block import Policy  # noqa: PLC0415 - imports Prefect
    from deployments.provisioning.sandbox_blocks import sandbox_blocks  # noqa: PLC0415 - imports Prefect

    policy = Policy(recurly_wait_seconds=1)
    made = (*sandbox_blocks(stand_ins.url, credentials, stand_ins.smtp_port), policy)
    for block in made:
        await block.save("default", overwrite=True)
    return {block.get_block_type_slug(): block for block in made}


@pytest.fixture
async def override(blocks: "dict[str, Block]") -> AsyncIterator["Override"]:
    """Saves a block with other values, `await override("lms", api_key="wrong")`; takes them back at the end."""
    from tests.support.stored_blocks import data_of, store_data, stored_data  # noqa: PLC0415 - imports Prefect

    changed: set[str] = set()

    async def store(slug: str, block: "Block") -> None:
        stored = await stored_data(block)
        assert stored, f"{slug} is not stored"
        number, before = stored
        # The tokens of the last login stay: the first refresh token is worth nothing any more.
        kept = {name: before[name] for name in getattr(block, "LAST_LOGIN", ()) if name in before}
        await store_data(number, data_of(block) | kept)

    async def save(slug: str, **values: object) -> None:
        usual = blocks[slug]
        fields = {name: getattr(usual, name) for name in type(usual).model_fields} | values
        changed.add(slug)
        await store(slug, type(usual).model_validate(fields))

    yield save
    for slug in changed:
        await store(slug, blocks[slug])


@pytest.fixture
def sandbox(
    stand_ins: SandboxProcess,
    blocks: "dict[str, Block]",  # noqa: ARG001 - runs find the stand-ins through them
) -> Iterator[SandboxProcess]:
    """The stand-ins with the demo world, in which every test makes sales of its own: one world for the session."""
    yield stand_ins
    stand_ins.clear_faults()
    stand_ins.behaviour(recurly_account="soon", onboarding_record="soon", clears="")


@pytest.fixture(scope="session")
def people_of_the_org(stand_ins: SandboxProcess) -> SalesPeople:
    return SalesPeople(stand_ins)


@pytest.fixture
def people(
    people_of_the_org: SalesPeople,
    sandbox: SandboxProcess,  # noqa: ARG001 - whoever makes a sale means to onboard it
) -> SalesPeople:
    """The people of the org, who make and repair sales."""
    return people_of_the_org
