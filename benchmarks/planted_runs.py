"""Many past runs in Prefect's database: copies of real ones with all that belongs to them, spread over the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

OF_A_RUN = {
    "flow_run": "t.id",
    "flow_run_state": "t.flow_run_id",
    "task_run": "t.flow_run_id",
    "task_run_state": "(SELECT o.flow_run_id FROM task_run o WHERE o.id = t.task_run_id)",
    "log": "t.flow_run_id",
    "artifact": "t.flow_run_id",
    "flow_run_input": "t.flow_run_id",
}
"""The tables of a run, and the run of a row."""
_COPIED = ("id", "flow_run_id", "task_run_id", "state_id", "result_artifact_id")
"""Columns with the id of a row that is copied too: each copy has ids of its own."""
_NAMES = ("idempotency_key", "key")
_COLUMNS = (
    "SELECT column_name, udt_name FROM information_schema.columns"
    " WHERE table_schema = current_schema AND table_name = $1 AND is_generated = 'NEVER'"
)


@dataclass(frozen=True)
class Planted:
    """Runs to plant.

    Attributes:
        of: the ids of the real runs.
        copies: of each run.
        days: the copies are spread evenly over so many days before now.
    """

    of: Sequence[UUID]
    copies: int
    days: int


async def plant(connection: asyncpg.Connection, runs: Planted) -> None:
    """Copy runs with their states, steps, logs, pages and inputs; the user must be a superuser of the database."""
    async with connection.transaction():
        # Runs and states name each other, so neither can come first.
        await connection.execute("SET LOCAL session_replication_role = replica")
        for table, run in OF_A_RUN.items():
            columns = await connection.fetch(_COLUMNS, table)
            names = ", ".join(f'"{column["column_name"]}"' for column in columns)
            values = ", ".join(_copied(column["column_name"], column["udt_name"]) for column in columns)
            await connection.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t"  # noqa: S608 - names of columns
                f" CROSS JOIN generate_series(1, $2::int) AS n WHERE {run} = ANY($1::uuid[])",
                runs.of,
                runs.copies,
                runs.days / runs.copies,
            )


def _copied(column: str, kind: str) -> str:
    """The value of a column of copy `n`; `$3` are the days between two copies."""
    value = f't."{column}"'
    if column in _COPIED:
        return f"CASE WHEN {value} IS NOT NULL THEN md5({value}::text || n)::uuid END"
    if column in _NAMES:
        return f"{value} || '-' || n"
    if column == "tags":
        return f"""replace({value}::text, '"opportunity:', '"opportunity:' || n || '-')::jsonb"""
    if kind == "timestamptz":
        return f"{value} - n * $3::float * interval '1 day'"
    return value
