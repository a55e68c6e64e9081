"""The scheduled check: what breaks between two checks reaches CS Operations (REC-3)."""

from typing import Any

from prefect import State
from prefect.states import Completed

from rules.common.going_live import Mode, Reach
from rules.health.findings import health_change, summary
from tasks.core.steps import gather_all
from tasks.health.policy_versions import record_policy_version
from tasks.health.reports import find_findings, keep_errors, last_check, report_change, show_findings
from tasks.procedure import Preview, Run, procedure
from tasks.runs.claims import created


@procedure("check", run_name="Check connections and settings", reach=Reach.REPORTS)
async def check(run: Run, preview: Preview = False) -> State[Any]:
    """Test every connection, right and setting, and inform CS Operations of what broke and what is in order again.

    The same tests as the command `lifecycle check`, from the worker's machine. A policy that was edited since the last
    check is recorded as a new version.
    """
    await run.begin(f"check:{created():%Y-%m-%d}")
    await run.open()
    findings, last = await gather_all(find_findings(), last_check())
    await show_findings(findings, run.policy.time_zone)
    change = health_change(last.errors, findings)
    # Before an account is live, nobody is told anything. The page of the findings is there for whoever looks.
    speaks = not run.preview and run.policy.going_live.mode is Mode.LIVE
    if change and speaks:
        await report_change(change, findings, last)
        # Only what was told is known: if Slack was down, the next check tells it.
        await keep_errors(last.errors, findings)
    changed = 0 if run.preview else await record_policy_version(run.policy.time_zone)
    settings = f" Settings of the policy that changed: {changed}." if changed else ""
    return Completed(message=f"{summary(findings)}. Since the last check: {change.text}.{settings}")
