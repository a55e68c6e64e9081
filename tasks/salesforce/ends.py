"""Find the accounts for a sweep of ending contracts: one call, and one for each further 2,000 rows (D-12)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from simple_salesforce.format import format_soql

from blocks.common.errors import UnexpectedResponse
from blocks.common.field_map import FieldMap
from blocks.policy.block import Policy
from rules.common.text import normalize
from rules.contracts.clients import OVER, UNSIGNED, Client
from rules.contracts.reactivation import DEACTIVATED
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.salesforce.clients import read_clients
from tasks.salesforce.fields import Record, children, day, midnight, number, required, text
from tasks.salesforce.queries import run_queries, select

SERVED = ("Onboarding", "Active", "Churned")
"""CS Status of an account that is a client."""
MOST_FAULTY = 200
"""Contracts with wrong dates that one sweep asks about, latest start first."""
MOST_SUSPECT = 6000
"""Contracts whose dates one sweep checks, latest start first."""
BEGUN_LATELY = timedelta(days=7)
"""How late a sweep still brings a contract into effect that it missed on the first day."""
MOST_BACK = 2000
"""Contracts in force of deactivated accounts that one sweep looks at, latest start first."""


@dataclass(frozen=True)
class DueAccounts:
    """The accounts and contracts for a sweep.

    Attributes:
        accounts: ids of 18 characters, the first to end first.
        begun: first day by contract id, of the contracts that have begun lately; their clients are set up in the LMS.
        clients: the number of all clients.
    """

    accounts: tuple[str, ...]
    begun: dict[str, date]
    clients: int


@read_task("Find the contracts that end from {first} to {last}")
async def due_accounts(first: date, last: date, today: date) -> DueAccounts:
    """The accounts with a contract that ends in these days, has wrong dates, or brings a deactivated client back.

    Args:
        first: the earliest last day of service.
        last: the latest last day of service.
        today: in the org's time zone.
    """
    policy = await connection(Policy)
    statements = due_statements(policy.field_map, first, last, today, ZoneInfo(policy.time_zone))
    ends, suspect, back, begun, (counted, *_) = await run_queries(statements)
    clients = number(counted, "clients")
    if clients is None:
        raise UnexpectedResponse("Salesforce", "the count of clients is missing.")
    accounts = dict.fromkeys(required(row, "AccountId") for row in (*ends, *faulty(suspect), *back))
    starts = {required(row, "Id"): start for row in begun if (start := day(row, "StartDate"))}
    return DueAccounts(tuple(accounts), starts, int(clients))


def faulty(suspect: Iterable[Record]) -> list[Record]:
    """The contracts without an end, or with an end before their start: SOQL cannot compare two fields."""
    dates = ((row, day(row, "StartDate"), day(row, "EndDate")) for row in suspect)
    wrong = [row for row, start, end in dates if end is None or (start is not None and end < start)]
    return [row for row in wrong if _is_signed(row)][:MOST_FAULTY]


def _is_signed(row: Record) -> bool:
    """Whether the contract counts: a draft does when its sale was won."""
    unsigned = {normalize(state) for state in UNSIGNED}
    return normalize(text(row, "Status")) not in unsigned or bool(children(row, "Opportunities"))


def due_statements(fields: FieldMap, first: date, last: date, today: date, zone: ZoneInfo) -> list[str]:
    """The SOQL of `due_accounts`: contracts that end, may have wrong dates, bring back, or have begun; and the clients.

    An end before the start is found whatever its day: of the contracts that have begun, the statement selects those
    that started, or were entered, since the first day; and it selects all that begin in the future.
    """
    account = fields.account
    ends = format_soql("EndDate >= {} AND EndDate <= {}", first, last)
    of_a_client = format_soql(f"Account.{account.cs_status} IN {{}}", list(SERVED))
    back = format_soql(
        f"Account.{account.cs_status} = {{}} AND StartDate <= {{}} AND EndDate >= {{}}", DEACTIVATED, today, today
    )
    served = format_soql(f"{account.cs_status} IN {{}}", list(SERVED))
    lately = format_soql("StartDate > {} AND StartDate <= {}", today - BEGUN_LATELY, today)
    set_up = f"Account.{account.lms_company_id} != null"
    entered = format_soql("(StartDate >= {} OR LastModifiedDate >= {})", first, midnight(first, zone))
    ahead = format_soql("StartDate > {}", today)
    suspect = f"(EndDate = null OR {ahead} OR ({format_soql('EndDate < {}', first)} AND {entered}))"
    counting = format_soql("Status NOT IN {}", list(OVER))
    suspects = f"{counting} AND {of_a_client} AND {suspect} ORDER BY StartDate DESC NULLS FIRST, Id"
    sale = "(SELECT Id FROM Opportunities WHERE IsWon = true LIMIT 1)"
    dates = ("AccountId", "Status", "StartDate", "EndDate", sale)
    return [
        select(["AccountId"], "Contract", f"WHERE {ends} ORDER BY EndDate, AccountId"),
        select(dates, "Contract", f"WHERE {suspects} LIMIT {MOST_SUSPECT}"),
        select(["AccountId"], "Contract", f"WHERE {back} ORDER BY StartDate DESC, Id LIMIT {MOST_BACK}"),
        select(["Id", "StartDate"], "Contract", f"WHERE {lately} AND {set_up} ORDER BY StartDate, Id"),
        select(["COUNT(Id) clients"], "Account", f"WHERE {served}"),
    ]


@read_task("Read clients {label}")
async def clients_of(account_ids: Sequence[str]) -> list[Client]:
    """Up to 200 clients by their account ids, in one call."""
    return await read_clients(account_ids)
