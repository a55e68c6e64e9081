"""Find the account and the CSM of each row of the team lead's workbook; nothing is guessed (TRN-2)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rules.common.records import Person
from rules.common.text import join_names, look_alikes, normalize, unaccented
from rules.transition.rows import ACCOUNT, NEW_CSM, SAME_ACCOUNT, SHEET_STEP, Row, RowFault, row_label

MOST_SHOWN = 3
MOST_LOOKED_UP = 200
"""The number of first rows of a sheet for which similar names are proposed."""
_PLAIN = "without accents: "
T = TypeVar("T")


@dataclass(frozen=True)
class MatchedAccount:
    """An account as a book of business has it.

    Attributes:
        id: 18 characters.
        name: of the account.
        csm: None when the account has no CSM.
        served: whether the account is still a client.
    """

    id: str
    name: str
    csm: Person | None
    served: bool = True


@dataclass(frozen=True)
class NewCsm:
    """A user who may get an account.

    Attributes:
        active: whether the user is active.
        is_csm: whether the user has the role of a CSM.
        lead: the team lead, from the user's Manager; None without an active one.
    """

    person: Person
    active: bool
    is_csm: bool
    lead: Person | None


@dataclass(frozen=True)
class MatchedRow:
    """A row with its account and its new CSM.

    Attributes:
        row: as the team lead filled it in.
        account: from Salesforce, with the former CSM.
        to_csm: the new CSM.
        team_lead: of the new CSM.
    """

    row: Row
    account: MatchedAccount
    to_csm: Person
    team_lead: Person


def match(
    rows: Iterable[Row], accounts: Iterable[MatchedAccount], users: Iterable[NewCsm]
) -> tuple[list[MatchedRow], list[RowFault]]:
    """Match each row with an account and a CSM, or return its faults.

    Args:
        rows: without two rows of one spelling.
        accounts: those with the ids and names of the rows, and others with similar names.
        users: the team, and everybody else with the ids, names and addresses of the rows.
    """
    accounts, users = tuple(accounts), tuple(users)
    by_account = _by(accounts, lambda one: (one.id, one.name))
    by_user = _by(users, lambda one: (one.person.id, one.person.name, one.person.email))
    moves: list[MatchedRow] = []
    faults: list[RowFault] = []
    first: dict[str, int] = {}
    for row in rows:
        account, wrong_account = _account(row, by_account)
        taker, wrong_user = _taker(row, by_user)
        wrong = [*wrong_account, *wrong_user]
        if account and taker and not wrong:
            wrong = [*_unfit(row, account, taker, first.setdefault(account.id, row.number))]
        if account and taker and taker.lead and not wrong:
            moves.append(MatchedRow(row, account, taker.person, taker.lead))
        faults.extend(wrong)
    return moves, faults


def _account(row: Row, known: Mapping[str, Sequence[MatchedAccount]]) -> tuple[MatchedAccount | None, list[RowFault]]:
    found = _called(row.account, known)
    if len(found) == 1:
        return found[0], []
    if found:
        ids = join_names(sorted(one.id for one in found))
        return None, [
            RowFault(row.number, ACCOUNT, f"{len(found)} accounts are called {row.account}: {ids}. Enter the id.")
        ]
    near = _near(row, row.account, known, lambda one: f"{one.name} ({one.id})")
    return None, [RowFault(row.number, ACCOUNT, f"Salesforce has no account {row.account}.{near}")]


def _taker(row: Row, known: Mapping[str, Sequence[NewCsm]]) -> tuple[NewCsm | None, list[RowFault]]:
    # Among users of one name, inactive ones count only when all are inactive.
    every = _called(row.new_csm, known)
    found = [one for one in every if one.active] or every
    if not found:
        near = _near(row, row.new_csm, known, lambda one: one.person.name)
        return None, [RowFault(row.number, NEW_CSM, f"Salesforce has no user {row.new_csm}.{near}")]
    if len(found) > 1:
        addresses = join_names(sorted(one.person.email or one.person.id for one in found))
        message = f"{len(found)} users are called {row.new_csm}: {addresses}. Enter the e-mail address."
        return None, [RowFault(row.number, NEW_CSM, message)]
    return found[0], []


def _unfit(row: Row, account: MatchedAccount, taker: NewCsm, first: int) -> Iterable[RowFault]:
    name = taker.person.name
    if first != row.number:
        yield RowFault(row.number, ACCOUNT, f"row {row_label(first)} {SAME_ACCOUNT}")
    if not account.served:
        yield RowFault(row.number, ACCOUNT, f"{account.name} is no longer a client. Delete the row.")
    if account.csm and account.csm.id == taker.person.id:
        yield RowFault(row.number, NEW_CSM, f"{name} is the CSM of {account.name} already. Delete the row.")
    yield from cannot_take(row, taker)


def cannot_take(row: Row, taker: NewCsm) -> Iterable[RowFault]:
    """Yield why a user cannot get any account."""
    name = taker.person.name
    if not taker.active:
        yield RowFault(row.number, NEW_CSM, f"the Salesforce user of {name} is inactive. Enter another CSM.")
    elif not taker.is_csm:
        yield RowFault(row.number, NEW_CSM, f"{name} is not a CSM. Enter a CSM, or set CS Role on the user.")
    elif taker.lead is None:
        yield RowFault(
            row.number, NEW_CSM, f"{name} has no team lead in Salesforce. Enter an active manager on the user."
        )


def _by(items: Iterable[T], names: Callable[[T], Iterable[str | None]]) -> Mapping[str, Sequence[T]]:
    """Index items by every name, with and without accents."""
    index: defaultdict[str, list[T]] = defaultdict(list)
    for item in items:
        own = {normalize(name) for name in names(item)} - {""}
        for key in own | {f"{_PLAIN}{unaccented(name)}" for name in own}:
            index[key].append(item)
    return index


def _called(name: str, known: Mapping[str, Sequence[T]]) -> Sequence[T]:
    """Return the items of this name, or else those whose names differ only in accents."""
    return known.get(normalize(name)) or known.get(f"{_PLAIN}{unaccented(name)}", ())


def _near(row: Row, name: str, known: Mapping[str, Sequence[T]], shown: Callable[[T], str]) -> str:
    """Return a question with similar names; they are never used without an answer."""
    if row.number % SHEET_STEP > MOST_LOOKED_UP:
        return ""
    names = [one for one in known if not one.startswith(_PLAIN)]
    meant = dict.fromkeys(shown(one) for key in look_alikes(name, names, MOST_SHOWN) for one in known[key])
    return f" Did you mean {join_names(list(meant)[:MOST_SHOWN], 'or')}?" if meant else ""
