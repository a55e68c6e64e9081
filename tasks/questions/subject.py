"""What people are asked about: the sale or the account behind a question."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from rules.common.records import Person
from rules.contracts.clients import Client
from tasks.salesforce.clients import read_clients
from tasks.slack.messages import Announced


@dataclass(frozen=True)
class QuestionSubject:
    """What people are asked about, and who.

    Attributes:
        name: of the opportunity or the account.
        what: the procedure, in the words of its people: `onboarding`.
        record_id: the 18-character id of that opportunity or account.
        account_id: the customer's account, whose page takes the answers; None while it has none.
        owner: whom sales' questions go to.
        manager: the owner's, who is told when nothing is answered.
        mrr: what waits with it, a month; None when unknown.
        records: `<kind>:<id>` of every record whose change may settle something.
        page: the key of the artifact that tells what is waited for.
        announced: the notice in whose thread sales are asked; it is posted if need be.
        unchanged: whether the records are still as they were read.
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


def client_subject(
    client: Client, *, what: str, page: str, announced: Callable[[], Awaitable[Announced]], also: Iterable[str] = ()
) -> QuestionSubject:
    """What people are asked about a client: the account's owner, in the thread of a notice.

    Args:
        client: whose account and contracts may settle it.
        what: the procedure.
        page: the key of the artifact that tells what is waited for.
        announced: the notice.
        also: `<kind>:<id>` of further records whose change may settle something.
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
    )


def bulk_subject(name: str, *, what: str, page: str) -> QuestionSubject:
    """What people are asked about many records at once: no record's change settles it, only their answer.

    Args:
        name: for people.
        what: the procedure.
        page: the key of the artifact that tells what is waited for.
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
