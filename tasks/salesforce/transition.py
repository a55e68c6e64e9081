"""The accounts and users that a team lead's workbook may mean, asked of Salesforce a hundred rows at a time (TRN-2)."""

import re
from collections.abc import Iterable, Iterator, Sequence

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap, relationship
from blocks.salesforce.client import MAX_QUERIES, SalesforceClient
from rules.common.ids import ids_in
from rules.common.text import normalize, unaccented
from rules.contracts.reactivation import DEACTIVATED
from rules.transition.match import MatchedAccount, NewCsm
from rules.transition.rows import Row
from tasks.salesforce.fields import Record, flag, person, required, text, user
from tasks.salesforce.team import CSM_ROLE, MANAGER, lead_of

AT_ONCE = 100
"""Rows that one query asks about."""
MOST_ALIKE = 2000
"""Accounts that are read because their names are like one that is not found: a page of Salesforce."""
LONGEST_STATEMENT = 15_000
"""Characters of a query: Salesforce takes 20,000 of the conditions."""
STEM = 4
"""Letters of a word by which accounts are looked for whose name may have been meant."""


def read_meant(
    client: SalesforceClient, fields: FieldMap, rows: Sequence[Row]
) -> tuple[list[MatchedAccount], list[NewCsm]]:
    """All that the rows name, the whole team, and accounts whose names are like those that are not found.

    A call for every 200 rows, and one more where an account is not found.
    """
    chunks = [rows[first : first + AT_ONCE] for first in range(0, len(rows), AT_ONCE)]
    accounts = [_accounts(fields, chunk) for chunk in chunks]
    found = _asked(client, [*accounts, *(_users(fields, chunk) for chunk in chunks), _team(fields)])
    held = [_held(row, fields) for answer in found[: len(chunks)] for row in answer]
    takers = [_taker(row, fields) for answer in found[len(chunks) :] for row in answer]
    known = {normalize(name) for one in held for name in (one.id, one.name)}
    if missing := [row.account for row in rows if normalize(row.account) not in known]:
        names = list(dict.fromkeys(missing))[:AT_ONCE]
        patterns = (map(same_letters, names), (stem for name in names for stem in stems(name)))
        alike = _asked(client, [_like(fields, list(dict.fromkeys(filter(None, some)))) for some in patterns])
        held += [_held(row, fields) for answer in alike for row in answer]
    return list({one.id: one for one in held}.values()), list({one.person.id: one for one in takers}.values())


def read_book(client: SalesforceClient, fields: FieldMap, csm: str) -> list[MatchedAccount]:
    """The accounts that a CSM holds and that are served, by name.

    Args:
        client: of this thread.
        fields: how this org calls its fields.
        csm: name, e-mail address or id of the user.
    """
    who = relationship(fields.account.csm)
    names = (f"{who}.Id", f"{who}.Name", f"{who}.Email")
    where = " OR ".join(format_soql(f"{name} = {{}}", csm) for name in (names if ids_in(csm, "005") else names[1:]))
    (rows,) = _asked(client, [f"{_account_columns(fields)} WHERE {where} ORDER BY Name, Id"])
    return [held for held in (_held(row, fields) for row in rows) if held.served]


def read_users(client: SalesforceClient, fields: FieldMap, user_ids: Sequence[str]) -> list[NewCsm]:
    """The users of these ids, in one call."""
    (rows,) = _asked(client, [f"{_user_columns(fields)} WHERE {format_soql('Id IN {}', list(user_ids))}"])
    return [_taker(row, fields) for row in rows]


def _asked(client: SalesforceClient, statements: Sequence[str]) -> list[list[Record]]:
    return [
        rows
        for first in range(0, len(statements), MAX_QUERIES)
        for rows in client.queries(statements[first : first + MAX_QUERIES])
    ]


def _accounts(fields: FieldMap, rows: Iterable[Row]) -> str:
    names = list(dict.fromkeys(row.account for row in rows))
    return f"{_account_columns(fields)} WHERE {_any_of(names, '001', 'Name')}"


def _like(fields: FieldMap, patterns: Sequence[str]) -> str:
    """Accounts whose names are like one of the patterns; as many patterns as a query holds, and none finds none."""
    where, length = [], 0
    for pattern in patterns:
        length += len(pattern) + len(" OR Name LIKE ''")
        if length > LONGEST_STATEMENT:
            break
        where.append(f"Name LIKE '{pattern}'")
    found = " OR ".join(where) or "Id = null"
    return f"{_account_columns(fields)} WHERE {found} ORDER BY Name, Id LIMIT {MOST_ALIKE}"


def same_letters(name: str) -> str:
    """A pattern for all names of the same letters, whatever their accents, quotation marks, dashes and spaces are.

    It holds letters and digits alone, and the wildcards.
    """
    pattern = "".join(_wild(letter) for letter in unaccented(name))
    is_enough = sum(letter not in "_%" for letter in pattern) >= STEM - 1
    return _MANY.sub("%", pattern) if is_enough else ""


def _wild(letter: str) -> str:
    """A letter as a pattern: any one where accents are usual, anything where it is none."""
    if letter in _ACCENTED:
        return "_"
    return letter if letter.isascii() and letter.isalnum() else "%"


def stems(name: str) -> list[str]:
    """Patterns for names that hold one of the words, at whatever place; of a short word, its beginning."""
    words = _WORD.findall(unaccented(name))
    first = [f"{word[: STEM - 1]}%" for word in words[:1]]
    return [*first, *(f"%{word[:STEM]}%" for word in words if len(word) >= STEM and word not in _USUAL)]


_ACCENTED = frozenset("aceilnosuyz")
_MANY = re.compile(r"%[%_]*%|%+")
_WORD = re.compile(r"[a-z0-9]+")
_USUAL = frozenset(
    [
        "care",
        "center",
        "centre",
        "clinic",
        "clinics",
        "dental",
        "group",
        "health",
        "hospital",
        "medical",
        "partners",
        "the",
    ]
)
"""Words that the names of many clients hold: by them nobody is found."""


def _account_columns(fields: FieldMap) -> str:
    csm = relationship(fields.account.csm)
    columns = ("Id", "Name", fields.account.cs_status, *(f"{csm}.{field}" for field in ("Id", "Name", "Email")))
    return f"SELECT {', '.join(columns)} FROM Account"  # noqa: S608 - names are checked by the field map


def _users(fields: FieldMap, rows: Iterable[Row]) -> str:
    names = list(dict.fromkeys(row.new_csm for row in rows))
    return f"{_user_columns(fields)} WHERE {_any_of(names, '005', 'Name', 'Email')}"


def _team(fields: FieldMap) -> str:
    return f"{_user_columns(fields)} WHERE {format_soql(f'{fields.user.cs_role} = {{}}', CSM_ROLE)}"


def _user_columns(fields: FieldMap) -> str:
    return f"SELECT Id, Name, Email, IsActive, {fields.user.cs_role}, {', '.join(MANAGER)} FROM User"  # noqa: S608 - as above


def _any_of(names: Sequence[str], prefix: str, *columns: str) -> str:
    """The condition that a record is one of these: ids by their id, all others by any of the columns."""
    return " OR ".join(_conditions(names, prefix, columns))


def _conditions(names: Sequence[str], prefix: str, columns: Iterable[str]) -> Iterator[str]:
    ids = [name for name in names if ids_in(name, prefix) == [name]]
    others = [name for name in names if name not in ids]
    if ids:
        yield format_soql("Id IN {}", ids)
    if others:
        yield from (format_soql(f"{column} IN {{}}", others) for column in columns)


def _held(row: Record, fields: FieldMap) -> MatchedAccount:
    served = text(row, fields.account.cs_status) != DEACTIVATED
    return MatchedAccount(
        required(row, "Id"), text(row, "Name") or "", person(row, relationship(fields.account.csm)), served=served
    )


def _taker(row: Record, fields: FieldMap) -> NewCsm:
    is_csm = text(row, fields.user.cs_role) == CSM_ROLE
    return NewCsm(user(row), active=flag(row, "IsActive"), is_csm=is_csm, lead=lead_of(row))
