"""What the code reads and writes in Salesforce, from the code itself: its statements, and its table of written fields.

`STATEMENTS` calls every function that makes a statement. A function that is missing there is found by `makers`.
"""

import ast
import dataclasses
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap
from sandbox.salesforce import schema
from sandbox.salesforce.schema.model import SObject
from sandbox.salesforce.soql.parser import parse
from sandbox.salesforce.soql.syntax import Path as FieldPath
from sandbox.salesforce.soql.syntax import Query
from tasks.onboarding import placeholders
from tasks.questions import sweep
from tasks.reconciliation import accounts, missed_records
from tasks.salesforce import (
    account_facts,
    backtest,
    books,
    calendars,
    clients,
    ends,
    sales,
    snapshot,
    team,
    transition,
    writes,
)
from webhooks.salesforce import won_sales

ROOT = Path(__file__).parents[3]
CODE = ("tasks", "webhooks", "blocks", "flows")
FIELDS = FieldMap()
DAY, MOMENT, ZONE = date(2027, 3, 1), datetime(2027, 3, 1, tzinfo=UTC), ZoneInfo("America/New_York")
ACCOUNT = "001Hs0000000001IAA"
NEW_FILE = ("Title", "PathOnClient", "VersionData", "FirstPublishLocationId")
WRITTEN_FILES = {("ContentDocument", "Title"), *(("ContentVersion", name) for name in NEW_FILE)}
"""`tasks/transition/checklist.py` creates and withdraws files."""

AMONG = clients.among([ACCOUNT])
STATEMENTS: list[Callable[[], str | list[str]]] = [
    lambda: placeholders.accounts_statement(["Acme"]),
    lambda: [soql for _, soql in sweep._lookups([f"{kind}:{ACCOUNT}" for kind in sweep.SOBJECTS])],
    lambda: accounts.count_statement(FIELDS),
    lambda: accounts._accounts_statement(FIELDS, f"WHERE {accounts._between(FIELDS, ACCOUNT, ACCOUNT)('Id')}"),
    lambda: accounts._related(FIELDS, accounts._between(FIELDS, ACCOUNT, ACCOUNT)),
    lambda: missed_records.statements(FIELDS, DAY, ZONE),
    lambda: account_facts._statements(account_facts.ReadSettings(FIELDS, DAY, ZONE), [ACCOUNT]),
    lambda: backtest.start_statement(FIELDS, DAY, DAY, MOMENT),
    lambda: backtest.held_statement(FIELDS),
    lambda: backtest.sales_statement(FIELDS, DAY, DAY),
    lambda: books.books_statement(FIELDS, ACCOUNT),
    lambda: books.contracts_statement(FIELDS, DAY),
    lambda: calendars.calendars_statement([ACCOUNT], DAY, DAY),
    lambda: calendars.zones_statement(FIELDS, [ACCOUNT]),
    lambda: clients.client_statements(FIELDS, [ACCOUNT]),
    lambda: ends.due_statements(FIELDS, DAY, DAY, DAY, ZONE),
    lambda: sales.sale_query(FIELDS, ACCOUNT),
    lambda: snapshot.customer_statement(FIELDS, ACCOUNT, None, DAY),
    lambda: snapshot.onboardings_statement(FIELDS, ACCOUNT),
    lambda: team.team_statement(FIELDS),
    lambda: team.calendar_statement(FIELDS, DAY, DAY),
    lambda: transition._select_accounts(FIELDS, "Id != null"),
    lambda: transition._team(FIELDS),
    lambda: [
        writes._values_statement(sobject, [(ACCOUNT, label) for label in columns], columns)
        for sobject, columns in writes._columns(FIELDS).items()
    ],
    lambda: [format_soql(soql, [ACCOUNT]) for soql in (won_sales.WON, won_sales.OF_NO_CUSTOMER)],
    # A step whose statement is no function of its own.
    lambda: "SELECT AccountId FROM Contract WHERE Id = '800Hs0000000001IAA'",
    lambda: format_soql(
        "SELECT ContentDocumentId, ContentDocument.Title FROM ContentDocumentLink WHERE LinkedEntityId = {}", ACCOUNT
    ),
    lambda: "SELECT Id FROM Organization LIMIT 1",
    lambda: "SELECT IsActive FROM User",
]
IN_STEPS = {
    ("tasks/salesforce/clients.py", "account_of"),
    ("tasks/transition/checklist.py", "checklist_titles"),
    ("blocks/salesforce/block.py", "_check"),
    ("tasks/health/safety_checks.py", "key_in_database"),  # another database
    ("tasks/health/migration_checks.py", ""),  # that database, too
    ("webhooks/salesforce/won_sales.py", ""),
}


def statements() -> tuple[list[str], set[tuple[str, str]]]:
    """Every statement, and the functions that were called for them, by file and name."""
    called: set[tuple[str, str]] = set()

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call" and (file := Path(frame.f_code.co_filename)).is_relative_to(ROOT):
            called.add((str(file.relative_to(ROOT)), frame.f_code.co_name))

    made: list[str] = []
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        for make in STATEMENTS:
            result = make()
            made += [result] if isinstance(result, str) else result
    finally:
        sys.setprofile(before)
    return made, called


def makers() -> Iterator[tuple[str, str]]:
    """The functions that make a statement, by file and name: they call `select`, or contain a statement."""
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for function in _making(ast.parse(path.read_text()), ""):
                yield str(path.relative_to(ROOT)), function


def _making(node: ast.AST, function: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id == "select":
            yield function
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and _is_soql(child.value):
            yield function
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from _making(child, child.name if named else function)


def _is_soql(text: str) -> bool:
    return "SELECT " in text and " FROM " in text


def fields_read(statement: str) -> set[tuple[str, str]]:
    """The fields that a statement reads, by object and name, with the look-ups on the way to them."""
    return set(_of_query(parse(statement), None))


def _of_query(query: Query, parent: SObject | None) -> Iterator[tuple[str, str]]:
    child = schema.CHILDREN.get(parent.name, {}).get(query.source.lower()) if parent else None
    source = schema.object_named(child.child if child else query.source)
    assert source is not None, query.source
    if child:
        yield source.name, child.field
    aliases = {item.alias for item in query.items}
    yield from _below([query.items, query.where, query.group, query.order], source, aliases)


def _below(node: Any, source: SObject, aliases: set[str]) -> Iterator[tuple[str, str]]:
    if isinstance(node, Query):
        yield from _of_query(node, source)
    elif isinstance(node, FieldPath):
        if str(node) not in aliases:
            yield from _of_path(node, source)
    elif isinstance(node, list | tuple):
        for each in node:
            yield from _below(each, source, aliases)
    elif dataclasses.is_dataclass(node):
        for field in dataclasses.fields(node):
            yield from _below(getattr(node, field.name), source, aliases)


def _of_path(path: FieldPath, source: SObject) -> Iterator[tuple[str, str]]:
    for step in path.steps[:-1]:
        lookup = source.parent_named(step)
        assert lookup is not None, path
        yield source.name, lookup.name
        source = schema.EVERY[lookup.targets[0]]
    field = source.field_named(path.steps[-1])
    assert field is not None, path
    yield source.name, field.name


def fields_written() -> set[tuple[str, str]]:
    """The fields that the code writes, by object and name."""
    by_label = writes._columns(FIELDS)
    changed = {(sobject, name) for sobject, columns in by_label.items() for name in columns.values()}
    return changed | WRITTEN_FILES
