"""Failed runs reach people, who retry one or all of them (REC-3)."""

from datetime import UTC, datetime
from typing import Annotated, Any
from zlib import crc32

from prefect import State
from prefect.states import Completed
from pydantic import Field

from rules.common.going_live import Reach
from rules.common.text import counted
from rules.questions.failure_classes import SLUGS, VENDORS
from rules.questions.failure_retry import BadRetryRequest, parse_request
from rules.questions.failures import is_to_report
from tasks.core.errors import BadInput
from tasks.core.locks import FAILURE_REPORT, lock
from tasks.procedure import Preview, Run, procedure
from tasks.questions.failure_reports import report, show_what_failed
from tasks.questions.failure_retries import requested_failures, retry_failures, show_retries, would_retry
from tasks.questions.failures import repair_tags, unretried_failures

OfClass = Annotated[
    str,
    Field(
        title="Class",
        description="Retry all failed runs of this class, for example unavailable. Empty if you name runs.",
        json_schema_extra={"enum": ["", *SLUGS]},
    ),
]
OfVendor = Annotated[
    str,
    Field(
        title="Vendor",
        description="Only runs whose message blames this vendor, for example LMS. Empty for all.",
        json_schema_extra={"enum": ["", *VENDORS]},
    ),
]
Since = Annotated[
    str, Field(title="Since", description="Only runs that failed since then: 30m, 2h, 3d or 2027-03-31T14:00.")
]
Runs = Annotated[
    str,
    Field(title="Runs", description="Links or ids of failed runs, separated by spaces. Empty if you choose a class."),
]


@procedure("failures", run_name="Report failed runs", reach=Reach.REPORTS)
async def report_failures(run: Run, preview: Preview = False) -> State[Any]:
    """Inform the CS Operations channel about the runs that failed or crashed since the last report (REC-3).

    Each failure is reported once. A run that is retried and fails again is reported again. Failures of one cause share
    a message. The page *what-failed* lists all of them, and their tags are repaired.
    """
    async with lock(FAILURE_REPORT):
        now = datetime.now(UTC)
        failures = await unretried_failures()
        new = [failure for failure in failures if is_to_report(failure, now)]
        if run.preview:
            return Completed(name="Previewed", message=f"Failed runs to report: {len(new)}.")
        await show_what_failed(failures)
        await repair_tags(failures, now)
        if new:
            await report(failures, new, now)
    return Completed(message=f"Failed runs: {len(failures)}. Reported to CS Operations: {len(new)}.")


@procedure("failures", run_name="Retry failed runs", reach=Reach.RUNS)
async def retry_failed(
    run: Run,
    failure_class: OfClass = "",
    vendor: OfVendor = "",
    *,
    since: Since = "",
    runs: Runs = "",
    preview: Preview = False,
) -> State[Any]:
    """Retry failed runs, all of a class or those that you name. A run that waits for a person is left alone.

    Each run is retried once, one a second, so that new sales get their turn. As a preview, lists the runs only.
    """
    await run.begin(f"retry-failed:{crc32(f'{failure_class} {vendor} {since} {runs}'.encode()):08x}")
    now = datetime.now(run.policy.time_zone)
    try:
        request = parse_request(runs, failure_class, vendor, since, now)
    except BadRetryRequest as error:
        raise BadInput(str(error)) from None
    await run.open(request.title)
    found, left = await requested_failures(request)
    lines = left + (would_retry(found) if run.preview else await retry_failures(found))
    await show_retries(lines, preview=run.preview)
    if run.preview:
        return Completed(name="Previewed", message=f"{counted(len(found), 'run')} would be retried.")
    await show_what_failed(await unretried_failures())
    retried = sum(line.is_retried for line in lines)
    others = f" Left alone: {len(lines) - retried}; the page says why." if len(lines) > retried else ""
    return Completed(message=f"{counted(retried, 'run')} retried.{others}")
