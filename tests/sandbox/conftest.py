from collections.abc import Iterator

import pytest

from tests.support.sandbox import SandboxProcess, start_sandbox


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[SandboxProcess]:
    with start_sandbox() as process:
        yield process


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> SandboxProcess:
    """The sandbox with an empty world, nothing ordered and an empty journal."""
    sandbox_process.reset("empty")
    return sandbox_process
