"""The plan that people look at, kept with the run until they have answered: what is approved is what is done."""

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
    """A plan in plain form.

    Attributes:
        workbook: its name, for people.
        orders: the accounts that would move.
        faults: of the other rows: row, column, message.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    workbook: str
    orders: tuple[ApprovedMove, ...]
    faults: tuple[tuple[int, str, str], ...]

    def row_faults(self) -> Iterable[RowFault]:
        """What is wrong in the rows that move nothing."""
        return (RowFault(*fault) for fault in self.faults)


async def keep_plan(mark: str, plan: ApprovedPlan) -> None:
    """Keep a plan under its mark; one that is kept already stays."""
    await save_input(present_run().id, _key(mark), plan.model_dump(mode="json"))


async def kept_plan(mark: str) -> ApprovedPlan | None:
    """The plan of this mark; None when it is not kept, or cannot be read any more."""
    try:
        return ApprovedPlan.model_validate(await kept_in_run(present_run().id, _key(mark)))
    except ValidationError:
        return None


async def kept_in_run(run_id: UUID, key: str) -> Any:
    """What a run keeps under a key; None where it keeps nothing there."""
    try:
        return orjson.loads(await server().read_flow_run_input(run_id, key))
    except PrefectHTTPStatusError as error:
        if error.response.status_code == _NOT_FOUND:
            return None
        raise


async def kept_values(run_id: UUID, prefix: str) -> list[Any]:
    """All that a run keeps under keys that begin so."""
    found = await server().filter_flow_run_input(run_id, key_prefix=prefix, limit=MOST_INPUTS, exclude_keys=set())
    return [orjson.loads(one.value) for one in found]


def _key(mark: str) -> str:
    return f"plan-{mark}"
