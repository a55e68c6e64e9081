"""What each worker says of itself and of the others, for `lifecycle check`, which may run on another machine.

A worker keeps its report in a variable of Prefect, and writes a mark where runs keep results. Its report says whose
marks it has read. It is renewed every other minute.
"""

import re
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import prefect
from anyio import to_thread
from prefect.client.orchestration import PrefectClient
from prefect.filesystems import LocalFileSystem
from prefect.results import aget_default_result_storage
from pydantic import BaseModel, ValidationError

from tasks.health.clocks import offset, utc_now
from tasks.health.code_checksum import code_checksum

EVERY: Final = timedelta(minutes=2)
"""Between two reports of a worker."""
CURRENT: Final = timedelta(minutes=5)
"""A report that is older than the newest one by more than this is of a worker that has ended."""
FORGOTTEN: Final = timedelta(hours=1)
"""After this a report, and the mark of its worker in a folder, are deleted."""
MOST: Final = 200
"""Reports that Prefect returns in one call."""
TAG: Final = "lifecycle-worker"
FOLDER: Final = ".lifecycle-workers"
"""Where the marks are, among the results."""


class WorkerReport(BaseModel):
    """One worker.

    Attributes:
        worker: its name in Prefect.
        machine: its host.
        prefect: the version of Prefect.
        code: the checksum of its code.
        storage: where its runs keep results, in words.
        mark: what it has written there; "" if it could not.
        reads: whether it has read the marks of other workers, by mark.
        clocks: by how many seconds each clock (`server`, `database`) is ahead of its own, at least.
        ended: it was stopped. Prefect lists it for a while.
    """

    worker: str
    machine: str
    prefect: str
    code: str
    storage: str
    mark: str = ""
    reads: dict[str, bool] = {}
    clocks: dict[str, float] = {}
    ended: bool = False


class Reporter:
    """Reports of one worker; one for each process. `clock` returns the time of this machine."""

    def __init__(self, client: PrefectClient, worker: str, clock: Callable[[], datetime] = utc_now) -> None:
        self._http = client._client  # noqa: SLF001 - Prefect's methods hide the headers of an answer
        self._worker, self._mark, self._clock = worker, uuid4().hex, clock
        self._clocks: dict[str, float] = {}
        self._storage: Any = None
        self._last: WorkerReport | None = None

    async def report(self) -> None:
        """Write the mark, read those of the others, and say so; forget workers that ended long ago.

        Raises:
            httpx.HTTPError: Prefect does not answer, or refuses.
        """
        self._storage = await aget_default_result_storage()
        others = [(report, updated) for report, updated in await _kept(self._http) if report.worker != self._worker]
        mark = self._mark if await _write(self._storage, self._worker, self._mark) else ""
        report = WorkerReport(
            worker=self._worker,
            machine=socket.gethostname(),
            prefect=prefect.__version__,
            code=await to_thread.run_sync(code_checksum),
            storage=_place(self._storage),
            mark=mark,
            reads={other.mark: await _holds(self._storage, other) for other in _current(others) if _has_mark(other)},
            clocks=self._clocks,
        )
        self._last = report
        updated = await self._keep(report)
        for other, last in others:
            if updated - last > (CURRENT if other.ended else FORGOTTEN):
                await _delete(self._http, other.worker)
                await _unmark(self._storage, other.worker)

    async def end(self) -> None:
        """Say that the worker ends, and delete its mark."""
        if self._last is None:
            return
        ended = self._last.model_copy(update={"ended": True})
        with suppress(httpx.HTTPError):
            await self._http.patch(f"/variables/name/{variable(self._worker)}", json=_kept_as(ended))
        await _unmark(self._storage, self._worker)

    async def _keep(self, report: WorkerReport) -> datetime:
        """Replace the report; the database's time."""
        if not self._clocks:
            await self._create(report)
        path, sent = f"/variables/name/{variable(self._worker)}", self._clock()
        try:
            await self._http.patch(path, json=_kept_as(report))
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.NOT_FOUND:
                raise
            self._clocks = {}  # somebody has deleted it
            return await self._keep(report)
        answered = self._clock()
        # Prefect's server leaves this time to the database.
        updated = datetime.fromisoformat((await self._http.get(path)).json()["updated"])
        first = "database" not in self._clocks
        self._clocks["database"] = offset(updated, sent, answered)
        return await self._keep(report.model_copy(update={"clocks": self._clocks})) if first else updated

    async def _create(self, report: WorkerReport) -> None:
        """Begin the report anew: when it was created is the time of the server."""
        await _delete(self._http, self._worker)
        sent = self._clock()
        created = await self._http.post("/variables/", json={"name": variable(self._worker), **_kept_as(report)})
        self._clocks["server"] = offset(datetime.fromisoformat(created.json()["created"]), sent, self._clock())


async def read_reports(client: PrefectClient) -> list[WorkerReport]:
    """The reports of the workers that are there, or were until a moment ago."""
    return _current(await _kept(client._client))  # noqa: SLF001 - Prefect's method has no filter


def variable(worker: str) -> str:
    """The name of the variable with a worker's report."""
    return f"{TAG}-{_slug(worker)}"


def _slug(worker: str) -> str:
    return re.sub("[^a-z0-9]+", "-", worker.casefold())


def _current(reports: Sequence[tuple[WorkerReport, datetime]]) -> list[WorkerReport]:
    """Those of workers that are there, by the newest report: whoever reads may have another clock."""
    newest = max((updated for _, updated in reports), default=None)
    return [report for report, updated in reports if newest and newest - updated <= CURRENT]


async def _kept(http: httpx.AsyncClient) -> list[tuple[WorkerReport, datetime]]:
    """Every report with its time; a variable that somebody has edited into something else is none."""
    which = {"variables": {"tags": {"all_": [TAG]}}, "limit": MOST}
    found = []
    for row in (await http.post("/variables/filter", json=which)).json():
        with suppress(ValidationError):
            found.append((WorkerReport.model_validate(row["value"]), datetime.fromisoformat(row["updated"])))
    return found


def _kept_as(report: WorkerReport) -> dict[str, Any]:
    return {"value": report.model_dump(), "tags": [TAG]}


async def _delete(http: httpx.AsyncClient, worker: str) -> None:
    try:
        await http.delete(f"/variables/name/{variable(worker)}")
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.NOT_FOUND:
            raise


def _has_mark(report: WorkerReport) -> bool:
    return bool(report.mark) and not report.ended


async def _unmark(storage: Any, worker: str) -> None:
    if not isinstance(storage, LocalFileSystem):  # not every storage can delete
        return
    with suppress(OSError):
        await to_thread.run_sync(partial(_path(storage, worker).unlink, missing_ok=True))


def _file(worker: str) -> str:
    return f"{FOLDER}/{_slug(worker)}"


def _path(storage: LocalFileSystem, worker: str) -> Path:
    return Path(str(storage.basepath)).expanduser() / _file(worker)


def _place(storage: Any) -> str:
    """Where results are kept, in words."""
    if isinstance(storage, LocalFileSystem):
        return f"the folder {storage.basepath}"
    return f"the block {storage.get_block_type_slug()}/{storage._block_document_name}"  # noqa: SLF001 - no other way


async def _write(storage: Any, worker: str, mark: str) -> bool:
    try:
        await storage.write_path(_file(worker), mark.encode())
    except Exception:  # noqa: BLE001 - each kind of storage has errors of its own
        return False
    return True


async def _holds(storage: Any, other: WorkerReport) -> bool:
    """Whether the mark of another worker is in our storage."""
    try:
        return bool(await storage.read_path(_file(other.worker)) == other.mark.encode())
    except Exception:  # noqa: BLE001 - each kind of storage has errors of its own
        return False
