"""The subject of a run's questions: a sale, an account, or many records."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from rules.common.records import Person
from rules.contracts.clients import Client
from tasks.salesforce.clients import read_clients
from tasks.slack.messages import Announced


@dataclass(frozen=True)
class QuestionSubject:
    """The subject of questions, and the people who are asked.

    Attributes:
        name: of the opportunity or the account.
        what: the procedure, as people call it: `onboarding`.
        record_id: the 18-character id of that opportunity or account.
        account_id: the customer's account, whose audit page takes the answers; None if there is none.
        owner: who answers for sales.
        manager: the owner's manager, to whom unanswered questions are escalated.
        mrr: monthly recurring revenue that waits with it; None when unknown.
        records: `<kind>:<id>` of every record whose change may settle something.
        page: the key of the artifact *Waiting for people*.
        announced: posts the notice, if need be, in whose thread sales are asked; None if there is none.
        unchanged: reads whether the records are still as they were.
        cancel: the label of the button that cancels the run, in words of the customer; "" for the usual one.
        cancelled: what that means, for the dialog that confirms it; "" for the usual words.
    """

    name: str
    what: str
    record_id: str
    account_id: str | None
    owner: Person | None
    manager: Person | None
    mrr: Decimal | None
    records: tuple[str, ...]
    page: str
    announced: Callable[[], Awaitable[Announced]] | None
    unchanged: Callable[[], Awaitable[bool]]
    cancel: str = ""
    cancelled: str = ""


def client_subject(
    client: Client,
    *,
    what: str,
    page: str,
    announced: Callable[[], Awaitable[Announced]],
    also: Iterable[str] = (),
    cancel: str = "",
    cancelled: str = "",
) -> QuestionSubject:
    """The subject of questions about a client: the account's owner is asked, in the thread of a notice.

    Args:
        client: whose account and contracts may settle the questions.
        what: the procedure.
        page: the key of the artifact *Waiting for people*.
        announced: posts the notice, if need be.
        also: `<kind>:<id>` of further records whose change may settle something.
        cancel: the label of the button that cancels the run; "" for the usual one.
        cancelled: what that means; "" for the usual words.
    """

    async def unchanged() -> bool:
        return await read_clients([client.id]) == [client]

    return QuestionSubject(
        name=client.name,
        what=what,
        record_id=client.id,
        account_id=client.id,
        owner=client.owner,
        manager=client.manager,
        mrr=client.mrr,
        records=(f"account:{client.id}", *(f"contract:{one.id}" for one in client.agreements), *also),
        page=page,
        announced=announced,
        unchanged=unchanged,
        cancel=cancel,
        cancelled=cancelled,
    )


def bulk_subject(name: str, *, what: str, page: str) -> QuestionSubject:
    """The subject of a question about many records at once: only an answer settles it, not a changed record.

    Args:
        name: for people.
        what: the procedure.
        page: the key of the artifact *Waiting for people*.
    """

    async def unchanged() -> bool:
        return True

    return QuestionSubject(
        name=name,
        what=what,
        record_id="",
        account_id=None,
        owner=None,
        manager=None,
        mrr=None,
        records=(),
        page=page,
        announced=None,
        unchanged=unchanged,
    )
