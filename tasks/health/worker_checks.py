"""Check that workers on several machines work as one: the same results, code and time."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import Worker
from prefect.exceptions import ObjectNotFound

from blocks.common.health_check import Check
from tasks.health.clocks import ALLOWED
from tasks.health.declared import WORK_POOL
from tasks.health.worker_reports import WorkerReport, read_reports

HEARD_WITHIN = timedelta(minutes=2)
"""A worker says every half minute that it is there. One whose last word is older than that of another one is gone."""
_SHARE = (
    "Give all workers the same folder (PREFECT_RESULTS_LOCAL_STORAGE_PATH, on a volume that they share), or name a "
    "storage block in PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK"
)
TIME_SERVICE = "Run a time service there, such as chrony or systemd-timesyncd"


async def worker_checks(client: PrefectClient) -> list[Check]:
    """Check the workers by their own reports; Prefect's API is enough for it."""
    reports = await read_reports(client)
    try:
        workers = present(await client.read_workers_for_work_pool(WORK_POOL))
    except ObjectNotFound:  # the check of the pool says so
        workers = set()
    workers -= {report.worker for report in reports if report.ended}
    # A worker that was killed leaves its report for a while.
    there = [report for report in reports if report.worker in workers]
    silent = sorted(workers - {report.worker for report in there})
    return [sharing_check(there, silent), code_check(there), clocks_check(there)]


def present(workers: Iterable[Worker]) -> set[str]:
    """The names of the workers that are there. Prefect's own status stays `online` after a worker has died."""
    heard = {worker.name: worker.last_heartbeat_time for worker in workers if worker.last_heartbeat_time}
    newest = max(heard.values(), default=None)
    return {name for name, last in heard.items() if newest and newest - last <= HEARD_WITHIN}


def sharing_check(reports: Sequence[WorkerReport], silent: Sequence[str]) -> Check:
    """Check that each worker finds the results that the others keep: a Retry may be taken by any of them.

    Args:
        reports: of the workers that are there.
        silent: the workers that are there and do not report.
    """
    name = "workers share results"
    if unable := [report for report in reports if not report.mark]:
        where = ", ".join(f"{_place(report)}: {report.storage}" for report in unable)
        message = f"A worker cannot write a result. {where}. Give its user read and write access, and free some space"
        return Check(name, ok=False, message=message)
    if apart := _apart(reports):
        return Check(name, ok=False, message=f"{apart}, so a Retry there repeats what is done. {_SHARE}")
    if silent and len(reports) + len(silent) > 1:
        message = f"Cannot be tested: {_several(silent)} did not report. Start it by `python -m deployments.worker`"
        return Check(
            name, ok=False, message=f"{message}. Where workers run on several machines: {_SHARE}", only_warns=True
        )
    return Check(name, ok=True, message=f"{len(reports)} read each other's" if len(reports) > 1 else "one worker")


def code_check(reports: Sequence[WorkerReport]) -> Check:
    """Check that all workers run the same code, Prefect and packages."""
    name = "worker versions"
    versions = {f"Prefect {report.prefect}, code {report.code}": report for report in reports}
    if len(versions) <= 1:
        return Check(name, ok=True, message="".join(versions) or "no worker reports")
    which = "; ".join(f"{_place(report)}: {version}" for version, report in versions.items())
    advice = "Update the older ones (docs/operations.md, Updating), and start them again"
    return Check(name, ok=False, message=f"Workers differ. {which}. {advice}", only_warns=True)


def clocks_check(reports: Sequence[WorkerReport]) -> Check:
    """Check that the clocks of workers, servers and database agree."""
    name = "worker clocks"
    wrong = [
        f"the clock of the {other} is {_seconds(ahead)} that of {_place(report)}"
        for report in reports
        for other, ahead in report.clocks.items()
        if abs(ahead) > ALLOWED.total_seconds()
    ]
    if not wrong:
        return Check(name, ok=True, message=f"within {ALLOWED.seconds} s of server and database")
    message = f"{'; '.join(wrong)}. {TIME_SERVICE}"
    return Check(name, ok=False, message=message[:1].upper() + message[1:], only_warns=True)


def _apart(reports: Sequence[WorkerReport]) -> str:
    """Two workers of which one does not find the other's results, in words; "" if there are none."""
    for reader in reports:
        for writer in reports:
            if reader.reads.get(writer.mark) is False:
                return (
                    f"{_place(reader)} ({reader.storage}) does not find what {_place(writer)} ({writer.storage}) keeps"
                )
    return ""


def _place(report: WorkerReport) -> str:
    return f"{report.worker} on {report.machine}"


def _several(names: Sequence[str]) -> str:
    return ", ".join(names)


def _seconds(ahead: float) -> str:
    return f"at least {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'}"
