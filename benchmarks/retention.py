"""`lifecycle bench --runs 50000`: what past runs cost, in bytes and in waiting, and what deleting them gives back."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.server.database.dependencies import provide_database_interface
from prefect.server.services.db_vacuum import vacuum_old_flow_runs
from prefect.settings import PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD, temporary_settings

from benchmarks.burst import onboard
from benchmarks.dashboard_queries import Query, queries, seconds_of
from benchmarks.database_size import growth, table_sizes
from benchmarks.measured_run import completed, create_run, pause_worker
from benchmarks.planted_runs import Planted, plant
from benchmarks.report import Figure
from benchmarks.sales import open_sales
from benchmarks.sandbox_admin import SandboxAdmin
from deployments.stack.processes import NotReady
from deployments.stack.stack import Stack, progress
from tasks.health.declared import WORK_POOL

REAL = 10
"""Real runs of each kind, whose size is measured, and which are copied."""
SALES, HOUSEKEEPING = "onboarding/onboarding", "waiting/reminders"
SHARE_OF_SALES = 0.1
"""The share of onboardings among the planted runs. Scheduled runs, some 600 a day, are most of a usual database."""
DAYS = 100
"""The planted runs are spread over so many days. Those of the older half are deleted."""
LEAST = 100
"""Bytes of a run below which a table is not listed."""
LONGEST = 120.0
"""Seconds that a run may take."""
TAG_INDEX = "CREATE INDEX CONCURRENTLY ix_flow_run_tags ON flow_run USING gin (tags)"
"""Prefect has no index of tags. Each claim, and each message of Salesforce, looks for runs by their tags."""

Growth = dict[str, float]
"""Bytes of one run by table."""


async def measure(stack: Stack, runs: int) -> list[Figure]:
    """The figures of so many past runs on Postgres: their size, the time of queries, and their deletion."""
    database = await asyncpg.connect(stack.settings.database_url.get_secret_value().replace("+asyncpg", ""))
    try:
        async with get_client() as client, SandboxAdmin(stack.settings.sandbox_url) as admin:
            sales, sizes = await _onboard_some(client, admin, database)
            checks, sizes[HOUSEKEEPING] = await _keep_house(client, database)
        return [*_sizes(sizes), *await _past(database, stack.settings.prefect_url, runs, sales, checks)]
    finally:
        await database.close()


async def _onboard_some(
    client: PrefectClient, admin: SandboxAdmin, database: asyncpg.Connection
) -> tuple[list[UUID], dict[str, Growth]]:
    """Onboard some sales; the ids of their runs, and the bytes of one."""
    sales = await open_sales(admin, REAL + 1)
    await admin.set_latencies({})
    await admin.switch_messages(on=True)
    await onboard(client, sales[:1])
    before = await _settled_sizes(database)
    await onboard(client, sales[1:])
    await pause_worker(client, paused=True)
    after = await _settled_sizes(database)
    await pause_worker(client, paused=False)
    found = [run.id for run in await client.read_flow_runs(limit=200) if "onboarding" in run.tags]
    return found, {SALES: growth(before, after, REAL, least=LEAST)}


async def _keep_house(client: PrefectClient, database: asyncpg.Connection) -> tuple[list[UUID], Growth]:
    """Run some scheduled runs at once; their ids, and the bytes of one. Then the worker takes no more runs."""
    before = await _settled_sizes(database)
    runs = [await create_run(client, HOUSEKEEPING) for _ in range(REAL)]
    for run in runs:
        await _ended(client, run)
    await pause_worker(client, paused=True)
    return runs, growth(before, await _settled_sizes(database), REAL, least=LEAST)


async def _ended(client: PrefectClient, run_id: UUID) -> None:
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        run = await client.read_flow_run(run_id)
        if run.state and run.state.is_final():
            completed(run)
            return
        await asyncio.sleep(1)
    raise NotReady(f"{run_id} did not end within {LONGEST:.0f} s.")


async def _past(
    database: asyncpg.Connection, url: str, runs: int, sales: list[UUID], checks: list[UUID]
) -> list[Figure]:
    """Plant runs, and time the queries with them, with an index of tags, and after half of them were deleted."""
    opportunity = await database.fetchval("SELECT parameters->>'opportunity_id' FROM flow_run WHERE id = $1", sales[0])
    pages, rounds = queries(str(sales[0]), opportunity, WORK_POOL), dict[str, dict[str, float]]()
    with httpx.Client(base_url=f"{url}/api", trust_env=False, timeout=120) as api:
        rounds["few runs"] = _timed(api, pages)
        progress.print(f"Planting {runs:,} runs …")
        begun, of_sales = time.monotonic(), round(runs * SHARE_OF_SALES)
        for real, count in ((sales, of_sales), (checks, runs - of_sales)):
            await plant(database, Planted(real, max(1, count // len(real)), DAYS))
        progress.print(f"Planted in {time.monotonic() - begun:.0f} s")
        planted = await table_sizes(database)
        await database.execute("ANALYZE")
        progress.print("Timing the queries, and deleting the older half …")
        rounds[f"{runs:,} more"] = _timed(api, pages)
        await database.execute(TAG_INDEX)
        rounds["with an index of tags"] = _timed(api, pages)
        deleted, seconds = await _delete(database)
        await database.execute("VACUUM ANALYZE")
        rounds["after deletion and VACUUM"] = _timed(api, pages)
    return [*_times(rounds), *_deletion(deleted, seconds, planted, await table_sizes(database))]


def _timed(api: httpx.Client, pages: dict[str, list[Query]]) -> dict[str, float]:
    return {page: seconds_of(api, calls) for page, calls in pages.items()}


async def _settled_sizes(database: asyncpg.Connection) -> dict[str, int]:
    """The sizes without the space of dead rows, which the next rows would take."""
    await database.execute("VACUUM (FULL, ANALYZE)")
    return await table_sizes(database)


async def _delete(database: asyncpg.Connection) -> tuple[int, float]:
    """Delete the older half of the planted runs as Prefect's server does; their number, and the seconds."""
    count, begun = "SELECT count(*) FROM flow_run", time.monotonic()
    before = await database.fetchval(count)
    with temporary_settings({PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD: timedelta(days=DAYS / 2)}):
        await vacuum_old_flow_runs(db=provide_database_interface())
    return before - await database.fetchval(count), time.monotonic() - begun


def _sizes(sizes: dict[str, Growth]) -> Iterator[Figure]:
    for name, tables in sizes.items():
        topic = f"Growth for a run of {name}"
        yield Figure(topic, "all tables with their indexes", sum(tables.values()) / 1024, "KiB")
        yield from (Figure(topic, table, size / 1024, "KiB") for table, size in tables.items())


def _times(rounds: dict[str, dict[str, float]]) -> Iterator[Figure]:
    for page in next(iter(rounds.values())):
        yield from (Figure(page, name, 1000 * times[page], "ms") for name, times in rounds.items())


def _deletion(deleted: int, seconds: float, before: dict[str, int], after: dict[str, int]) -> Iterator[Figure]:
    topic = "Deletion by Prefect's vacuum"
    yield Figure(topic, "runs", deleted)
    yield Figure(topic, "speed", deleted / seconds, "runs/s")
    yield Figure(topic, "database before", sum(before.values()) / 2**20, "MiB")
    yield Figure(topic, "database after deletion and VACUUM", sum(after.values()) / 2**20, "MiB")
