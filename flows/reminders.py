"""Reminders: open questions are followed up, escalated, and listed in a daily digest (D-4)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from prefect import State
from prefect.states import Completed
from pydantic import Field

from rules.common.business_time import day_off
from rules.common.going_live import Reach, meaning
from rules.questions.reminders import ReminderPolicy
from rules.questions.waiting import Waiting, gone_now, to_wake, total, waiting_lines
from tasks.core.steps import gather_all
from tasks.home.start_page import show_start_page
from tasks.outreach.login import keep_outreach_login
from tasks.procedure import Preview, Run, procedure
from tasks.questions.closing import close_cancelled
from tasks.questions.failure_reports import show_what_failed
from tasks.questions.failures import unretried_failures
from tasks.questions.sweep import record_changes, waiting_runs, wake
from tasks.questions.sweep_reports import DigestPages, digest_text, show_waiting
from tasks.runs.retries import restore_retries
from tasks.slack.messages import post_digest
from tasks.transition.workbook_runs import release_accounts_of_ended, wake_workbooks

LOOK_BACK = timedelta(days=7)
"""How far back to look for cancelled runs whose questions are still open."""
Digest = Annotated[
    bool, Field(description="Also post open questions and failed runs to the CS Operations channel, once a day.")
]


@procedure("waiting", run_name="Follow up open questions", reach=Reach.RUNS)
async def waiting(run: Run, digest: Digest = False, preview: Preview = False) -> State[Any]:
    """Wake every run that is due for a reminder or has an unread answer, and update the pages of people.

    A woken run reads its records again, and so continues by itself if a message of Salesforce was lost. A workbook's
    run that waits for its accounts is woken too; accounts whose workbook was cancelled or died are released. Questions
    of runs that were cancelled in the dashboard are closed. While everything is stopped, only the pages are updated.
    """
    now = datetime.now(UTC)
    runs, _ = await gather_all(waiting_runs(), run.load_policy())
    policy, posts = run.policy, run.policy.going_live.posts and not run.preview
    idle = run.preview or policy.going_live.is_stopped
    woken = 0 if idle else await move_on(runs, now, policy.patience)
    table = waiting_lines(runs, now, policy.patience)
    waiting_page, failures = await gather_all(show_waiting(table, policy.time_zone), unretried_failures())
    home = await show_start_page(table, failures, meaning(policy.going_live), policy.today, policy.time_zone)
    run.end_if_stopped()
    summary = f"Open questions: {len(table)} ({total(table):,.2f} MRR). Runs woken: {woken}."
    if digest and posts:
        why_not = day_off(policy.today, policy.patience.hours) or ("" if table or failures else "nothing to post")
        if not why_not:
            pages = DigestPages(waiting_page, await show_what_failed(failures), home)
            text = digest_text(table, failures, policy.today, policy.time_zone, pages)
            await post_digest(f"digest:{policy.today}", text, since=now)
        await keep_outreach_login()
        summary = f"Not posted: {why_not}. {summary}" if why_not else f"Posted once for {policy.today}. {summary}"
    return Completed(message=summary)


async def move_on(runs: Sequence[Waiting], now: datetime, patience: ReminderPolicy) -> int:
    """Wake the runs that have something to post or to read, or wait for accounts; how many woke.

    A run whose Retry a late report of a crash has overridden goes on, too. Accounts that no run waits for are released.
    """
    due, workbooks, retries, *_ = await gather_all(
        wake_due(runs, now, patience),
        wake_workbooks(),
        restore_retries(now),
        release_accounts_of_ended(now),
        close_cancelled(now - LOOK_BACK),
    )
    return int(due + workbooks + retries)


async def wake_due(runs: Sequence[Waiting], now: datetime, patience: ReminderPolicy) -> int:
    """Wake every run for which something is due; how many."""
    changes = await record_changes(runs)
    due = [(run, why) for run in runs if (why := to_wake(run, now, patience, changes))]
    gone = {run.run_id: gone_now(run, changes) for run, _ in due}
    await gather_all(
        *(wake.labelled(run.name)(why.value, run.run_id, run.state_id, gone[run.run_id]) for run, why in due)
    )
    return len(due)
