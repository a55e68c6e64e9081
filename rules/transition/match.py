"""Which account and which CSM a row of the team lead's workbook means: found exactly, never guessed (TRN-2)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rules.common.records import Person
from rules.common.text import join_names, look_alikes, normalize, unaccented
from rules.transition.rows import ACCOUNT, NEW_CSM, SAME_ACCOUNT, SHEET_STEP, Row, RowFault, row_label

MOST_SHOWN = 3
MOST_LOOKED_UP = 200
"""Rows of a workbook for whose names others are proposed: the first ones."""
_PLAIN = "without accents: "
T = TypeVar("T")


@dataclass(frozen=True)
class MatchedAccount:
    """An account as a book of business has it.

    Attributes:
        id: 18 characters.
        name: of the account.
        csm: who looks after it; None when nobody does.
        served: whether it is a client still.
    """

    id: str
    name: str
    csm: Person | None
    served: bool = True


@dataclass(frozen=True)
class NewCsm:
    """A user to whom an account may go.

    Attributes:
        person: who it is.
        active: whether the user is.
        is_csm: whether the user has the role of a CSM.
        lead: the team lead, the user's manager; None when there is none or the manager's user is inactive.
    """

    person: Person
    active: bool
    is_csm: bool
    lead: Person | None


@dataclass(frozen=True)
class MatchedRow:
    """An account that goes from one CSM to another.

    Attributes:
        row: as the team lead filled it in.
        account: as Salesforce has it; its CSM is the one who gives it away.
        to_csm: who takes it.
        team_lead: the team lead of who takes it.
    """

    row: Row
    account: MatchedAccount
    to_csm: Person
    team_lead: Person


def match(
    rows: Iterable[Row], accounts: Iterable[MatchedAccount], users: Iterable[NewCsm]
) -> tuple[list[MatchedRow], list[RowFault]]:
    """What each row moves, and why the others move nothing.

    Args:
        rows: each of another account, as far as they were written alike.
        accounts: those that have the ids and names of the rows, and others whose names may have been meant.
        users: the team, and everybody else who has the ids, names and addresses of the rows.
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
    # Of those who share a name, those who left are not meant.
    every = _called(row.new_csm, known)
    found = [one for one in every if one.active] or every
    if not found:
        near = _near(row, row.new_csm, known, lambda one: one.person.name)
        return None, [RowFault(row.number, NEW_CSM, f"Salesforce has no user {row.new_csm}.{near}")]
    if len(found) > 1:
        addresses = join_names(sorted(one.person.email or one.person.id for one in found))
        told = f"{len(found)} users are called {row.new_csm}: {addresses}. Enter the e-mail address."
        return None, [RowFault(row.number, NEW_CSM, told)]
    return found[0], []


def _unfit(row: Row, account: MatchedAccount, taker: NewCsm, first: int) -> Iterable[RowFault]:
    name = taker.person.name
    if first != row.number:
        yield RowFault(row.number, ACCOUNT, f"row {row_label(first)} {SAME_ACCOUNT}")
    if not account.served:
        yield RowFault(row.number, ACCOUNT, f"{account.name} is no client any more: there is nobody to hand over.")
    if account.csm and account.csm.id == taker.person.id:
        yield RowFault(row.number, NEW_CSM, f"{name} is the CSM of {account.name} already. Delete the row.")
    yield from cannot_take(row, taker)


def cannot_take(row: Row, taker: NewCsm) -> Iterable[RowFault]:
    """Why somebody cannot take an account, whichever it is."""
    name = taker.person.name
    if not taker.active:
        yield RowFault(row.number, NEW_CSM, f"the Salesforce user of {name} is inactive. Enter somebody else.")
    elif not taker.is_csm:
        yield RowFault(row.number, NEW_CSM, f"{name} is no CSM. Enter a CSM, or set CS Role on the user.")
    elif taker.lead is None:
        yield RowFault(
            row.number, NEW_CSM, f"{name} has no team lead in Salesforce. Enter an active manager on the user."
        )


def _by(ones: Iterable[T], names: Callable[[T], Iterable[str | None]]) -> Mapping[str, Sequence[T]]:
    """Each under all that it may be called, with and without accents."""
    found: defaultdict[str, list[T]] = defaultdict(list)
    for one in ones:
        called = {normalize(name) for name in names(one)} - {""}
        for name in called:
            found[name].append(one)
        for name in {f"{_PLAIN}{unaccented(name)}" for name in called}:
            found[name].append(one)
    return found


def _called(name: str, known: Mapping[str, Sequence[T]]) -> Sequence[T]:
    """Those who are called so; when nobody is, those whose names differ by accents alone."""
    return known.get(normalize(name)) or known.get(f"{_PLAIN}{unaccented(name)}", ())


def _near(row: Row, name: str, known: Mapping[str, Sequence[T]], shown: Callable[[T], str]) -> str:
    """Whom somebody may have meant; asked and never taken."""
    if row.number % SHEET_STEP > MOST_LOOKED_UP:
        return ""
    names = [one for one in known if not one.startswith(_PLAIN)]
    meant = dict.fromkeys(shown(one) for key in look_alikes(name, names, MOST_SHOWN) for one in known[key])
    return f" Did you mean {join_names(list(meant)[:MOST_SHOWN], 'or')}?" if meant else ""
