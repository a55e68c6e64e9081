"""Check the storage of kept results: without it, a Retry would not know what is done."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from prefect.client.orchestration import PrefectClient
from prefect.results import aresolve_result_storage
from prefect.settings import get_current_settings

from blocks.common.health_check import Check

NAME = "kept results"
_ADVICE = "Give this user read and write access, and free some space. Until then no run keeps what is done"


async def storage_checks(client: PrefectClient) -> list[Check]:
    """Check that a result can be written, read and deleted where runs keep theirs."""
    settings = get_current_settings().results
    block = settings.default_storage_block or await _block_of_server(client)
    if block:
        return [await block_check(block)]
    folder = Path(settings.local_storage_path)
    return [await asyncio.to_thread(folder_check, folder)]


def folder_check(folder: Path) -> Check:
    """Check a folder of results."""
    probe, text = folder / f".lifecycle-check-{uuid4().hex}", uuid4().hex
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_text(text)
        same = probe.read_text() == text
        probe.unlink()
    except OSError as error:
        return Check(NAME, ok=False, message=f"{folder}: {error.strerror or error}. {_ADVICE}")
    return Check(NAME, ok=same, message=f"{folder}: can be written and read" if same else f"{folder}: {_ADVICE}")


async def block_check(name: str | UUID) -> Check:
    """Check a storage block of Prefect, by its name `kind/name` or id. Its files stay: not every storage can delete."""
    text = b"lifecycle check"
    try:
        storage: Any = await aresolve_result_storage(name)
        await storage.write_path("lifecycle-check", text)
        same = await storage.read_path("lifecycle-check") == text
    except Exception as error:  # noqa: BLE001 - each kind of storage has errors of its own
        return Check(NAME, ok=False, message=f"Blocks → {name}: {type(error).__name__}: {error}. {_ADVICE}")
    return Check(NAME, ok=same, message=f"Blocks → {name}: can be written and read" if same else _ADVICE)


async def _block_of_server(client: PrefectClient) -> UUID | None:
    """The block that the server names for all workers that name none."""
    return (await client.read_server_default_result_storage()).default_result_storage_block_id
