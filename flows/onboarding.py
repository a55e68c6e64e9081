"""Onboarding: a Closed Won opportunity becomes a live, permissioned, billed and assigned customer (ONB-1 to ONB-14)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from prefect import State
from prefect.states import Completed

from flows.csm_assignment import assign_csm, begin_onboarding, decide, preview_welcome, tell, with_welcome
from flows.parameters import OpportunityId
from flows.publications import bring_sold_in_line
from rules.assignment.plan import Assignment, Unsettled
from rules.assignment.snapshot import AssignmentSnapshot
from rules.common.ids import to18
from rules.common.problems import HumanInputRequired
from rules.common.records import INACTIVE, Change, Sale
from rules.common.scope import scope
from rules.common.text import counted, strip
from rules.contracts.terms import sold_agreement, terms
from rules.onboarding.entitlements import entitlement
from rules.onboarding.no_welcome import placeholder_for
from rules.onboarding.permissions import products, with_choices
from rules.onboarding.plan import Plan, plan
from rules.onboarding.review import product_choices, review, reviewed
from rules.onboarding.terms_review import terms_problems
from rules.onboarding.verification import company_differences, expected_assignment, expected_codes, expected_values
from rules.onboarding.write_back import account_changes, opportunity_changes
from rules.publications.listing import sale_problems, sale_remarks
from rules.questions.questions import OUT_OF_SCOPE
from tasks.core.policy import load_policy
from tasks.core.steps import as_dicts, gather_all
from tasks.lms.companies import free_username, read_company, read_customer, set_modules, sign_up, update_company
from tasks.onboarding.billing_reports import report_closed_billing
from tasks.onboarding.permission_matrix import read_matrix
from tasks.onboarding.placeholders import give_address
from tasks.onboarding.reports import (
    announcement,
    onboarding_key,
    out_of_scope_notice,
    report,
    show_out_of_scope,
    show_plan,
)
from tasks.onboarding.verification import out_of_sync, verify_onboarding
from tasks.procedure import Preview, procedure
from tasks.questions.asking import Asking, asking, called_off
from tasks.questions.history import load_history
from tasks.questions.subject import QuestionSubject
from tasks.recurly.accounts import BilledCustomer, recurly_account
from tasks.runs.audit import Trail, audit_trail, record_effects
from tasks.runs.claims import Claim, claim_record, name_run, present_run, tag_run, this_try, untag_run
from tasks.salesforce.clients import read_agreements
from tasks.salesforce.sales import in_onboarding_report, read_sale
from tasks.slack.messages import Announced, announce
from tasks.slack.notices import announce_out_of_scope


@procedure("onboarding", run_name="Onboard {opportunity_id}")
async def onboarding(opportunity_id: OpportunityId, preview: Preview = False) -> State[Any]:
    """Set up the customer of a sale: read, review, ask people, plan, apply, report.

    Nothing is created before everything is verified (ONB-3, PUB-3). A run that is started twice, or run again, does
    only what is not done yet.
    """
    opportunity_id = to18(opportunity_id, "006")
    sale, listed, workbook, claim, history = await gather_all(
        read_sale(opportunity_id),
        in_onboarding_report(opportunity_id),
        read_matrix(),
        claim_record(f"opportunity:{opportunity_id}", preview=preview),
        load_history(present_run().id),
    )
    name, sold = sale.opportunity.name, scope(sale.opportunity.services)
    rules, _ = await gather_all(load_policy(), name_run(f"Onboard {name}", preview=preview))
    about = partial(sale_subject, sale, claim)
    if claim.other_run:
        return Completed(name="Already under way", message=f"This sale is being onboarded by {claim.other_run}")
    if history.cancelled:
        return await called_off(await about(), history)

    async with asking(about, history, preview=preview) as people:
        if sold.out_of_scope:
            return await end_out_of_scope(sale, claim, people, preview=preview)
        if not preview:
            await untag_run(OUT_OF_SCOPE)
        matrix = with_choices(workbook.matrix, product_choices(people.chosen))
        known = None if workbook.problems else products(matrix)
        problems = review(sale, in_report=listed, matrix_products=known, today=rules.today)
        if problems := (*problems, *sale_problems(sale, people.chosen), *workbook.problems):
            raise HumanInputRequired(problems)
        account, contact, _ = reviewed(sale)
        agreements = await read_agreements(account.id)
        agreed = terms(agreements, rules.today, people.chosen, sold_agreement(sale, agreements))
        if problems := terms_problems(agreed, known):
            raise HumanInputRequired(problems)
        await people.reviewed()

        placeholder = placeholder_for(account, contact, rules.no_welcome)
        customer = await read_customer(account.id, account.lms_company_id, strip(contact.email), placeholder)
        make_plan = partial(
            plan, sale, email=customer.email, rename=customer.rename, table=rules.location_table,
            entitled=entitlement(agreed, matrix), chosen=people.chosen,
            users_per_location=rules.users_per_location, today=rules.today,
            placeholder=placeholder, left=customer.left,
        )  # fmt: skip
        todo = make_plan(company=customer.company)
        if todo.problems:
            raise HumanInputRequired(todo.problems)
        if preview:
            return await show_preview(sale, todo, *await decide(account.id, strip(account.name), opportunity_id))
        return await apply(sale, claim, todo, make_plan, people)


async def apply(sale: Sale, claim: Claim, todo: Plan, make_plan: Callable[..., Plan], people: Asking) -> State[Any]:
    """Do what is planned: the customer is set up, assigned, welcomed and told about (ONB-14)."""
    (account, _, contract), opportunity = reviewed(sale), sale.opportunity
    async with audit_trail(account.id) as trail:
        _, done = await gather_all(announce_sale(sale, claim), set_up(sale, todo, make_plan, trail, people.chosen))
        standing, assignment = await assign_csm(
            account.id, strip(account.name), opportunity.id, trail, codes=done.codes
        )  # fmt: skip
        concerned = contract.publications or todo.is_ending
        said = [await bring_sold_in_line(account.id, people, claim, trail)] if concerned else []
        billing_start = str(todo.form.billing_start) if todo.form else ""
        _, entry = await gather_all(
            tell(
                *(standing, assignment, claim, trail),
                sale=sale,
                company_id=done.company_id,
                billing_start=billing_start,
            ),
            begin_onboarding(standing, trail),
        )
        expected = expected_codes(account.id, done.company_id, done.recurly["id"], done.recurly["billing_url"])
        expected |= expected_values(done.codes) | expected_assignment(account.id, assignment, entry)
        found, company = await verify_onboarding(opportunity.name, expected, done.company_id)
        again = make_plan(company=company)
        left = (*again.company_changes, *again.module_changes)
        if differences := [*found, *company_differences(company, left, was_ending=todo.is_ending)]:
            return out_of_sync(opportunity.name, differences)
        await people.close()
        outcome = {"company_id": done.company_id, "recurly": done.recurly, "assignment": assignment, "welcome": entry}
        await gather_all(
            trail.write(),
            report(opportunity.name, sale, todo, **outcome, decisions=(*people.remarks, *said), effects=trail),
        )
    is_off = " The company is inactive in the LMS." if company.status == INACTIVE else ""
    ended = f"{opportunity.name}: LMS company {done.company_id}, CSM {assignment.csm.name}.{is_off}"
    return Completed(message=with_welcome(ended, entry))


async def end_out_of_scope(sale: Sale, claim: Claim, people: Asking, *, preview: bool) -> State[Any]:
    """Stop, touch nothing, and say why in the sales channel; a change of the sale's records begins anew (ONB-2)."""
    opportunity, reason = sale.opportunity, scope(sale.opportunity.services).reason
    if not preview:
        await people.end(f"{reason} Nothing was done.")
        await tag_run(OUT_OF_SCOPE, *sale.record_tags)
        async with audit_trail(sale.account.id if sale.account else None) as trail:
            key, text = f"out-of-scope:{opportunity.id}", await out_of_scope_notice(sale)
            told = await announce_out_of_scope(key, opportunity.name, text, first=claim.first, since=claim.since)
            trail.extend(told["effects"])
    await show_out_of_scope(opportunity.name, sale)
    return Completed(name="Out of scope", message=f"{reason} Nothing was done.")


async def sale_subject(sale: Sale, claim: Claim) -> QuestionSubject:
    """What people are asked about a sale: its owner, in the thread of its notice."""
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
        records=sale.record_tags,
        page=onboarding_key(opportunity.id),
        announced=partial(announce_sale, sale, claim),
        unchanged=unchanged,
    )


async def show_preview(
    sale: Sale, todo: Plan, standing: AssignmentSnapshot, assignment: Assignment | Unsettled
) -> State[Any]:
    """Show the whole plan, CSM and welcome included; nothing was written."""
    after, said = await preview_welcome(standing, assignment)
    changes = (*todo.changes, *after)
    remarks = (*todo.remarks, *said, *sale_remarks(sale.contract))
    await show_plan(sale.opportunity.name, sale, changes, remarks)
    return Completed(name="Previewed", message=f"{counted(len(changes), 'change')} would be made. Nothing was written.")


async def announce_sale(sale: Sale, claim: Claim) -> Announced:
    """Tell the sales channel (ONB-1)."""
    key, text = f"onboarding:{sale.opportunity.id}", await announcement(sale)
    notice = await announce(key, sale.opportunity.name, text, first=claim.first, since=claim.since)
    record_effects(notice["effects"])
    return notice


class SetUp(NamedTuple):
    """The customer in LMS and Recurly, and what Salesforce does not have of it yet."""

    company_id: str
    recurly: BilledCustomer
    codes: tuple[Change, ...]


async def set_up(
    sale: Sale, todo: Plan, make_plan: Callable[..., Plan], trail: Trail, chosen: Mapping[str, str]
) -> SetUp:
    """Apply the plan, step by step: username, company, modules, Recurly (ONB-4, ONB-6 to ONB-13, PUB-6)."""
    account, _, contract = reviewed(sale)
    name = account.name or ""
    if todo.rename:
        holder, address = todo.rename
        trail += await free_username(holder.id, holder.kind, holder.email, address)
    company_id, placeholder = todo.company_id, todo.placeholder
    if todo.form:
        signed = await sign_up(sale.opportunity.id, todo.form.fields(), as_dicts(todo.signup_changes))
        trail += signed["effects"]
        company_id = signed["company_id"]
        if not signed["created"]:
            todo = make_plan(company=await read_company(company_id))
    assert company_id is not None
    if placeholder:
        trail += await give_address(placeholder.address, todo.email, placeholder.person)
    if todo.company_changes:
        trail += await update_company(company_id, as_dicts(todo.company_changes), try_id=this_try())
    if todo.module_changes:
        trail += await set_modules(company_id, todo.modules, as_dicts(todo.module_changes), try_id=this_try())

    recurly = await recurly_account(account.id, name, account.recurly_account_id, account.recurly_billing_url, chosen)
    if recurly["is_closed"]:
        trail += await report_closed_billing(sale, recurly)
    codes = account_changes(account, company_id, recurly["id"], recurly["billing_url"])
    return SetUp(company_id, recurly, codes + opportunity_changes(sale.opportunity, contract))
