"""The size of Prefect's database, by table."""

import asyncpg

_SIZES = "SELECT relname, pg_total_relation_size(relid) AS bytes FROM pg_stat_user_tables"


async def table_sizes(connection: asyncpg.Connection) -> dict[str, int]:
    """The bytes of each table with its indexes and long values."""
    return {row["relname"]: row["bytes"] for row in await connection.fetch(_SIZES)}


def growth(before: dict[str, int], after: dict[str, int], by: int, *, least: int = 1) -> dict[str, float]:
    """The bytes by which each table grew for one of `by` equal things; tables that grew by fewer are left out."""
    grown = {table: (size - before.get(table, 0)) / by for table, size in after.items()}
    return {table: size for table, size in sorted(grown.items(), key=lambda each: -each[1]) if size >= least}
