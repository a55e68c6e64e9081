"""`lifecycle plan policy`: what a change of the policy would alter. Nothing is written."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from blocks.common.errors import VendorError
from blocks.common.load_block import problems_of
from blocks.policy.block import Policy
from blocks.policy.sections import PolicySections, in_sections
from blocks.salesforce.block import SalesforceOrg
from deployments.commands.simulate import NothingToSimulate, back_test
from rules.assignment.backtest_difference import ChangedAssignment, changed_assignments
from rules.common.text import counted
from rules.health.policy_changes import policy_changes, settings_of
from tasks.core.connections import connection
from tasks.core.policy import snapshot_of
from tasks.health.titles import titled
from tasks.salesforce.backtest import History, read_history

out = Console(highlight=False)
MOST_ROWS = 50


class WrongPolicy(Exception):
    """Raised when the file is no change of a policy; the message says what to correct."""


async def preview_policy(file: Path, days: int) -> int:
    """Print which settings change, and which assignments of the last `days` days would differ; 1 if it cannot."""
    try:
        present = await connection(Policy)
        changed = changed_policy(present, read_changes(file))
        changes = policy_changes(settings_of(titled(present)), settings_of(titled(changed)))
        _print(f"{counted(len(changes), 'setting')} would change.")
        for change in changes:
            _print(f"  {change.setting}: {change.before} → {change.after}")
        if changes:
            await _replay(present, changed, days)
    except (WrongPolicy, VendorError) as problem:
        _print(str(problem))
        return 1
    return 0


def read_changes(file: Path) -> Mapping[str, Any]:
    """The settings in a YAML file.

    Raises:
        WrongPolicy: the file cannot be read, or has no settings.
    """
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise WrongPolicy(f"{file} cannot be read as YAML: {reason}") from None
    if not isinstance(data, dict) or not data:
        raise WrongPolicy(f"{file} has no settings: write one a line, for example `weight_of_mrr: 0.3`.")
    return {str(name): value for name, value in data.items()}


def changed_policy(present: Policy, changes: Mapping[str, Any]) -> Policy:
    """The present policy with the changes, each in its section or without one.

    Raises:
        WrongPolicy: a setting does not exist, or its value is wrong.
    """
    wanted = in_sections(changes)
    if unknown := sorted(_unknown(PolicySections, wanted)):
        raise WrongPolicy(f"No such setting: {', '.join(unknown)}. docs/procedures.md names the settings.")
    try:
        return Policy.model_validate(_merged(present.model_dump(include=set(PolicySections.model_fields)), wanted))
    except ValidationError as invalid:
        raise WrongPolicy(problems_of(Policy, invalid)) from None


def _unknown(kind: type[BaseModel], data: Mapping[str, Any]) -> set[str]:
    """The names in the data that no section has; those of tables are checked by the tables."""
    names: set[str] = set()
    for name, value in data.items():
        field = kind.model_fields.get(name)
        if field is None:
            names.add(name)
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names |= {f"{name}.{each}" for each in _unknown(field.annotation, value if isinstance(value, dict) else {})}
    return names


def _merged(present: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The present values with the changes; sections and objects of fields are merged, tables are replaced."""
    merged = dict(present)
    for name, value in changes.items():
        inside = isinstance(value, dict) and isinstance(merged.get(name), dict) and name != "slack_members"
        merged[name] = _merged(merged[name], value) if inside else value
    return merged


async def _replay(present: Policy, changed: Policy, days: int) -> None:
    """Print the sales of the last days that would have been assigned otherwise."""
    org, policies = await connection(SalesforceOrg), [snapshot_of(policy) for policy in (present, changed)]
    last = policies[0].today
    first = last - timedelta(days=days)

    def read(number: int) -> History:
        fields = (present, changed)[number].field_map
        return read_history(org.client(), fields, policies[number], first, last, by_figures=True)

    histories = [await asyncio.to_thread(read, number) for number in (0, 1)]
    try:
        before, after = (
            back_test(history, policy, first, last) for history, policy in zip(histories, policies, strict=True)
        )
    except NothingToSimulate as nothing:
        _print(f"No assignment can be compared: {nothing}")
        return
    differences = changed_assignments(before, after, *(history.sales for history in histories))
    total = counted(len(after.takers), "sale")
    _print(f"Of {total} won from {first} to {last}, {len(differences)} would have been assigned otherwise.")
    _print(f"Without a CSM, so that the team lead is asked: {len(before.untaken)} before, {len(after.untaken)} after.")
    if differences:
        out.print(_table(differences))
        _print("Segments are taken from MRR and users of each sale, not from its account.")


def _table(differences: tuple[ChangedAssignment, ...]) -> Table:
    table = Table("Closed", "Account", "Segment", "CSM")
    for change in differences[:MOST_ROWS]:
        cells = (change.sale.day.isoformat(), change.sale.account, _change(change.segments), _change(change.csms))
        table.add_row(*map(Text, cells))
    if len(differences) > MOST_ROWS:
        table.caption = f"and {len(differences) - MOST_ROWS} more"
    return table


def _change(values: tuple[str, str]) -> str:
    before, after = values
    return after if before == after else f"{before} → {after}"


def _print(text: str) -> None:
    out.print(text, markup=False, soft_wrap=True)
