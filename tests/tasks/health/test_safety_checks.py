"""`lifecycle check` says who could read the secrets that Prefect keeps, and what to do about it."""

import sqlite3
import stat

import pytest
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL, temporary_settings

from tasks.health.safety_checks import (
    credentials_check,
    csrf_check,
    files_check,
    is_loopback,
    key_check,
    key_in_database,
    transport_check,
)

HERE, ELSEWHERE = "http://127.0.0.1:4200/api", "http://prefect.example:4200/api"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "localhost", "::1"])
def test_who_else_reaches_the_loopback_is_nobody(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "prefect.example", "", None])  # noqa: S104 - a test
def test_every_other_address_is_reached_by_others(host):
    assert not is_loopback(host)


def open_to_anybody(*, exposed):
    return [
        credentials_check(ELSEWHERE, answers=True, exposed=exposed),
        csrf_check(on=False, exposed=exposed),
        key_check(in_environment=False, in_database=True, exposed=exposed),
    ]


def test_what_is_open_is_an_error_where_others_reach_the_server_and_a_warning_where_nobody_does():
    for exposed in (True, False):
        found = [(check.ok, check.only_warns) for check in open_to_anybody(exposed=exposed)]
        assert found == [(False, not exposed)] * 3
    for exposed in (True, False):
        for check, variable in zip(
            open_to_anybody(exposed=exposed),
            (
                "PREFECT_SERVER_API_AUTH_STRING",
                "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED",
                "PREFECT_SERVER_ENCRYPTION_KEY",
            ),
            strict=True,
        ):
            assert f"Set {variable}" in check.message


@pytest.mark.parametrize("exposed", [True, False])
def test_a_key_that_cannot_be_seen_from_here_is_a_warning_that_says_where_it_can(exposed):
    check = key_check(in_environment=False, in_database=None, exposed=exposed)
    assert (check.ok, check.only_warns) == (False, True)
    assert "Run `lifecycle check` there" in check.message


def test_what_is_closed_is_ok():
    for check in (
        credentials_check(ELSEWHERE, answers=False, exposed=True),
        csrf_check(on=True, exposed=True),
        key_check(in_environment=True, in_database=None, exposed=True),
        key_check(in_environment=False, in_database=False, exposed=True),
        transport_check(HERE),
        transport_check("https://prefect.example/api"),
    ):
        assert check.ok


def test_plain_http_to_another_machine_is_missing():
    check = transport_check(ELSEWHERE)
    assert not check.ok
    assert "PREFECT_API_URL" in check.message


@pytest.mark.parametrize(("rows", "found"), [(["ENCRYPTION_KEY"], True), (["other"], False), ([], False)])
def test_the_key_is_looked_for_in_the_database(tmp_path, rows, found):
    with sqlite3.connect(tmp_path / "prefect.db") as database:
        database.execute("CREATE TABLE configuration (key TEXT)")
        database.executemany("INSERT INTO configuration VALUES (?)", [(row,) for row in rows])
    url = f"sqlite+aiosqlite:///{tmp_path / 'prefect.db'}"
    with temporary_settings({PREFECT_API_DATABASE_CONNECTION_URL: url}):
        assert key_in_database() is found


@pytest.mark.parametrize("url", ["sqlite+aiosqlite:////nowhere/prefect.db", "postgresql+asyncpg://prefect@db/prefect"])
def test_of_a_database_elsewhere_nothing_is_known(url):
    with temporary_settings({PREFECT_API_DATABASE_CONNECTION_URL: url}):
        assert key_in_database() is None


@pytest.mark.parametrize("rights", [stat.S_IRGRP, stat.S_IROTH, stat.S_IWOTH, stat.S_IXGRP])
def test_a_folder_that_others_may_open_is_missing(tmp_path, rights):
    tmp_path.chmod(0o700 | rights)
    check = files_check(tmp_path)
    assert not check.ok
    assert f"chmod -R go= {tmp_path}" in check.message


def test_a_folder_of_ones_own_is_ok_and_so_is_none(tmp_path):
    tmp_path.chmod(0o700)
    assert files_check(tmp_path).ok
    assert files_check(tmp_path / "none").ok
