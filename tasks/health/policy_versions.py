"""The versions of the policy: what CS Operations changed, and when it was found (D-11).

A run that only reads the policy pays nothing for it: the scheduled check compares and records.
"""

import json
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from blocks.policy.block import Policy
from rules.common.going_live import Mode
from rules.health.policy_changes import PolicyVersion, SettingChange, policy_changes, settings_of
from tasks.core.artifacts import as_read_back, keep_page, keep_table, rows_shown_now
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.health.titles import titled
from tasks.templates import render

KEY, STATE_KEY = "policy-versions", "policy-recorded"
"""The keys of the page, and of the table of what was recorded last."""
KEPT = 100
"""Versions that the page holds; older ones are in its earlier versions."""
SETTING, VALUE, VERSIONS = "Setting", "Value", "(versions)"
MODE = "Going live → Mode"


@read_task("Record a new version of the policy")
async def record_policy_version(zone: ZoneInfo, by: str = "") -> int:
    """Record what changed since the last version; how many settings did. The first version changes nothing.

    Args:
        zone: of the time that the page shows.
        by: who made the changes; "" if nobody knows.
    """
    policy = titled(await connection(Policy))
    # As the table gives them back, so that what was only shown otherwise is no change.
    settings = {as_read_back(place): as_read_back(value) for place, value in settings_of(policy).items()}
    rows = {row[SETTING]: row[VALUE] for row in await rows_shown_now(STATE_KEY)}
    versions = [_version(one) for one in json.loads(rows.pop(VERSIONS, "[]"))]
    changes = policy_changes(rows, settings) if rows else ()
    if rows and not changes:
        return 0
    if changes:
        versions = [PolicyVersion(f"{datetime.now(zone):%Y-%m-%d %H:%M %Z}", changes, by), *versions][:KEPT]
    # Page before table: after a process that died between them, the next check finds the change again.
    await keep_page(
        render("policy_versions.md", versions=versions),
        key=KEY,
        description=f"Versions of the policy: {len(versions)} since its first check",
    )
    kept = json.dumps([asdict(version) for version in versions])
    table = [{SETTING: setting, VALUE: value} for setting, value in settings.items()]
    await keep_table([*table, {SETTING: VERSIONS, VALUE: kept}], key=STATE_KEY, description="The policy as recorded.")
    return len(changes)


def _version(kept: dict[str, object]) -> PolicyVersion:
    changes = kept["changes"]
    assert isinstance(changes, list)
    by = str(kept.get("by", ""))
    return PolicyVersion(str(kept["at"]), tuple(SettingChange(**change) for change in changes), by)


async def mode_before_stop() -> str:
    """The mode of the policy before it was last set to stopped; "" when no version says so."""
    rows = {row[SETTING]: row[VALUE] for row in await rows_shown_now(STATE_KEY)}
    for version in map(_version, json.loads(rows.get(VERSIONS, "[]"))):
        for change in version.changes:
            if change.setting == as_read_back(MODE) and change.after == Mode.STOPPED:
                return change.before
    return ""
