"""Runs that one process does together read each block once, and none for another's failure."""

import pytest
from prefect.blocks.core import Block

from blocks.common.errors import CredentialsRejected
from tasks.core.connections import BLOCK_NAME, connection, shared_connections

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_api")]


class Kettle(Block):
    """Something that is connected to."""

    _block_type_name = "Kettle"

    cups: int


async def cups() -> int:
    return (await connection(Kettle)).cups


async def test_a_block_is_read_once_for_all_that_is_done_together_and_anew_after_that():
    for filled in (1, 2):
        await Kettle(cups=filled).save(BLOCK_NAME, overwrite=True)
        with shared_connections():
            assert await cups() == filled
            await Kettle(cups=9).save(BLOCK_NAME, overwrite=True)
            assert await cups() == filled
    await Kettle.adelete(BLOCK_NAME)


async def test_one_that_could_not_be_read_is_read_again_by_the_next_who_asks():
    with shared_connections():
        with pytest.raises(CredentialsRejected, match="Kettle → default is missing"):
            await cups()
        await Kettle(cups=3).save(BLOCK_NAME)
        assert await cups() == 3
    await Kettle.adelete(BLOCK_NAME)
