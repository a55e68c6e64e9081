"""The report of shadow mode: what the runs of a week would have done, against what people did (ADR-17)."""

from typing import Any

from prefect import State
from prefect.states import Completed

from flows.weekly_report import AnyDay, requested_week
from rules.common.going_live import Reach
from rules.common.text import counted
from rules.reports.shadow import ShadowWeek, compared, latest
from tasks.core.steps import gather_all
from tasks.procedure import Preview, Run, procedure
from tasks.reports.shadow import draw_shadow, read_in_lms, read_in_salesforce, show_shadow
from tasks.reports.shadow_plans import read_plans


@procedure("shadow-report", run_name="Report of shadow mode", reach=Reach.RUNS)
async def shadow_report(run: Run, week: AnyDay = "", preview: Preview = False) -> State[Any]:
    """Compare what runs in shadow mode have planned in a week with Salesforce and the LMS as they are now.

    Nothing is written or posted, with or without preview.
    """
    await run.begin(f"shadow-report:{week.strip() or 'last'}")
    reported = requested_week(week, run.policy.today, run.policy.time_zone)
    await run.open(f"Report of shadow mode from {reported.monday}")
    plans, runs = await read_plans(reported)
    values = latest(plans)
    accounts = sorted({one.account_id for one in values if one.place and one.system == "LMS"})
    label = counted(len(values), "change")
    in_salesforce, in_lms = await gather_all(
        read_in_salesforce.labelled(label)(values), read_in_lms.labelled(counted(len(accounts), "account"))(accounts)
    )
    report = ShadowWeek(reported, runs, compared(values, {**in_salesforce, **in_lms}))
    await show_shadow(report, await draw_shadow(report))
    total = report.total
    share = "nobody has done any of it yet" if total.percent is None else f"people did {total.percent} % the same"
    return Completed(
        message=f"Week from {reported.monday}: {counted(runs, 'run')} previewed, {label}; {share}.",
    )
