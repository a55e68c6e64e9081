"""From the text of a statement to its tree."""

import re
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import LarkError, UnexpectedCharacters, UnexpectedToken, VisitError

from sandbox.salesforce.errors import SalesforceError, malformed_query
from sandbox.salesforce.soql.syntax import (
    Among,
    Both,
    Call,
    Compare,
    Constant,
    Includes,
    Item,
    Join,
    Key,
    Like,
    Not,
    Path,
    Query,
)

_LONGEST = 100_000
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"} | {sign: sign for sign in "\"'\\_%"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_WORDS = {"null": "null", "true": "boolean", "false": "boolean"}


@lru_cache(maxsize=2_000)
def parse(statement: str) -> Query:
    """Read a statement.

    Raises:
        SalesforceError: MALFORMED_QUERY, with the place in the text.
    """
    if len(statement) > _LONGEST:
        raise SalesforceError("QUERY_TOO_COMPLICATED", f"SOQL statements are limited to {_LONGEST} characters")
    try:
        query = _Trees().transform(_GRAMMAR.parse(statement))
    except VisitError as error:
        raise error.orig_exc from error
    except UnexpectedToken as error:
        found = error.token if error.token.type != "$END" else "<EOF>"
        raise malformed_query(f"unexpected token: '{found}' at line {error.line}, column {error.column}") from error
    except UnexpectedCharacters as error:
        at = f"line {error.line}, column {error.column}"
        raise malformed_query(f"unexpected character '{statement[error.pos_in_stream or 0]}' at {at}") from error
    except LarkError as error:
        raise malformed_query("the statement can not be read") from error
    assert isinstance(query, Query)
    return query


def unescape(text: str, *, pattern: bool = False) -> str:
    """Resolve the escapes of a string; in a LIKE pattern those of the wildcards stay."""

    def resolved(match: re.Match[str]) -> str:
        letter = match[1]
        if letter.lower() not in _ESCAPES:
            raise malformed_query(f"Invalid string literal '{text}'. Illegal character sequence '\\{letter}'")
        return match[0] if pattern and letter in "_%\\" else _ESCAPES[letter.lower()]

    return _ESCAPE.sub(resolved, text)


def _path(token: Token) -> Path:
    return Path(tuple(str(token).split(".")))


def _operand(tree: Token | Call) -> Path | Call:
    return tree if isinstance(tree, Call) else _path(tree)


def _literal(tree: Token | Constant) -> Constant:
    if isinstance(tree, Constant):
        return tree
    kinds: dict[str, Any] = {"STRING": "string", "NUMBER": "number", "DATE": "date", "DATETIME": "datetime"}
    text = unescape(tree[1:-1]) if tree.type == "STRING" else str(tree)
    return Constant(kinds[tree.type], text)


def _whole(token: Token) -> int:
    if not token.isdigit():
        raise malformed_query(f"unexpected token: '{token}'")
    return int(token)


def _values(trees: list[Any]) -> tuple[Constant, ...]:
    return tuple(_literal(tree) for tree in trees)


def _without_words(trees: list[Any], *types: str) -> list[Any]:
    return [tree for tree in trees if not (isinstance(tree, Token) and tree.type in types)]


@v_args(inline=True)
class _Trees(Transformer[Token, Query]):
    """One method a rule of the grammar."""

    def query(self, _select: Token, items: Any, _from: Token, source: Token, *rest: Any) -> Query:
        where, group, order, limit, offset = rest
        paths, having = group or ((), None)
        return Query(items, str(source), where, paths, having, order or (), limit, offset or 0)

    def items(self, *items: Item) -> tuple[Item, ...]:
        return items

    def plain(self, path: Token, alias: Token | None) -> Item:
        return Item(_path(path), str(alias or ""))

    def aggregate(self, call: Call, alias: Token | None) -> Item:
        return Item(call, str(alias or ""))

    def subquery(self, query: Query) -> Item:
        return Item(query)

    def call(self, function: Token, path: Token | None) -> Call:
        return Call(function.upper(), None if path is None else _path(path))

    def where(self, _where: Token, condition: Any) -> Any:
        return condition

    def conjunction(self, *parts: Any) -> Both:
        return Both(tuple(_without_words(list(parts), "AND")), every=True)

    def disjunction(self, *parts: Any) -> Both:
        return Both(tuple(_without_words(list(parts), "OR")), every=False)

    def negation(self, _not: Token, condition: Any) -> Not:
        return Not(condition)

    def comparison(self, operand: Any, operator: Token, value: Any) -> Compare:
        sign: Any = "!=" if operator == "<>" else str(operator)
        return Compare(_operand(operand), sign, _literal(value))

    def like(self, operand: Any, _like: Token, text: Token) -> Like:
        return Like(_operand(operand), unescape(text[1:-1], pattern=True))

    def among(self, operand: Any, _in: Token, *values: Any) -> Among:
        return Among(_operand(operand), _values(list(values)), negated=False)

    def not_among(self, operand: Any, _not: Token, _in: Token, *values: Any) -> Among:
        return Among(_operand(operand), _values(list(values)), negated=True)

    def semijoin(self, operand: Any, _in: Token, query: Query) -> Join:
        return Join(_operand(operand), query, negated=False)

    def antijoin(self, operand: Any, _not: Token, _in: Token, query: Query) -> Join:
        return Join(_operand(operand), query, negated=True)

    def includes(self, operand: Any, _word: Token, *texts: Token) -> Includes:
        return Includes(_operand(operand), tuple(unescape(text[1:-1]) for text in texts), negated=False)

    def excludes(self, operand: Any, _word: Token, *texts: Token) -> Includes:
        return Includes(_operand(operand), tuple(unescape(text[1:-1]) for text in texts), negated=True)

    def word(self, name: Token, count: Token | None) -> Constant:
        kind: Any = _WORDS.get(name.lower(), "span")
        if kind != "span" and count is not None:
            raise malformed_query(f"unexpected token: ':{count}'")
        return Constant(
            kind, name.lower() if kind != "span" else name.upper(), None if count is None else _whole(count)
        )

    def group(self, _group: Token, _by: Token, *rest: Any) -> tuple[tuple[Path, ...], Any]:
        paths = tuple(_path(part) for part in rest if isinstance(part, Token) and part.type == "PATH")
        having = [part for part in rest if part is not None and not isinstance(part, Token)]
        return paths, having[0] if having else None

    def order(self, _order: Token, _by: Token, *keys: Key) -> tuple[Key, ...]:
        return keys

    def key(self, operand: Any, direction: Token | None, _nulls: Token | None, place: Token | None) -> Key:
        return Key(
            _operand(operand),
            descending=direction is not None and direction.lower() == "desc",
            nulls_first=place is None or place.lower() == "first",
        )

    def limit(self, _limit: Token, number: Token) -> int:
        return _whole(number)

    def offset(self, _offset: Token, number: Token) -> int:
        return _whole(number)


_GRAMMAR = Lark.open("grammar.lark", rel_to=__file__, parser="lalr", start="query", maybe_placeholders=True)
