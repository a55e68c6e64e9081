"""The won sales and the changed contracts in Salesforce that a pass of the reconciliation looks at (REC-1)."""

from datetime import date
from zoneinfo import ZoneInfo

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap
from blocks.policy.block import Policy
from rules.reconciliation.missed_records import ChangedContract, WonSale
from tasks.core.connections import connection
from tasks.salesforce.fields import Record, midnight, moment, parent, required, required_moment, text
from tasks.salesforce.queries import run_queries, select

SALE_FIELDS = ("Id", "Name", "AccountId", "Account.Name", "LastStageChangeDate", "CreatedDate", "LastModifiedDate")
CONTRACT_FIELDS = ("Id", "ContractNumber", "AccountId", "Account.Name", "LastModifiedDate")


async def read_records(first: date) -> tuple[list[WonSale], list[ChangedContract]]:
    """The sales that were won and the contracts that were changed since a day; a part of a step.

    One call, and one for each further 2,000 rows.
    """
    policy = await connection(Policy)
    sales, contracts = await run_queries(statements(policy.field_map, first, ZoneInfo(policy.time_zone)))
    return [_sale(row) for row in sales], [_contract(row) for row in contracts]


def statements(fields: FieldMap, first: date, zone: ZoneInfo) -> list[str]:
    """The SOQL of `read_records`: a sale counts by its close date or by its last change of stage."""
    since = format_soql("CloseDate >= {} OR LastStageChangeDate >= {}", first, midnight(first, zone))
    changed = format_soql("LastModifiedDate >= {}", midnight(first, zone))
    set_up = f"Account.{fields.account.lms_company_id} != null"
    return [
        select(SALE_FIELDS, "Opportunity", f"WHERE IsWon = true AND ({since}) ORDER BY CloseDate, Id"),
        select(CONTRACT_FIELDS, "Contract", f"WHERE {changed} AND {set_up} ORDER BY LastModifiedDate, Id"),
    ]


def _sale(row: Record) -> WonSale:
    return WonSale(
        id=required(row, "Id"),
        name=required(row, "Name"),
        account_id=text(row, "AccountId") or "",
        account=_account_name(row),
        # A sale that was created as won has no change of its stage.
        won=moment(row, "LastStageChangeDate") or required_moment(row, "CreatedDate"),
        changed=required_moment(row, "LastModifiedDate"),
    )


def _contract(row: Record) -> ChangedContract:
    return ChangedContract(
        id=required(row, "Id"),
        name=f"Contract {required(row, 'ContractNumber')}",
        account_id=required(row, "AccountId"),
        account=_account_name(row),
        changed=required_moment(row, "LastModifiedDate"),
    )


def _account_name(row: Record) -> str:
    account = parent(row, "Account")
    return required(account, "Name") if account else ""
