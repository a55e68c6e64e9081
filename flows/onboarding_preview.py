"""The preview of an onboarding: every problem, and the plan as far as it is known, even of an open sale (ONB-1)."""

from typing import Any, NamedTuple

from prefect import State
from prefect.states import Completed

from flows.csm_assignment import choose_csm, preview_welcome
from flows.onboarding_plan import planner
from rules.assignment.plan import Unsettled
from rules.common.problems import HumanInputRequired, Problem, to_settle
from rules.common.records import Change, Sale
from rules.common.text import counted
from rules.contracts.terms import sold_agreement, terms
from rules.onboarding.draft import draft, open_figures, stage_note, without_stand_ins
from rules.onboarding.entitlements import entitlement
from rules.onboarding.permissions import products
from rules.onboarding.review import is_won, record_problems
from rules.onboarding.terms_review import terms_problems
from rules.publications.listing import publication_problems, sale_remarks
from tasks.assignment.reports import ranking
from tasks.onboarding.permission_matrix import ReadMatrix
from tasks.onboarding.reports import show_plan
from tasks.procedure import Run
from tasks.salesforce.clients import read_agreements


class SetUp(NamedTuple):
    """What is known of the customer's set-up; `changes` is None where too little is known."""

    changes: tuple[Change, ...] | None
    remarks: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


class Csm(NamedTuple):
    """Who would be the CSM, and the changes that come of it."""

    changes: tuple[Change, ...] = ()
    remarks: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    ranking: str = ""


async def preview_onboarding(run: Run, sale: Sale, workbook: ReadMatrix, *, in_report: bool) -> State[Any]:
    """Show the whole plan, CSM and welcome included, and what must be settled first; nothing is written.

    A sale that is still open is previewed as if it were won: the Onboarding Report cannot list it yet (ONB-1, ONB-5).
    """
    opportunity, known = sale.opportunity, None if workbook.problems else products(workbook.matrix)
    problems = (
        *record_problems(
            sale, in_report=in_report or not is_won(opportunity), matrix_products=known, today=run.policy.today
        ),
        *publication_problems(sale, {}),
        *workbook.problems,
    )
    set_up, csm = await plan_set_up(run, sale, workbook, problems), await plan_csm(run, sale)
    every = (*problems, *set_up.problems, *csm.problems)
    changes = (*(set_up.changes or ()), *csm.changes)
    account = sale.account
    await run.planned(changes, account.id if account else None, account.name or "" if account else opportunity.name)
    note = stage_note(opportunity)
    publications = sale_remarks(sale.contract) if sale.contract else ()
    await show_plan(
        opportunity.name,
        sale,
        changes,
        problems=every,
        remarks=(*filter(None, [note]), *set_up.remarks, *csm.remarks, *publications),
        known=set_up.changes is not None,
        ranking=csm.ranking,
    )
    return previewed(note, every, changes)


async def plan_set_up(run: Run, sale: Sale, workbook: ReadMatrix, problems: tuple[Problem, ...]) -> SetUp:
    """What would be changed in LMS and Salesforce; a value that depends on an open problem is shown as open."""
    known = None if workbook.problems else products(workbook.matrix)
    drafted = draft(sale, problems, known, run.policy.today)
    if drafted is None:
        return SetUp(None)
    agreements = await read_agreements(drafted.account.id)
    agreed = terms(agreements, run.policy.today, {}, sold_agreement(drafted.sale, agreements))
    if unclear := terms_problems(agreed, known):
        return SetUp(None, problems=unclear)
    try:
        plan = (await planner(run, drafted, entitlement(agreed, workbook.matrix)))(None)
    except HumanInputRequired as needs:
        return SetUp(None, problems=needs.problems)
    remarks = () if open_figures(problems) else plan.remarks
    return SetUp(without_stand_ins(plan.changes, problems), remarks, plan.problems)


async def plan_csm(run: Run, sale: Sale) -> Csm:
    """The CSM by the books as they are now; nobody for a sale without an account."""
    if sale.account is None:
        return Csm()
    snapshot, assignment = await choose_csm(run, sale.account.id, sale.account.name or "", sale.opportunity.id)
    changes, remarks = preview_welcome(run, snapshot, assignment)
    problems = assignment.problems if isinstance(assignment, Unsettled) else ()
    return Csm(changes, remarks, problems, await ranking(snapshot, assignment, preview=True))


def previewed(note: str, problems: tuple[Problem, ...], changes: tuple[Change, ...]) -> State[Any]:
    """The final state: what is to be settled, and how much would be changed."""
    summary = f"{counted(len(changes), 'change')} would be made. Nothing was written."
    return Completed(name="Previewed", message=" ".join(filter(None, [note, summary, to_settle(problems)])))
