"""Find the accounts and users that a team lead's workbook names in Salesforce, a hundred rows a query (TRN-2)."""

import re
from collections.abc import Iterable, Iterator, Sequence

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap, relationship
from blocks.salesforce.client import SalesforceClient
from rules.common.ids import ids_in
from rules.common.text import normalize, unaccented
from rules.contracts.reactivation import DEACTIVATED
from rules.transition.match import MatchedAccount, NewCsm
from rules.transition.rows import Row
from tasks.salesforce.fields import Record, flag, person, required, text, user
from tasks.salesforce.queries import query_all, select
from tasks.salesforce.team import CSM_ROLE, MANAGER, lead_of

AT_ONCE = 100
"""Rows of the workbook in one query."""
MOST_ALIKE = 2000
"""Accounts with similar names that are read for the names that are not found: a page of Salesforce."""
LONGEST_STATEMENT = 15_000
"""Characters of the conditions of a query: Salesforce takes 20,000."""
STEM = 4
"""Letters of a word that a similar name must contain."""


def read_meant(
    client: SalesforceClient, fields: FieldMap, rows: Sequence[Row]
) -> tuple[list[MatchedAccount], list[NewCsm]]:
    """The accounts and users that the rows name, the whole team, and accounts with names like those not found.

    It takes a call for every 200 rows, and one more when an account is not found.
    """
    chunks = [rows[first : first + AT_ONCE] for first in range(0, len(rows), AT_ONCE)]
    statements = [_accounts(fields, chunk) for chunk in chunks] + [_users(fields, chunk) for chunk in chunks]
    tables = query_all(client, [*statements, _team(fields)])
    accounts = [_matched_account(row, fields) for table in tables[: len(chunks)] for row in table]
    users = [_new_csm(row, fields) for table in tables[len(chunks) :] for row in table]
    known = {normalize(name) for account in accounts for name in (account.id, account.name)}
    if missing := [row.account for row in rows if normalize(row.account) not in known]:
        names = list(dict.fromkeys(missing))[:AT_ONCE]
        patterns = (map(same_letters, names), (stem for name in names for stem in stems(name)))
        similar = query_all(client, [_like(fields, list(dict.fromkeys(filter(None, some)))) for some in patterns])
        accounts += [_matched_account(row, fields) for table in similar for row in table]
    return (
        list({account.id: account for account in accounts}.values()),
        list({user.person.id: user for user in users}.values()),
    )


def read_book(client: SalesforceClient, fields: FieldMap, csm: str) -> list[MatchedAccount]:
    """The accounts of a CSM that are served, by name.

    Args:
        client: of this thread.
        fields: how this org calls its fields.
        csm: name, e-mail address or id of the user.
    """
    user = relationship(fields.account.csm)
    names = (f"{user}.Id", f"{user}.Name", f"{user}.Email")
    where = " OR ".join(format_soql(f"{name} = {{}}", csm) for name in (names if ids_in(csm, "005") else names[1:]))
    (rows,) = client.queries([_select_accounts(fields, f"{where} ORDER BY Name, Id")])
    return [account for account in (_matched_account(row, fields) for row in rows) if account.served]


def read_users(client: SalesforceClient, fields: FieldMap, user_ids: Sequence[str]) -> list[NewCsm]:
    """The users with these ids, in one call."""
    (rows,) = client.queries([_select_users(fields, format_soql("Id IN {}", list(user_ids)))])
    return [_new_csm(row, fields) for row in rows]


def _accounts(fields: FieldMap, rows: Iterable[Row]) -> str:
    names = list(dict.fromkeys(row.account for row in rows))
    return _select_accounts(fields, _any_of(names, "001", "Name"))


def _like(fields: FieldMap, patterns: Sequence[str]) -> str:
    """The SOQL of accounts whose names match a pattern: of as many patterns as fit; without patterns it finds none."""
    where, length = [], 0
    for pattern in patterns:
        length += len(pattern) + len(" OR Name LIKE ''")
        if length > LONGEST_STATEMENT:
            break
        where.append(f"Name LIKE '{pattern}'")
    conditions = " OR ".join(where) or "Id = null"
    return _select_accounts(fields, f"{conditions} ORDER BY Name, Id LIMIT {MOST_ALIKE}")


def same_letters(name: str) -> str:
    """A pattern of all names with the same letters: accents, quotation marks, dashes and spaces may differ.

    It contains letters, digits and wildcards; "" when the name has too few letters.
    """
    pattern = "".join(_wild(letter) for letter in unaccented(name))
    is_enough = sum(letter not in "_%" for letter in pattern) >= STEM - 1
    return _MANY.sub("%", pattern) if is_enough else ""


def _wild(letter: str) -> str:
    """The pattern of one letter: `_` for a letter that may have an accent, `%` for anything that is no letter."""
    if letter in _ACCENTED:
        return "_"
    return letter if letter.isascii() and letter.isalnum() else "%"


def stems(name: str) -> list[str]:
    """Patterns of names with the same first three letters, or with the first four letters of one of the words."""
    words = _WORD.findall(unaccented(name))
    first = [f"{word[: STEM - 1]}%" for word in words[:1]]
    return [*first, *(f"%{word[:STEM]}%" for word in words if len(word) >= STEM and word not in _USUAL)]


_ACCENTED = frozenset("aceilnosuyz")
_MANY = re.compile(r"%[%_]*%|%+")
_WORD = re.compile(r"[a-z0-9]+")
_USUAL = frozenset(
    (
        *("care", "center", "centre", "clinic", "clinics", "dental", "group"),
        *("health", "hospital", "medical", "partners", "the"),
    )
)
"""Words in the names of many clients: they tell no client from another."""


def _select_accounts(fields: FieldMap, conditions: str) -> str:
    csm = relationship(fields.account.csm)
    columns = ("Id", "Name", fields.account.cs_status, *(f"{csm}.{field}" for field in ("Id", "Name", "Email")))
    return select(columns, "Account", f"WHERE {conditions}")


def _users(fields: FieldMap, rows: Iterable[Row]) -> str:
    names = list(dict.fromkeys(row.new_csm for row in rows))
    return _select_users(fields, _any_of(names, "005", "Name", "Email"))


def _team(fields: FieldMap) -> str:
    return _select_users(fields, format_soql(f"{fields.user.cs_role} = {{}}", CSM_ROLE))


def _select_users(fields: FieldMap, conditions: str) -> str:
    columns = ("Id", "Name", "Email", "IsActive", fields.user.cs_role, *MANAGER)
    return select(columns, "User", f"WHERE {conditions}")


def _any_of(names: Sequence[str], prefix: str, *columns: str) -> str:
    """The SOQL condition of the records with these names: ids by `Id`, all others by any of the columns."""
    return " OR ".join(_conditions(names, prefix, columns))


def _conditions(names: Sequence[str], prefix: str, columns: Iterable[str]) -> Iterator[str]:
    ids = [name for name in names if ids_in(name, prefix) == [name]]
    others = [name for name in names if name not in ids]
    if ids:
        yield format_soql("Id IN {}", ids)
    if others:
        yield from (format_soql(f"{column} IN {{}}", others) for column in columns)


def _matched_account(row: Record, fields: FieldMap) -> MatchedAccount:
    served = text(row, fields.account.cs_status) != DEACTIVATED
    return MatchedAccount(
        required(row, "Id"), text(row, "Name") or "", person(row, relationship(fields.account.csm)), served=served
    )


def _new_csm(row: Record, fields: FieldMap) -> NewCsm:
    is_csm = text(row, fields.user.cs_role) == CSM_ROLE
    return NewCsm(user(row), active=flag(row, "IsActive"), is_csm=is_csm, lead=lead_of(row))
