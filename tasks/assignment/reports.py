"""What people read of an assignment: the ranking, for those who ask why, and the message to the CSM (CSM-1)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from markupsafe import Markup

from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.assignment.books import Csm
from rules.assignment.choice import CsmChoice, Ranked
from rules.assignment.plan import Assignment, AssignmentDecision
from rules.assignment.snapshot import AssignmentSnapshot
from rules.common.records import Change, Person, Sale
from rules.common.scope import scope
from rules.common.service_level import known_level
from tasks.core.artifacts import show_page
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.core.steps import read_task
from tasks.runs.claims import artifact_page, page, present_run
from tasks.templates import picture, render, slack_user

MOST_BARS = 12
LONGEST_BAR = 300
"""Pixels of the fullest book."""


class Bar(NamedTuple):
    """A book in the chart; lengths in pixels, `added` 0 for everybody but the chosen."""

    name: str
    before: int
    added: int
    label: str


@read_task("Show why {csm_name} looks after {account_name}")
async def show_ranking(
    account_name: str,
    csm_name: str,
    standing: AssignmentSnapshot,
    decided: AssignmentDecision,
) -> None:
    """Show every candidate with all figures, who was passed over and why, and the books before and after (CSM-1)."""
    choice, rules = decided.choice, await load_policy()
    assert choice is not None
    assert decided.segment is not None
    eligible = [one for one in choice.ranking if not one.passed_over]
    text = render(
        "csm_ranking.md",
        account=standing.account,
        account_url=(await connection(SalesforceOrg)).record_url(standing.account.id),
        mrr=decided.mrr,
        segment=decided.segment,
        segments=rules.segments,
        choice=choice,
        eligible=eligible,
        passed_over=[one for one in choice.ranking if one.passed_over],
        chart=picture("books_chart.svg", bars=bars(choice)) if eligible else "",
        weight=rules.weight_of_mrr.normalize(),
        remarks=decided.remarks,
        money=_money,
        percent=_percent,
        terms=_terms,
    )
    await show_page(text, key=ranking_key(standing.account.id), description=f"{account_name}: {csm_name}")


@read_task("Show that {account_name} has {csm_name}")
async def show_kept(account_name: str, csm_name: str, standing: AssignmentSnapshot) -> None:
    """Replace the ranking of an earlier try that found nobody: somebody has entered a CSM since."""
    account_url = (await connection(SalesforceOrg)).record_url(standing.account.id)
    text = render("csm_kept.md", account=standing.account, account_url=account_url, csm=csm_name)
    await show_page(text, key=ranking_key(standing.account.id), description=f"{account_name}: {csm_name}")


@read_task("Show the plan for {account_name}")
async def show_assignment_plan(
    account_name: str, standing: AssignmentSnapshot, changes: Sequence[Change], said: Sequence[str]
) -> None:
    """Show what a run would do, field by field, before and after."""
    text = render(
        "plan.md",
        title=f"a CSM for {account_name}",
        subject=account_name,
        subject_url=(await connection(SalesforceOrg)).record_url(standing.account.id),
        changes=changes,
        remarks=said,
    )
    await show_page(text, key=ranking_key(standing.account.id), description=f"{account_name}: preview")


async def csm_message(
    standing: AssignmentSnapshot, assignment: Assignment, sale: Sale | None, company_id: str, billing_start: str
) -> str:
    """The text for CSM and team lead: what they need for the first call.

    Args:
        standing: how things stood.
        assignment: who looks after the account.
        sale: the sale that is being onboarded, when one is.
        company_id: in the LMS; "" when unknown.
        billing_start: ISO date; "" when unknown.
    """
    org, opportunity = await connection(SalesforceOrg), standing.opportunity
    members = (await connection(Policy)).member_by_email
    return render(
        "csm_assigned.slack",
        account=standing.account,
        csm=mention(assignment.csm, members),
        lead=mention(assignment.lead, members),
        kept=assignment.kept,
        mrr=assignment.mrr,
        sale=sale,
        services=scope(sale.opportunity.services).onboarded if sale else (),
        level=known_level(sale.contract.service_level) if sale and sale.contract else None,
        company_id=company_id,
        billing_start=billing_start,
        account_url=org.record_url(standing.account.id),
        opportunity_url=org.record_url(opportunity.id) if opportunity else "",
        ranking_url=artifact_page(ranking_key(standing.account.id)),
        run_url=page(present_run().id),
    )


def ranking_key(account_id: str) -> str:
    """The key of an account's ranking under Artifacts."""
    return f"csm-assignment-{account_id.lower()}"


def mention(person: Person, members: Mapping[str, str]) -> str | Markup:
    """A mention of who is a known member of the Slack workspace (by e-mail in lower case), the name of others."""
    member = members.get((person.email or "").casefold(), "")
    return slack_user(member) if member else person.name


def bars(choice: CsmChoice) -> list[Bar]:
    """The books of those who could be chosen, lightest first; the chosen one's with the account added."""
    shown = [one for one in choice.ranking if not one.passed_over][:MOST_BARS]
    fullest = max([Fraction(1, 100), *(max(one.load, one.load_after) for one in shown)])
    return [_bar(one, fullest, chosen=one == choice.chosen) for one in shown]


def _bar(one: Ranked, fullest: Fraction, *, chosen: bool) -> Bar:
    csm, scale = one.csm, LONGEST_BAR / fullest
    before, after = int(one.load * scale), int(one.load_after * scale)
    number, load = (csm.accounts + 1, one.load_after) if chosen else (csm.accounts, one.load)
    added = max(after - before, 2) if chosen else 0
    return Bar(csm.person.name, before, added, f"{_percent(load)} · {number} accounts")


def _money(amount: Decimal) -> str:
    return f"{amount:,.0f}"


def _percent(load: Fraction) -> str:
    return f"{float(load):.1%}".replace("%", " %")


def _terms(csm: Csm) -> str:
    """What CS Operations agreed with a CSM, behind the name."""
    terms, said = csm.terms, []
    if terms.capacity != 1:
        said.append(f"capacity {terms.capacity:.0%}")
    if terms.ramp_up != 1:
        said.append(f"ramping up at {terms.ramp_up:.0%}")
    if terms.most_accounts is not None:
        said.append(f"at most {terms.most_accounts}")
    return f" ({', '.join(said)})" if said else ""
