"""Stand-ins for the matrix alone, and its table at the end of the session."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from blocks.policy.block import Policy
from blocks.slack.block import SlackWorkspace
from deployments.provisioning.sandbox_blocks import sandbox_blocks
from tests.faults.matrix.procedures import Procedure
from tests.faults.matrix.table import CELL, lines
from tests.support.sales import SalesPeople
from tests.support.sandbox import SandboxProcess, start_sandbox
from tests.support.stored_blocks import data_of, store_data, stored_data

if TYPE_CHECKING:
    from prefect.blocks.core import Block

    from deployments.stack.credentials import SandboxCredentials

Fresh = Callable[[type[Procedure]], Awaitable[Procedure]]
APART = 10_000
"""Ids that each world leaves out after the one before: Prefect knows the runs of its records."""
_worlds = count(1)


@pytest.fixture(scope="session")
def matrix_sandbox(credentials: "SandboxCredentials") -> Iterator[SandboxProcess]:
    with start_sandbox("demo", **credentials.for_sandbox()) as process:
        yield process


@pytest.fixture
async def fresh(
    blocks: "dict[str, Block]",
    matrix_sandbox: SandboxProcess,
    credentials: "SandboxCredentials",
    tmp_path: Path,
) -> AsyncIterator[Fresh]:
    """Makes a procedure in a world of which Prefect knows no run. Every client logs in anew."""

    async def make(kind: type[Procedure]) -> Procedure:
        skipped = APART * next(_worlds)
        matrix_sandbox.reset(kind.world, skip_ids=skipped)
        await store(sandbox_blocks(matrix_sandbox.url, credentials, matrix_sandbox.smtp_port), **kind.policy)
        procedure = kind(SalesPeople(matrix_sandbox), tmp_path, skipped)
        await procedure.prepare()
        return procedure

    async def store(made: "tuple[Block, ...]", **policy: object) -> None:
        another = 1 + next(_worlds) / 100_000  # with another value, it is another block, with a client of its own
        for block in made:
            seconds = 1 if isinstance(block, SlackWorkspace) else another
            await store_data(numbers[type(block)], data_of(block) | {"timeout_seconds": seconds})
        usual = {name: getattr(blocks["lifecycle-policy"], name) for name in Policy.model_fields}
        await store_data(numbers[Policy], data_of(Policy.model_validate(usual | policy)))

    async def stored(block: "Block") -> tuple[object, dict[str, object]]:
        found = await stored_data(block)
        assert found, f"{block.get_block_type_slug()} is not stored"
        return found

    before = {type(block): await stored(block) for block in blocks.values()}
    numbers = {kind: number for kind, (number, _) in before.items()}
    yield make
    for number, data in before.values():
        await store_data(number, data)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    cells = [value for report in reports for name, value in report.user_properties if name == CELL]
    if cells:
        terminalreporter.section("fault matrix")
        for line in lines(cells):
            terminalreporter.write_line(line)
