"""The plan that people approve, saved with the run: exactly the approved plan is executed."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from prefect.exceptions import PrefectHTTPStatusError
from pydantic import BaseModel, ConfigDict, ValidationError

from rules.transition.approved_move import ApprovedMove
from rules.transition.rows import RowFault
from tasks.runs.claims import present_run, server
from tasks.runs.inputs import MOST_INPUTS, save_input

_NOT_FOUND = 404


class ApprovedPlan(BaseModel):
    """A plan as plain values.

    Attributes:
        workbook: its name.
        orders: the moves.
        faults: row, column and message of each fault in the other rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    workbook: str
    orders: tuple[ApprovedMove, ...]
    faults: tuple[tuple[int, str, str], ...]

    def row_faults(self) -> Iterable[RowFault]:
        """The faults of the rows that cannot be moved."""
        return (RowFault(*fault) for fault in self.faults)


async def save_plan(mark: str, plan: ApprovedPlan) -> None:
    """Save a plan under its mark; a plan saved before is kept."""
    await save_input(present_run().id, _key(mark), plan.model_dump(mode="json"))


async def load_plan(mark: str) -> ApprovedPlan | None:
    """The plan saved under a mark; None when there is none, or an earlier version saved it in another form."""
    try:
        return ApprovedPlan.model_validate(await load_input(present_run().id, _key(mark)))
    except ValidationError:
        return None


async def load_input(run_id: UUID, key: str) -> Any:
    """The value that a run saved under a key; None when it saved none."""
    try:
        return orjson.loads(await server().read_flow_run_input(run_id, key))
    except PrefectHTTPStatusError as error:
        if error.response.status_code == _NOT_FOUND:
            return None
        raise


async def load_inputs(run_id: UUID, prefix: str) -> list[Any]:
    """The values that a run saved under keys with this prefix."""
    inputs = await server().filter_flow_run_input(run_id, key_prefix=prefix, limit=MOST_INPUTS, exclude_keys=set())
    return [orjson.loads(row.value) for row in inputs]


def _key(mark: str) -> str:
    return f"plan-{mark}"
