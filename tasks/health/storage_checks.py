"""Check the storage of kept results: without it, a Retry would not know what is done."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

from prefect.client.orchestration import PrefectClient
from prefect.exceptions import ObjectNotFound
from prefect.results import aresolve_result_storage
from prefect.settings import get_current_settings

from blocks.common.health_check import Check
from tasks.health.declared import WORK_POOL

NAME = "kept results"
_ADVICE = "Give this user read and write access, and free some space. Until then no run keeps what is done"


async def storage_checks(client: PrefectClient) -> list[Check]:
    """Check that a result can be written, read and deleted where runs keep theirs."""
    settings = get_current_settings().results
    if settings.default_storage_block:
        return [await block_check(settings.default_storage_block)]
    folder = Path(settings.local_storage_path)
    check = await asyncio.to_thread(folder_check, folder)
    return [check, sharing_check(await _workers(client), folder)]


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


async def block_check(name: str) -> Check:
    """Check a storage block of Prefect, by its name `kind/name`. Its files stay: not every storage can delete."""
    text = b"lifecycle check"
    try:
        storage: Any = await aresolve_result_storage(name)
        await storage.write_path("lifecycle-check", text)
        same = await storage.read_path("lifecycle-check") == text
    except Exception as error:  # noqa: BLE001 - each kind of storage has errors of its own
        return Check(NAME, ok=False, message=f"Blocks → {name}: {type(error).__name__}: {error}. {_ADVICE}")
    return Check(NAME, ok=same, message=f"Blocks → {name}: can be written and read" if same else _ADVICE)


def sharing_check(workers: int, folder: Path) -> Check:
    """Check that workers on several machines cannot have folders of their own."""
    name = "workers share results"
    if workers <= 1:
        return Check(name, ok=True, message="one worker")
    advice = (
        f"{workers} workers are online. If they run on several machines, {folder} must be the same folder for all, or "
        "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK must name a storage block: otherwise a Retry does not find what is done"
    )
    return Check(name, ok=False, message=advice, only_warns=True)


async def _workers(client: PrefectClient) -> int:
    try:
        workers = await client.read_workers_for_work_pool(WORK_POOL)
    except ObjectNotFound:  # the check of the pool says so
        return 0
    return sum(worker.status is not None and worker.status.value == "ONLINE" for worker in workers)
