"""Values that a run keeps as its own inputs in Prefect, for its later tries and for other processes of the run."""

from typing import Any
from uuid import UUID

import orjson
from prefect.exceptions import PrefectHTTPStatusError

from tasks.runs.claims import present_run, server

MOST_INPUTS = 100_000
_CONFLICT = 409


async def save_input(run_id: UUID, key: str, value: Any = None) -> bool:
    """Save an input, unless the run has one with that key; whether it was saved."""
    try:
        await server().create_flow_run_input(run_id, key, orjson.dumps(value).decode())
    except PrefectHTTPStatusError as error:
        if error.response.status_code == _CONFLICT:
            return False
        raise
    return True


async def remember_once(key: str, value: Any) -> Any:
    """Save a value under a key of the present run; later calls, of any process, return the value saved first."""
    run_id = present_run().id
    await save_input(run_id, key, value)
    return orjson.loads(await server().read_flow_run_input(run_id, key))
