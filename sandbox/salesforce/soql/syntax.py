"""A SOQL statement as a tree."""

from dataclasses import dataclass
from typing import Literal

Comparison = Literal["=", "!=", "<", ">", "<=", ">="]


@dataclass(frozen=True)
class Path:
    """A field, reached through parents: `Account.Owner.Name`."""

    steps: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.steps)


@dataclass(frozen=True)
class Call:
    """An aggregate function over a field; `COUNT()` has none."""

    function: str
    path: Path | None


Operand = Path | Call


@dataclass(frozen=True)
class Item:
    """One thing that is selected."""

    what: "Operand | Query"
    alias: str = ""


@dataclass(frozen=True)
class Constant:
    """A constant as it is written: its kind decides which fields it may be compared with."""

    kind: Literal["string", "number", "date", "datetime", "boolean", "null", "span"]
    text: str
    count: int | None = None


@dataclass(frozen=True)
class Compare:
    """`field = value`."""

    operand: Operand
    operator: Comparison
    value: Constant


@dataclass(frozen=True)
class Like:
    """`field LIKE 'pattern'`; the pattern still has its escapes."""

    operand: Operand
    pattern: str


@dataclass(frozen=True)
class Among:
    """`field [NOT] IN (values)`."""

    operand: Operand
    values: tuple[Constant, ...]
    negated: bool


@dataclass(frozen=True)
class Join:
    """`field [NOT] IN (SELECT …)`."""

    operand: Operand
    query: "Query"
    negated: bool


@dataclass(frozen=True)
class Includes:
    """`field INCLUDES|EXCLUDES ('a;b', 'c')`."""

    operand: Operand
    values: tuple[str, ...]
    negated: bool


@dataclass(frozen=True)
class Not:
    """`NOT condition`."""

    condition: "Condition"


@dataclass(frozen=True)
class Both:
    """Conditions that all hold (`AND`), or one of which does (`OR`)."""

    conditions: "tuple[Condition, ...]"
    every: bool


Condition = Compare | Like | Among | Join | Includes | Not | Both


@dataclass(frozen=True)
class Key:
    """One criterion of ORDER BY."""

    operand: Operand
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Query:
    """A statement."""

    items: tuple[Item, ...]
    source: str
    where: Condition | None
    group: tuple[Path, ...]
    having: Condition | None
    order: tuple[Key, ...]
    limit: int | None
    offset: int
