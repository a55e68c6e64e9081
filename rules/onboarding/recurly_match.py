"""Finding a customer in Recurly when the account did not appear under its code (ONB-12)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.common.problems import Choice, Problem, Responsible
from rules.common.records import RecurlyAccount, Subscription
from rules.common.text import counted, join_names, normalize

RECORD = "Recurly account"
TOPIC = RECORD
"""The decision of CS Operations which of several accounts with the customer's name is right (ONB-12)."""


@dataclass(frozen=True)
class Candidate:
    """An account with the customer's name, as people need it to recognize the right one.

    Attributes:
        account: with its e-mail address and the day on which it was created.
        subscriptions: every subscription of the account.
        page: the account's page for staff.
    """

    account: RecurlyAccount
    subscriptions: tuple[Subscription, ...]
    page: str

    @property
    def label(self) -> str:
        """E-mail address, day of creation, code and plans; no two candidates have the same.

        A button shows its first 75 characters: the plans, which may be the same, come last.
        """
        account = self.account
        plans = [f"{one.plan} ({one.state})" for one in self.subscriptions]
        created = f"created {account.created}" if account.created else ""
        closed = "" if account.is_open else "closed"
        parts = (account.email or "no e-mail", closed, created, f"code {account.code}")
        return ", ".join(part for part in (*parts, join_names(plans) if plans else "no subscription") if part)


def match_by_name(company: str, accounts: Iterable[RecurlyAccount]) -> tuple[RecurlyAccount, ...]:
    """Return every account of this company name, open ones first; case, spacing and Unicode form do not count."""
    name = normalize(company)
    matches = [account for account in accounts if name and normalize(account.company) == name]
    return tuple(sorted(matches, key=lambda account: not account.is_open))


def taken_by_name(matches: Iterable[RecurlyAccount], chosen_id: str) -> RecurlyAccount | None:
    """Return the account that people chose, or the only open one; None when people must choose (ONB-12).

    A closed account is never used without a decision.
    """
    accounts = tuple(matches)
    chosen = next((account for account in accounts if account.id == chosen_id), None)
    still_open = [account for account in accounts if account.is_open]
    return chosen or (still_open[0] if len(still_open) == 1 else None)


def undecided(account_id: str, company: str, candidates: Sequence[Candidate]) -> Problem:
    """Return the question which Recurly account is the customer's (ONB-12).

    Args:
        account_id: of Salesforce, 18 characters.
        company: the customer's name.
        candidates: the accounts with this name; none, a closed one, or several.
    """
    number = counted(len(candidates), "account")
    match len(candidates):
        case 0:
            sentence = f'Recurly has no account with the code {account_id}, and none named "{company}".'
        case 1:
            sentence = f'Recurly has a closed account named "{company}", and none with the code {account_id}.'
        case _:
            sentence = f'Recurly has {number} named "{company}". Which one is right?'
    return Problem(
        *(Responsible.CS_OPS, RECORD, "", RECORD),
        f'{number} named "{company}"' if candidates else f'missing: none is named "{company}"',
        f"{'Choose it here, or give' if candidates else 'Give'} the right account the code {account_id} in Recurly, "
        "or enter its id and billing URL on the Salesforce account.",
        "ONB-12",
        topic=TOPIC,
        choices=tuple(Choice(one.account.id, one.label, one.page) for one in candidates),
        sentence=sentence,
    )
