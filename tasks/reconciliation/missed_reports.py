"""Inform CS Operations about missed messages (REC-1)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.reconciliation.missed_records import Missed, MissedRecord
from tasks.core.connections import connection
from tasks.core.steps import write_task
from tasks.runs.claims import created, page
from tasks.slack.messages import post_for_cs_ops
from tasks.templates import render

LISTED = 20
"""Records that one message names; it counts the others."""


async def report_missed(plan: Missed, runs: Mapping[str, str], today: date) -> None:
    """Inform CS Operations, once: one message about all runs that were started or retried (REC-1).

    Runs that were held back are reported once a day for each kind.

    Args:
        plan: what was found.
        runs: the ids of the runs, from `make_up_for`.
        today: in the org's time zone.
    """
    if done := [record for record in plan.to_do if record.id in runs]:
        names = ",".join(sorted(record.key or record.mark for record in done))
        key, since = f"missed:{sha256(names.encode()).hexdigest()[:20]}", created()
        await post_missed(key, count=len(done), text=await _text(done, runs), since=since)
    for group, held in _by_group(plan.held).items():
        key, since = f"missed:held:{group}:{today}", datetime.now(UTC) - timedelta(days=1)
        await post_missed(key, count=len(held), text=await _text(held, {}), since=since)


def _by_group(records: Sequence[MissedRecord]) -> dict[str, list[MissedRecord]]:
    groups = defaultdict[str, list[MissedRecord]](list)
    for record in records:
        groups[record.group].append(record)
    return groups


async def _text(records: Sequence[MissedRecord], runs: Mapping[str, str]) -> str:
    """The message about records; those without a run were held back."""
    policy, org = await connection(Policy), await connection(SalesforceOrg)
    return render(
        "missed.slack",
        records=records,
        pages={record_id: page(UUID(run_id)) for record_id, run_id in runs.items()},
        record_url=org.record_url,
        most=policy.reconciliation_max_started,
        listed=LISTED,
    )


@write_task("Report {count} missed messages to CS Operations", keyed_by=("key",))
async def post_missed(key: str, *, count: int, text: str, since: datetime) -> None:
    """Post one message about missed messages in the CS Operations channel, once.

    Args:
        key: names the message for ever.
        count: of the records.
        text: the message, in Slack's markup.
        since: how far back to search (UTC).
    """
    await post_for_cs_ops(key, text, f"{count} missed messages", "REC-1", since=since)
