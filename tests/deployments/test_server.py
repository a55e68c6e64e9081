"""The habits of Prefect's server that are changed."""

import asyncio

import pytest
import sqlalchemy as sa
from prefect.server.database.configurations import AioSqliteConfiguration

from deployments.server import take_the_write_lock_first

pytestmark = pytest.mark.flows
AT_ONCE = 8


async def added_at_once(path) -> int:
    """How many of the additions are in the database."""
    config = AioSqliteConfiguration(f"sqlite+aiosqlite:///{path}")
    engine = await config.engine()
    async with engine.begin() as connection:
        await connection.execute(sa.text("CREATE TABLE counter AS SELECT 0 AS value"))
    all_have_begun = asyncio.Barrier(AT_ONCE)

    async def add() -> None:
        async with await config.session(engine) as session:
            await all_have_begun.wait()
            async with config.begin_transaction(session):
                value = (await session.execute(sa.text("SELECT value FROM counter"))).scalar_one()
                await session.execute(sa.text("UPDATE counter SET value = :value"), {"value": value + 1})

    try:
        await asyncio.gather(*(add() for _ in range(AT_ONCE)))
        async with engine.connect() as connection:
            return (await connection.execute(sa.text("SELECT value FROM counter"))).scalar_one()
    finally:
        await engine.dispose()


async def test_transactions_that_read_before_they_write_wait_for_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr(AioSqliteConfiguration, "begin_transaction", AioSqliteConfiguration.begin_transaction)
    take_the_write_lock_first()
    assert await added_at_once(tmp_path / "prefect.db") == AT_ONCE


async def test_prefect_alone_refuses_them(tmp_path):
    with pytest.raises(sa.exc.OperationalError, match="database is locked"):
        await added_at_once(tmp_path / "prefect.db")
