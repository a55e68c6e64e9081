"""The plan that people look at, kept with the run until they have answered: what is approved is what is done."""

from collections.abc import Iterable

from prefect.exceptions import ObjectNotFound
from pydantic import BaseModel, ConfigDict, ValidationError

from rules.transition_orders import Order
from rules.transition_rows import RowFault
from tasks.conversation import note
from tasks.runs import present_run, server


class Kept(BaseModel):
    """A plan in plain form.

    Attributes:
        workbook: its name, for people.
        orders: the accounts that would move.
        faults: of the other rows: row, column, message.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    workbook: str
    orders: tuple[Order, ...]
    faults: tuple[tuple[int, str, str], ...]

    def row_faults(self) -> Iterable[RowFault]:
        """What is wrong in the rows that move nothing."""
        return (RowFault(*fault) for fault in self.faults)


async def keep_plan(mark: str, plan: Kept) -> None:
    """Keep a plan under its mark; one that is kept already stays."""
    await note(present_run().id, _key(mark), plan.model_dump(mode="json"))


async def kept_plan(mark: str) -> Kept | None:
    """The plan of this mark; None when it is not kept, or cannot be read any more."""
    try:
        return Kept.model_validate_json(await server().read_flow_run_input(present_run().id, _key(mark)))
    except (ObjectNotFound, ValidationError):
        return None


def _key(mark: str) -> str:
    return f"plan-{mark}"
