"""Conditions as functions of a row.

Salesforce knows no third truth value: a comparison with an empty field is false, its negation true.
"""

import operator
import re
from collections.abc import Callable
from typing import Any, assert_never

from sandbox.salesforce.errors import SalesforceError, malformed_query
from sandbox.salesforce.schema.model import NUMBERS, Field, Row
from sandbox.salesforce.soql.columns import Getter
from sandbox.salesforce.soql.literals import constant, keyed, range_of
from sandbox.salesforce.soql.syntax import Among, Both, Compare, Condition, Includes, Join, Like, Not, Operand
from sandbox.state import Clock

Test = Callable[[Row], bool]
Resolve = Callable[[Operand], tuple[Field, Getter]]
Leaf = Compare | Among | Like | Includes | Join
_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
_UNLIKE = NUMBERS | {"id", "reference", "date", "datetime", "boolean", "multipicklist"}


class Conditions:
    """Makes tests of conditions.

    Attributes:
        resolve: finds the field and the value of an operand.
        selected: the ids a semi-join's inner query selects.
    """

    def __init__(self, resolve: Resolve, selected: Callable[[Join], frozenset[str]], clock: Clock) -> None:
        self.resolve, self.selected, self._clock = resolve, selected, clock

    def test(self, condition: Condition) -> Test:
        """The condition as a function of a row."""
        match condition:
            case Both():
                return _joined([self.test(part) for part in condition.conditions], every=condition.every)
            case Not():
                inner = self.test(condition.condition)
                return lambda row: not inner(row)
        return self._leaf(condition)

    def _leaf(self, condition: Leaf) -> Test:
        match condition:
            case Compare():
                return self._compare(condition)
            case Among():
                return self._among(condition)
            case Like():
                return self._like(condition)
            case Includes():
                return self._includes(condition)
            case Join():
                return self._join(condition)
        assert_never(condition)

    def _filterable(self, operand: Operand) -> tuple[Field, Getter]:
        field, get = self.resolve(operand)
        if not field.filterable:
            raise SalesforceError("INVALID_FIELD", f"field '{field.name}' can not be filtered in a query call")
        return field, get

    def _compare(self, condition: Compare) -> Test:
        field, get = self._filterable(condition.operand)
        sign = condition.operator
        if sign in _ORDERINGS and field.type in ("boolean", "multipicklist"):
            raise SalesforceError("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {field.type} field")
        if condition.value.kind == "span":
            return _within(get, sign, *range_of(field, condition.value, self._clock))
        wanted, read = constant(field, condition.value), keyed(field, get)
        if sign == "=":
            return lambda row: read(row) == wanted
        if sign == "!=":
            return lambda row: read(row) != wanted
        if wanted is None:
            raise malformed_query(f"'{field.name}' can be compared with null by = and != only")
        return _ordered(read, _ORDERINGS[sign], wanted)

    def _among(self, condition: Among) -> Test:
        field, get = self._filterable(condition.operand)
        if any(value.kind == "span" for value in condition.values):
            raise malformed_query("date literals can not stand in a list")
        wanted = frozenset(constant(field, value) for value in condition.values)
        read, negated = keyed(field, get), condition.negated
        return lambda row: (read(row) in wanted) is not negated

    def _like(self, condition: Like) -> Test:
        field, get = self._filterable(condition.operand)
        if field.type in _UNLIKE:
            raise SalesforceError("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {field.type} field")
        pattern = re.compile(_expression(condition.pattern), re.IGNORECASE | re.DOTALL)
        return lambda row: (text := get(row)) is not None and pattern.fullmatch(text) is not None

    def _includes(self, condition: Includes) -> Test:
        field, get = self._filterable(condition.operand)
        if field.type != "multipicklist":
            word = "EXCLUDES" if condition.negated else "INCLUDES"
            raise SalesforceError("INVALID_QUERY_FILTER_OPERATOR", f"{word} is only valid on multipicklist fields")
        wanted = [frozenset(text.lower().split(";")) for text in condition.values]
        negated = condition.negated

        def test(row: Row) -> bool:
            chosen = frozenset((get(row) or "").lower().split(";"))
            return any(some <= chosen for some in wanted) is not negated

        return test

    def _join(self, condition: Join) -> Test:
        field, get = self._filterable(condition.operand)
        if field.type not in ("id", "reference"):
            raise malformed_query("Semi join sub-selects are only allowed on id or reference fields")
        chosen, negated = self.selected(condition), condition.negated
        return lambda row: (get(row) in chosen) is not negated


def _joined(tests: list[Test], *, every: bool) -> Test:
    if every:
        return lambda row: all(test(row) for test in tests)
    return lambda row: any(test(row) for test in tests)


def _ordered(read: Getter, ordering: Callable[[Any, Any], bool], wanted: Any) -> Test:
    def test(row: Row) -> bool:
        value = read(row)
        return value is not None and ordering(value, wanted)

    return test


def _within(get: Getter, sign: str, start: str, end: str) -> Test:
    """Compare with a stretch of days: before it, after it, in it."""
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda at: start <= at < end, "!=": lambda at: not start <= at < end,
        "<": lambda at: at < start, "<=": lambda at: at < end,
        ">": lambda at: at >= end, ">=": lambda at: at >= start,
    }  # fmt: skip
    holds, when_empty = tests[sign], sign == "!="

    def test(row: Row) -> bool:
        at = get(row)
        return when_empty if at is None else holds(at.lower())

    return test


def _expression(pattern: str) -> str:
    """A LIKE pattern as a regular expression."""
    parts = re.findall(r"\\[_%\\]|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
