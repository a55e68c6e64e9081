"""A Postgres server of one's own."""

from pathlib import Path
from tempfile import mkdtemp

import asyncpg
import psutil
import pytest

from benchmarks import _burst_on_postgres, postgres
from benchmarks.postgres import NOT_INSTALLED, programs, running_postgres
from benchmarks.report import Report, exceeded
from deployments.stack.processes import NotReady
from deployments.stack.settings import StackSettings

pytestmark = pytest.mark.processes


@pytest.fixture
def folder():
    """A new folder in one that the user of Postgres may enter."""
    parent = Path(mkdtemp())
    parent.chmod(0o711)
    return parent / "database"


@pytest.fixture
def installed():
    found = programs()
    if found is None:
        pytest.skip(NOT_INSTALLED)
    return found


def has_ended(pid: int) -> bool:
    """The process has ended, also if the system has not waited for it yet."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def test_it_serves_what_prefect_needs_and_waits_for_the_disk(folder, installed):
    with running_postgres(folder, installed) as server:
        url = server.url.get_secret_value().replace("+asyncpg", "")
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE EXTENSION pg_trgm")
        assert await connection.fetchval("SHOW fsync") == "on"
        await connection.close()
        assert psutil.Process(server.pid).username() != "root"
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(url, password="wrong")
    assert has_ended(server.pid)


def test_it_stops_when_the_measurement_fails(folder, installed):
    with pytest.raises(ZeroDivisionError), running_postgres(folder, installed) as server:
        raise ZeroDivisionError
    assert has_ended(server.pid)


@pytest.mark.parametrize(("initdb", "failed"), [("false", "initdb"), ("true", "pg_ctl")])
def test_a_failure_names_the_program_and_the_log(folder, initdb, failed):
    installed = folder.parent / "programs"
    installed.mkdir(mode=0o755)
    for name, does in {"initdb": initdb, "pg_ctl": "false"}.items():
        (installed / name).symlink_to(f"/bin/{does}")
    with pytest.raises(NotReady, match=f"{failed} failed.*postgres.log"), running_postgres(folder, installed):
        pass


@pytest.fixture
def nothing_installed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres, "_DEBIAN", tmp_path)
    return tmp_path


def test_without_postgres_the_report_says_so_and_nothing_is_broken(nothing_installed):
    figures = _burst_on_postgres(StackSettings(), nothing_installed, 6)
    assert [(figure.value, figure.missing) for figure in figures] == [(None, NOT_INSTALLED)]
    assert exceeded(Report(figures, (0, 0))) == []


def test_the_newest_version_of_debian_counts(nothing_installed):
    tmp_path = nothing_installed
    assert programs() is None
    for version in ("9.6", "15"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    assert programs() == tmp_path / "15" / "bin"
