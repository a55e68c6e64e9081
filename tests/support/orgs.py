"""Fixtures for an empty org without Prefect: one sandbox a test process, begun anew for every test."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.sandbox import SandboxProcess, start_sandbox

if TYPE_CHECKING:
    # Every test session loads this module; Prefect is imported only in those that ask for it.
    from tests.support.past_sales import PastSales


@pytest.fixture(scope="session")
def stand_in_process() -> Iterator[SandboxProcess]:
    with start_sandbox() as process:
        yield process


@pytest.fixture
def stand_in(stand_in_process: SandboxProcess) -> SandboxProcess:
    """The stand-ins with an empty world, no fault ordered and an empty journal. No block points to them."""
    stand_in_process.reset("empty")
    return stand_in_process


@pytest.fixture
def org(stand_in_process: SandboxProcess) -> "PastSales":
    from tests.support.past_sales import PastSales  # noqa: PLC0415 - imports Prefect

    return PastSales(stand_in_process)
