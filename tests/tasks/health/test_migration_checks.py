"""`lifecycle check` compares the migrations of a database with those of the installed Prefect."""

import sqlite3

import pytest
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL, temporary_settings
from sqlalchemy.engine import make_url

from tasks.health.migration_checks import UPGRADE, applied, expected, migration_check, migration_checks


def address(file):
    return f"sqlite+aiosqlite:///{file}"


async def checked(file):
    with temporary_settings({PREFECT_API_DATABASE_CONNECTION_URL: address(file)}):
        (check,) = await migration_checks()
    return check


@pytest.fixture
def database(prefect_server, tmp_path):
    """A copy of a database that Prefect has migrated."""
    with sqlite3.connect(prefect_server.home / "prefect.db") as source, sqlite3.connect(tmp_path / "p.db") as copy:
        source.backup(copy)
    return tmp_path / "p.db"


@pytest.mark.flows
async def test_a_database_that_prefect_has_migrated_is_fine(database):
    check = await checked(database)
    assert (check.ok, check.message) == (True, "all are applied")


@pytest.mark.flows
async def test_an_earlier_or_empty_database_is_an_error_with_the_command(database):
    with sqlite3.connect(database) as earlier:
        earlier.execute("UPDATE alembic_version SET version_num = '8f5eda7c1dd7'")
    check = await checked(database)
    assert not check.ok
    assert UPGRADE in check.message
    with sqlite3.connect(database) as empty:
        empty.execute("DROP TABLE alembic_version")
    assert not (await checked(database)).ok


@pytest.mark.flows
async def test_a_database_of_a_newer_prefect_asks_for_an_update_of_the_server(database):
    with sqlite3.connect(database) as newer:
        newer.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    check = await checked(database)
    assert not check.ok
    assert "newer Prefect" in check.message


@pytest.mark.parametrize("url", ["sqlite+aiosqlite:////nowhere/p.db", "postgresql+asyncpg://me:secret@127.0.0.1:1/p"])
async def test_a_database_that_is_not_reached_from_here_is_left_to_its_server(url):
    assert await applied(make_url(url)) is None
    assert migration_check(None, "x").ok


def test_each_kind_of_database_has_migrations_of_its_own():
    assert expected("sqlite") != expected("postgresql")
