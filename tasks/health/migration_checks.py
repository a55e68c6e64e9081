"""Check that Prefect's database has the form that the installed Prefect expects."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import asyncpg
import prefect
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL
from sqlalchemy.engine import URL, make_url

from blocks.common.health_check import Check

UPGRADE: Final = "`prefect server database upgrade -y`"
SECONDS: Final = 5.0
_VERSIONS: Final = Path(prefect.__file__).parent / "server" / "database" / "_migrations" / "versions"
_REVISION: Final = re.compile(r'^(down_revision|revision)\b[^=\n]*=\s*(?:"(\w+)"|\'(\w+)\')', re.MULTILINE)
_APPLIED: Final = "SELECT version_num FROM alembic_version"


async def migration_checks() -> list[Check]:
    """Check the database that this machine's settings name; from elsewhere only its server knows."""
    url = make_url(str(PREFECT_API_DATABASE_CONNECTION_URL.value()))
    dialect = url.get_backend_name()
    return [migration_check(await applied(url), expected(dialect))]


def migration_check(found: str | None, wanted: str) -> Check:
    """Compare the last applied migration with the last one of the installed Prefect.

    Args:
        found: "" if the database has none; None if it is not reached from here.
        wanted: the last one of the installed Prefect.
    """
    name = "migrations"
    if found is None:
        return Check(name, ok=True, message="the database is not reached from here; the server answers every check")
    if found == wanted:
        return Check(name, ok=True, message="all are applied")
    if found and not _is_known(found):
        problem = f"The database is of a newer Prefect than {prefect.__version__}, which is installed here"
        return Check(name, ok=False, message=f"{problem}. Update the server (docs/operations.md, Updating)")
    problem = f"The database has not all migrations of Prefect {prefect.__version__}, so calls fail"
    return Check(name, ok=False, message=f"{problem}. Run {UPGRADE} with the server's settings")


def expected(dialect: str) -> str:
    """The last migration of the installed Prefect. Its files are read as text: importing them takes seconds."""
    revisions: set[str] = set()
    before: set[str] = set()
    for file in (_VERSIONS / dialect).glob("*.py"):
        for kind, *quoted in _REVISION.findall(file.read_text(encoding="utf-8")):
            (revisions if kind == "revision" else before).add("".join(quoted))
    (last,) = revisions - before
    return last


async def applied(url: URL) -> str | None:
    """The last migration of a database; "" if it has none, None if this machine does not reach it."""
    if url.get_backend_name() == "sqlite":
        return _applied_to_file(Path(str(url.database)))
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        connection = await asyncpg.connect(dsn, timeout=SECONDS)
    except (OSError, asyncpg.PostgresError, ValueError):
        return None
    try:
        return str(await connection.fetchval(_APPLIED) or "")
    except asyncpg.UndefinedTableError:
        return ""
    finally:
        await connection.close()


def _applied_to_file(file: Path) -> str | None:
    if not file.is_file():
        return None
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
        try:
            row = database.execute(_APPLIED).fetchone()
        except sqlite3.OperationalError:
            return ""
    return str(row[0]) if row else ""


def _is_known(revision: str) -> bool:
    return any(revision in file.read_text(encoding="utf-8") for file in _VERSIONS.rglob("*.py"))
