"""An onboarding by a script: the functions of the flow's steps, called without Prefect.

The script makes the same calls in the same order. It has no retries, kept results, states, audit or locks. It runs with
`shared_connections`, so it reads no block while it is measured.
"""

import asyncio
from datetime import UTC, datetime

from rules.assignment.plan import Assignment, plan_assignment
from rules.assignment.snapshot import AssignmentSnapshot
from rules.common.records import Change
from rules.contracts.terms import sold_agreement, terms
from rules.onboarding.customer import Customer
from rules.onboarding.entitlements import entitlement
from rules.onboarding.permissions import Matrix, products
from rules.onboarding.plan import plan_onboarding
from rules.onboarding.review import review
from rules.onboarding.reviewed_sale import ReviewedSale
from rules.onboarding.verification import expected_values
from rules.onboarding.welcome import welcome
from rules.onboarding.write_back import account_changes
from tasks.core.policy import load_policy
from tasks.lms.companies import read_customer, set_modules, sign_up
from tasks.onboarding.verification import verify_onboarding
from tasks.recurly.accounts import recurly_account
from tasks.salesforce.assignment import assign, onboarding_records, read_assignment_snapshot, write_onboarding_record
from tasks.salesforce.clients import read_agreements
from tasks.salesforce.sales import in_onboarding_report, read_sale
from tasks.slack.notices import announce, notify_csm


async def onboard(opportunity_id: str, matrix: Matrix) -> None:
    """Read; set up and announce at once; assign a CSM; inform the CSM and welcome at once; read back."""
    records, in_report = await asyncio.gather(read_sale.fn(opportunity_id), in_onboarding_report.fn(opportunity_id))
    today = (await load_policy()).today
    sale = review(records, in_report=in_report, matrix_products=products(matrix), today=today)
    assert isinstance(sale, ReviewedSale)
    await read_agreements.fn(sale.account.id)
    customer = await read_customer.fn(sale.account.id, None, sale.email)
    now, name = datetime.now(UTC), sale.opportunity.name
    _, (company_id, codes) = await asyncio.gather(
        announce.fn(f"onboarding:{opportunity_id}", name, f"Closed Won: {name}", first=True, since=now),
        _set_up(sale, customer, matrix),
    )
    csm, snapshot = await _assign(sale, codes)
    key = f"csm-assignment:{opportunity_id}"
    await asyncio.gather(notify_csm.fn(key, csm, name, f"{csm} has {name}", first=True, since=now), _welcome(snapshot))
    await verify_onboarding.fn(expected_values(codes), company_id)


async def _set_up(sale: ReviewedSale, customer: Customer, matrix: Matrix) -> tuple[str, tuple[Change, ...]]:
    policy, account = await load_policy(), sale.account
    planned = plan_onboarding(
        sale, customer, company=None, chosen={}, locations=policy.location_count, today=policy.today,
        entitled=entitlement(terms((), policy.today, {}, sold_agreement(sale.sale, ())), matrix),
    )  # fmt: skip
    assert planned.form is not None
    company_id = (await sign_up.fn(sale.opportunity.id, planned.form.fields(), []))["company_id"]
    await set_modules.fn(company_id, planned.modules, [])
    billed = await recurly_account.fn(account.id, sale.customer, None, None, {})
    return company_id, account_changes(account, company_id, billed["id"], billed["billing_url"])


async def _assign(sale: ReviewedSale, codes: tuple[Change, ...]) -> tuple[str, AssignmentSnapshot]:
    policy = await load_policy()
    snapshot = await read_assignment_snapshot.fn(sale.account.id, sale.opportunity.id)
    assignment = plan_assignment(
        snapshot, segments=policy.segments, weight_of_mrr=policy.weight_of_mrr, hand_over=policy.hand_over
    )
    assert isinstance(assignment, Assignment)
    await assign.fn(assignment.csm.id, (*codes, *assignment.changes))
    return assignment.csm.name, snapshot


async def _welcome(snapshot: AssignmentSnapshot) -> None:
    assert snapshot.opportunity is not None
    records = await onboarding_records.fn(snapshot.account.id, snapshot.opportunity.id)
    entry = welcome(snapshot.opportunity, records, (await load_policy()).today)
    await write_onboarding_record.fn(entry.changes)
