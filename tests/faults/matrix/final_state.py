"""The final state of all systems as lines that can be compared, though the runs had other ids and other times."""

import json
import re
import string
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tests.support.runs import audit_page
from tests.support.sandbox import SandboxProcess

SYSTEMS = ("salesforce", "lms", "recurly", "slack", "outreach", "mail")
IGNORED = {
    "CreatedDate",
    "LastModifiedDate",
    "SystemModstamp",
    "ContentModifiedDate",
    "createdAt",
    "updatedAt",
    "created_at",
    "updated_at",
    "at",
    "n",
    "logins",
    "uuid",
    "ContentSize",
    "created",
    "received",
    "size",
}
"""Times of writing, numbers that count requests, and the size of a workbook, which has a time in it."""
MASKS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b"), "<run>"),
    (re.compile(r"\b\d{10}\.\d{6}\b"), "<message>"),
    (re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d[\d:.]*(Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b20\d\d-\d\d-\d\d,? (at )?\d\d:\d\d(:\d\d)?( \w+)?"), "<time>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12}\b"), "<recurly id>"),
    (re.compile(r"(Harbor Group|Aspen Clinic) \d+"), r"\1"),
    (re.compile(r"\bF0\d{9}\b"), "<file>"),
    (re.compile(r"\b001hs\w{10,13}(?=@)"), "<account>"),
)


RECORD_ID = re.compile(r"\b([0-9a-zA-Z]{3})Hs([0-9A-Za-z]{10})(?:[A-Z0-5]{3})?\b")
AUTO_NUMBER = re.compile(r"\b0\d{7}\b")
"""Of contracts and cases."""
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase


async def final_state(sandbox: SandboxProcess, skipped_ids: int, accounts: Sequence[str]) -> Counter[str]:
    """Every value of every record in every system, and the audit lines of these accounts.

    Args:
        sandbox: with the world in which the procedure ended.
        skipped_ids: how many ids of Salesforce's records the world left out.
        accounts: ids.
    """
    lines = [line for system in SYSTEMS for line in _of_system(system, sandbox.state(system))]
    for account in accounts:
        audit = await audit_page(account)
        lines += [f"audit {one['system']} {one['record']} {one['field']}: {one['after']}" for one in audit]
    return Counter(_masked(line, skipped_ids) for line in lines)


def differences(clean: Counter[str], found: Counter[str]) -> list[str]:
    """The lines that one of the states has more often than the other."""
    missing = [f"- {line}" for line in (clean - found).elements()]
    return [*missing, *(f"+ {line}" for line in (found - clean).elements())]


def _of_system(name: str, state: dict[str, Any]) -> Iterator[str]:
    tables = state.pop("records", {}) | {kind: rows for kind, rows in state.items() if isinstance(rows, list)}
    for kind, rows in tables.items():
        for row in rows:
            yield from _of_record(f"{name} {kind}", row)


def _of_record(kind: str, row: dict[str, Any]) -> Iterator[str]:
    """The record in one line; the messages of a channel in a line each."""
    nested = {name: row.pop(name) for name in ("messages", "ephemeral") if name in row}
    yield f"{kind} {_text(row)}"
    for name, messages in nested.items():
        yield from (f"{kind} {row.get('name')} {name} {_text(message)}" for message in messages)


def _text(value: object) -> str:
    return json.dumps(_without_times(value), sort_keys=True, default=str)


def _masked(text: str, skipped_ids: int) -> str:
    """The text without times and ids of runs and messages; records with their number in the world."""
    for pattern, stands_for in MASKS:
        text = pattern.sub(stands_for, text)
    text = RECORD_ID.sub(lambda found: f"{found[1]}#{_in_world(_number(found[2]), skipped_ids)}", text)
    return AUTO_NUMBER.sub(lambda found: f"#{_in_world(int(found[0]), skipped_ids)}", text)


def _in_world(number: int, skipped_ids: int) -> int:
    """The number of a record in its world; records that every world has are before those that were left out."""
    return number - skipped_ids if number > skipped_ids else number


def _number(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number * len(DIGITS) + DIGITS.index(digit)
    return number


def _without_times(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_times(one) for name, one in value.items() if name not in IGNORED}
    if isinstance(value, list):
        return [_without_times(one) for one in value]
    return value
