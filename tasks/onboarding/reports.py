"""Texts and artifacts about an onboarding: notices, report, preview, and why a sale is out of scope."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from blocks.lms.block import Lms
from blocks.salesforce.block import SalesforceOrg
from rules.assignment.plan import Assignment
from rules.common.problems import Problem
from rules.common.records import Change, Sale
from rules.common.scope import scope
from rules.common.service_level import known_level
from rules.onboarding.plan import OnboardingPlan
from rules.onboarding.reviewed_sale import ReviewedSale
from rules.onboarding.welcome import Welcome
from rules.onboarding.write_back import SIGNUP_FIELDS
from tasks.assignment.reports import ranking_key
from tasks.core.artifacts import artifact_page, show_page
from tasks.core.connections import connection
from tasks.core.effects import Effect
from tasks.core.steps import read_task
from tasks.questions.artifacts import with_links
from tasks.recurly.accounts import BilledCustomer
from tasks.runs.audit import deduplicate
from tasks.runs.claims import page, present_run
from tasks.templates import render


async def announcement(sale: Sale) -> str:
    """The text of the notice in the sales channel (ONB-1)."""
    return render(
        "announcement.slack",
        sale=sale,
        services=sale.opportunity.services,
        opportunity_url=(await connection(SalesforceOrg)).record_url(sale.opportunity.id),
        run_url=page(present_run().id),
    )


async def out_of_scope_notice(sale: Sale) -> str:
    """The text of the message that a sale is not onboarded (ONB-2)."""
    return render(
        "out_of_scope.slack",
        sale=sale,
        reason=scope(sale.opportunity.services).reason,
        opportunity_url=(await connection(SalesforceOrg)).record_url(sale.opportunity.id),
        run_url=page(present_run().id),
    )


class CustomerSetup(NamedTuple):
    """The customer in LMS and Recurly, and the codes that are missing in Salesforce."""

    company_id: str
    recurly: BilledCustomer
    codes: tuple[Change, ...]


class Outcome(NamedTuple):
    """The results of an onboarding: plan, set-up, assignment and welcome."""

    sale: ReviewedSale
    plan: OnboardingPlan
    setup: CustomerSetup
    assignment: Assignment
    welcome: Welcome


@read_task("Report on {outcome.sale.name}")
async def report(outcome: Outcome, decisions: Sequence[str], effects: Sequence[Effect]) -> None:
    """Show the finished onboarding, for the people who work with the customer."""
    sale, plan, setup, assignment, welcome = outcome
    form = plan.form.fields() if plan.form else {}
    await _show(
        sale.sale,
        "onboarding_report.md",
        f"{sale.name}: set up",
        company_id=setup.company_id,
        company_url=(await connection(Lms)).company_url(setup.company_id),
        recurly=setup.recurly,
        csm=assignment.csm,
        lead=assignment.lead,
        kept=assignment.kept,
        ranking_url=await artifact_page(ranking_key(sale.account.id)),
        welcome=welcome,
        welcome_url=(await connection(SalesforceOrg)).record_url(welcome.record.id),
        effects=deduplicate(effects),
        form=[(label, form[key]) for label, key in SIGNUP_FIELDS.items() if key in form],
        modules=plan.modules,
        remarks=(*decisions, *plan.remarks, *filter(None, [setup.recurly["trouble"]]), *assignment.remarks),
        services=scope(sale.opportunity.services).onboarded,
        level=known_level(sale.contract.service_level),
    )


@read_task("Show the plan for {name}")
async def show_plan(
    name: str,
    sale: Sale,
    changes: Sequence[Change],
    *,
    problems: Sequence[Problem],
    remarks: Sequence[str],
    known: bool,
    ranking: str,
) -> None:
    """Show the changes that a run would make, with each value before and after.

    Args:
        name: of the sale.
        sale: its records.
        changes: as far as they are known.
        problems: what people must settle first.
        remarks: a sentence each.
        known: the changes in the LMS are among them.
        ranking: of the CSMs, in markdown; "" for none.
    """
    opportunity, account = sale.opportunity, sale.account
    await _show(
        sale,
        "plan.md",
        f"{name}: preview",
        title=f"onboarding of {account.name if account else name}",
        subject=opportunity.name,
        subject_url=(await connection(SalesforceOrg)).record_url(opportunity.id),
        changes=changes,
        remarks=remarks,
        problems=await with_links(problems),
        known=known,
        below=ranking,
    )


@read_task("Show why {name} is out of scope")
async def show_out_of_scope(name: str, sale: Sale) -> None:
    """Show why the sale is not onboarded (ONB-2)."""
    await _show(sale, "out_of_scope.md", f"{name}: out of scope", reason=scope(sale.opportunity.services).reason)


def onboarding_key(opportunity_id: str) -> str:
    """The key of a sale's artifact."""
    return f"onboarding-{opportunity_id.lower()}"


async def _show(sale: Sale, template: str, description: str, *, below: str = "", **values: Any) -> None:
    org = await connection(SalesforceOrg)
    links = {"opportunity_url": org.record_url(sale.opportunity.id)}
    if sale.account:
        links["account_url"] = org.record_url(sale.account.id)
    await show_page(
        render(template, sale=sale, **links, **values) + below,
        key=onboarding_key(sale.opportunity.id),
        description=description,
    )
