"""The habits of Prefect's server that are changed."""

import asyncio

import pytest
import sqlalchemy as sa
from jsonschema import SchemaError
from prefect.server.database.configurations import AioSqliteConfiguration
from prefect.utilities.schema_tools import validation

from deployments.server import check_each_schema_once, take_the_write_lock_first

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


@pytest.fixture
def checked(monkeypatch):
    """Every schema that is really looked at."""
    validator, found = validation._VALIDATOR, []
    check = validator.check_schema

    def look(schema, **options):
        found.append(schema)
        check(schema, **options)

    monkeypatch.setattr(validator, "check_schema", look)
    check_each_schema_once()
    return found


def test_a_schema_is_looked_at_once_and_what_is_validated_by_it_always(checked):
    schema = {"type": "object", "properties": {"rows": {"type": "integer"}}}
    for rows in (1, 2):
        validation.is_valid_schema(schema)
        assert validation.is_valid({"rows": rows}, schema)
        validation.validate({"rows": rows}, schema, raise_on_error=True)
    assert not validation.is_valid({"rows": "many"}, schema)
    with pytest.raises(validation.ValidationError, match="field 'rows'"):
        validation.validate({"rows": "many"}, schema, raise_on_error=True)
    assert len(checked) == 2  # with formats, and without


def test_what_is_no_schema_is_told_each_time(checked):
    for _ in range(2):
        with pytest.raises(ValueError, match="Invalid schema"):
            validation.is_valid_schema({"type": "no such type"})
        with pytest.raises(SchemaError):
            validation.validate({}, {"type": "no such type"}, raise_on_error=True)
    assert len(checked) == 4
