"""Onboarding: a Closed Won opportunity becomes a live, permissioned, billed and assigned customer (ONB-1 to ONB-14)."""

from functools import partial
from typing import Any

from prefect import State
from prefect.states import Completed

from flows.csm_assignment import (
    assign_csm,
    notify_csm_and_lead,
    send_welcome,
    with_welcome,
)
from flows.onboarding_plan import Planner, planner, review_records
from flows.onboarding_preview import preview_onboarding
from flows.parameters import OpportunityId
from flows.publications import bring_sold_in_line
from rules.common.ids import record_id_in
from rules.common.records import INACTIVE, Company, Sale
from rules.common.scope import scope
from rules.onboarding.plan import OnboardingPlan
from rules.onboarding.reviewed_sale import ReviewedSale
from rules.onboarding.runs import NOT_SET_UP
from rules.onboarding.verification import (
    Differences,
    company_differences,
    expected_assignment,
    expected_codes,
    expected_values,
)
from rules.onboarding.write_back import account_changes, opportunity_changes
from rules.questions.questions import OUT_OF_SCOPE
from tasks.assignment.reports import csm_message
from tasks.core.steps import gather_all
from tasks.lms.companies import free_username, read_company, set_modules, sign_up, update_company
from tasks.onboarding.billing_reports import report_closed_billing
from tasks.onboarding.permission_matrix import read_matrix
from tasks.onboarding.placeholders import replace_placeholder
from tasks.onboarding.reports import (
    CustomerSetup,
    Outcome,
    announcement,
    onboarding_key,
    out_of_scope_notice,
    report,
    show_out_of_scope,
)
from tasks.onboarding.verification import out_of_sync, verify_onboarding
from tasks.procedure import Preview, Run, procedure
from tasks.questions.subject import QuestionSubject
from tasks.recurly.accounts import recurly_account
from tasks.runs.claims import tag_run, untag_run
from tasks.salesforce.sales import in_onboarding_report, read_sale
from tasks.slack.messages import Announced
from tasks.slack.notices import announce, announce_out_of_scope


@procedure("onboarding", run_name="Onboard {opportunity_id}")
async def onboarding(run: Run, opportunity_id: OpportunityId, preview: Preview = False) -> State[Any]:
    """Set up, assign and welcome the customer of a Closed Won opportunity.

    Nothing is created while a record is incomplete (ONB-3, PUB-3). A run that is started twice, or run again, does only
    what is not done yet.
    """
    # 1. Review the records, the Onboarding Report and the permission matrix (ONB-2, ONB-3, ONB-5, ONB-13, PUB-3)
    opportunity_id = record_id_in(opportunity_id, "006")
    records, in_report, workbook = await run.begin(
        f"opportunity:{opportunity_id}",
        gather_all(read_sale(opportunity_id), in_onboarding_report(opportunity_id), read_matrix()),
    )
    account_id, account = (records.account.id, records.account.name or "") if records.account else (None, "")
    about = partial(sale_subject, run, records)
    await run.open(f"Onboard {records.opportunity.name}", account_id=account_id, account=account, about=about)
    if scope(records.opportunity.services).out_of_scope:
        return await end_out_of_scope(run, records)
    if run.preview:
        return await preview_onboarding(run, records, workbook, in_report=in_report)
    await untag_run(OUT_OF_SCOPE)
    sale, entitled = await review_records(run, records, workbook, in_report=in_report)

    # 2. Plan every change before the first one (ONB-4, ONB-6 to ONB-13, PUB-6)
    plan_for = await planner(run, sale, entitled)
    plan = run.require(plan_for(None))

    # 3. Announce the sale, and set the customer up in the LMS and Recurly (ONB-1, ONB-6 to ONB-13, PUB-6)
    _, setup = await gather_all(announce_sale(run, records), set_up(run, sale, plan, plan_for))

    # 4. Choose the CSM, and write ids and CSM in one call, under a lock (ONB-4, ONB-11, CSM-1 to CSM-4, CSM-7)
    account_id, codes = sale.account.id, setup.codes
    snapshot, assignment = await assign_csm(run, account_id, sale.customer, opportunity_id, codes=codes)

    # 5. Publications, the message to the CSM, and the tick that makes Salesforce send the welcome (PUB-1, CSM-5)
    has_publications = sale.contract.publications or plan.is_ending
    publications = [await bring_sold_in_line(run, account_id)] if has_publications else []
    text = await csm_message(snapshot, assignment, records, setup.company_id, plan.billing_start)
    message = notify_csm_and_lead(run, snapshot, assignment, text, about=opportunity_id, since=run.claim.since)
    _, welcome = await gather_all(message, send_welcome(run, snapshot))

    # 6. Read everything back; report, and write the audit page beside it (ONB-14, REC-3)
    outcome = Outcome(sale, plan, setup, assignment, welcome)
    company, differences = await verify(run, outcome, plan_for)
    if differences.wrong:
        return out_of_sync(sale.name, differences.wrong)
    await run.questions.close()
    decisions = (*run.questions.remarks, *map(str, run.skipped), *differences.accepted, *publications)
    await gather_all(run.effects.write(), report(outcome, decisions, run.effects))
    inactive = " The company is inactive in the LMS." if company.status == INACTIVE else ""
    summary = f"{sale.name}: LMS company {setup.company_id}, CSM {assignment.csm.name}.{inactive}"
    return Completed(message=with_welcome(summary, welcome))


async def end_out_of_scope(run: Run, sale: Sale) -> State[Any]:
    """Stop, and give the reason in the sales channel; a change of the sale's records starts a new run (ONB-2)."""
    opportunity, reason = sale.opportunity, scope(sale.opportunity.services).reason
    if not run.preview:
        await run.questions.close(ended=f"{reason} Nothing was done.")
        await tag_run(OUT_OF_SCOPE, *sale.record_tags)
        key, text = f"out-of-scope:{opportunity.id}", await out_of_scope_notice(sale)
        await announce_out_of_scope(key, opportunity.name, text, first=run.claim.first, since=run.claim.since)
    await show_out_of_scope(opportunity.name, sale)
    return Completed(name="Out of scope", message=f"{reason} Nothing was done.")


async def sale_subject(run: Run, sale: Sale) -> QuestionSubject:
    """The subject of questions about a sale: its owner is asked, in the thread of its notice."""
    opportunity, account, contract = sale.opportunity, sale.account, sale.contract

    async def unchanged() -> bool:
        return await read_sale.fn(opportunity.id) == sale

    return QuestionSubject(
        name=opportunity.name,
        what="onboarding",
        record_id=opportunity.id,
        account_id=account.id if account else None,
        owner=opportunity.owner,
        manager=opportunity.manager,
        mrr=contract.plan_amount if contract else None,
        records=(*sale.record_tags, *([] if account and account.lms_company_id else [NOT_SET_UP])),
        page=onboarding_key(opportunity.id),
        announced=partial(announce_sale, run, sale),
        unchanged=unchanged,
    )


async def announce_sale(run: Run, sale: Sale) -> Announced:
    """Post the notice of the sale in the sales channel (ONB-1)."""
    key, text = f"onboarding:{sale.opportunity.id}", await announcement(sale)
    return await announce(key, sale.opportunity.name, text, first=run.claim.first, since=run.claim.since)


async def set_up(run: Run, sale: ReviewedSale, plan: OnboardingPlan, plan_for: Planner) -> CustomerSetup:
    """Set the customer up in the LMS, step by step, and find its Recurly account (ONB-4, ONB-6 to ONB-13, PUB-6)."""
    if plan.rename:
        holder, address = plan.rename
        await free_username.labelled(holder.kind)(holder.id, holder.email, address)
    company_id, placeholder = plan.company_id, plan.placeholder
    if plan.form:
        await untag_run(NOT_SET_UP)
        signed = await sign_up(sale.opportunity.id, plan.form.fields(), plan.signup_changes)
        company_id = signed["company_id"]
        if not signed["created"]:
            plan = plan_for(await read_company(company_id))
    assert company_id is not None
    if placeholder:
        await replace_placeholder(placeholder.address, plan.email, placeholder.person)
    if plan.company_changes:
        await update_company(company_id, plan.company_changes)
    if plan.module_changes:
        await set_modules(company_id, plan.modules, plan.module_changes)

    account = sale.account
    known = (account.recurly_account_id, account.recurly_billing_url)
    recurly = await recurly_account(account.id, account.name or "", *known, run.questions.chosen)
    if recurly["is_closed"]:
        await report_closed_billing(sale, recurly)
    codes = account_changes(account, company_id, recurly["id"], recurly["billing_url"])
    return CustomerSetup(company_id, recurly, codes + opportunity_changes(sale.opportunity, sale.contract))


async def verify(run: Run, outcome: Outcome, plan_for: Planner) -> tuple[Company, Differences]:
    """Read back what was written: the company, and every difference (REC-3)."""
    sale, setup, account_id = outcome.sale, outcome.setup, outcome.sale.account.id
    expected = expected_codes(account_id, setup.company_id, setup.recurly["id"], setup.recurly["billing_url"])
    expected |= expected_values(setup.codes) | expected_assignment(account_id, outcome.assignment, outcome.welcome)
    found, company = await verify_onboarding.labelled(sale.name)(expected, setup.company_id, run.skipped)
    again = plan_for(company)
    left = (*again.company_changes, *again.module_changes)
    of_company = company_differences(company, left, was_ending=outcome.plan.is_ending, skipped=run.skipped)
    return company, Differences(found.wrong + of_company.wrong, found.accepted + of_company.accepted)
