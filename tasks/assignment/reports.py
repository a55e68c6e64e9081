"""Artifacts and messages about an assignment: the ranking that explains it, the preview, the notice (CSM-1)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from markupsafe import Markup

from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.assignment.books import Csm
from rules.assignment.choice import CsmChoice, Ranked
from rules.assignment.plan import Assignment, AssignmentDecision, Unsettled
from rules.assignment.snapshot import AssignmentSnapshot
from rules.common.records import Change, Person, Sale
from rules.common.scope import scope
from rules.common.service_level import known_level
from tasks.core.artifacts import artifact_page, show_page
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.core.steps import read_task
from tasks.questions.artifacts import with_links
from tasks.runs.claims import created, page, present_run
from tasks.templates import picture, render, slack_user

MOST_BARS = 12
LONGEST_BAR = 300
"""Pixels of the largest book."""


class Bar(NamedTuple):
    """A book in the chart; lengths in pixels, `added` is 0 except for the chosen CSM."""

    name: str
    before: int
    added: int
    label: str


@read_task("Show the CSM ranking for {account_name}: {csm_name}")
async def show_ranking(
    account_name: str, csm_name: str, snapshot: AssignmentSnapshot, decision: AssignmentDecision
) -> None:
    """Show all candidates with their figures, why some are not eligible, and the books before and after (CSM-1)."""
    text = await ranking(snapshot, decision)
    await show_page(text, key=ranking_key(snapshot.account.id), description=f"{account_name}: {csm_name}")


async def ranking(snapshot: AssignmentSnapshot, decision: AssignmentDecision, *, preview: bool = False) -> str:
    """The ranking of all candidates in markdown; "" where nobody had to be chosen."""
    choice, rules = decision.choice, await load_policy()
    if choice is None or decision.segment is None:
        return ""
    eligible = [candidate for candidate in choice.ranking if not candidate.passed_over]
    return render(
        "csm_ranking.md",
        preview=preview,
        account=snapshot.account,
        account_url=(await connection(SalesforceOrg)).record_url(snapshot.account.id),
        mrr=decision.mrr,
        segment=decision.segment,
        segments=rules.segments,
        choice=choice,
        eligible=eligible,
        passed_over=[candidate for candidate in choice.ranking if candidate.passed_over],
        chart=picture("books_chart.svg", bars=bars(choice)) if eligible else "",
        weight=rules.weight_of_mrr.normalize(),
        remarks=() if preview else decision.remarks,
        money=_money,
        percent=_percent,
        terms=_terms,
    )


@read_task("Show that {csm_name} is the CSM of {account_name}")
async def show_kept(account_name: str, csm_name: str, snapshot: AssignmentSnapshot) -> None:
    """Replace the ranking of an earlier try that found no CSM: a person has set a CSM since."""
    account_url = (await connection(SalesforceOrg)).record_url(snapshot.account.id)
    text = render("csm_kept.md", account=snapshot.account, account_url=account_url, csm=csm_name)
    await show_page(text, key=ranking_key(snapshot.account.id), description=f"{account_name}: {csm_name}")


@read_task("Show the plan for {account_name}")
async def show_assignment_plan(
    account_name: str,
    snapshot: AssignmentSnapshot,
    decision: AssignmentDecision,
    changes: Sequence[Change],
    remarks: Sequence[str],
) -> None:
    """Show the changes that a run would make, with each value before and after, and the ranking that explains them."""
    problems = decision.problems if isinstance(decision, Unsettled) else ()
    text = render(
        "plan.md",
        title=f"a CSM for {account_name}",
        subject=account_name,
        subject_url=(await connection(SalesforceOrg)).record_url(snapshot.account.id),
        changes=changes,
        remarks=remarks,
        problems=await with_links(problems),
        known=True,
    )
    text += await ranking(snapshot, decision, preview=True)
    await show_page(text, key=ranking_key(snapshot.account.id), description=f"{account_name}: preview")


async def csm_message(
    snapshot: AssignmentSnapshot, assignment: Assignment, sale: Sale | None, company_id: str, billing_start: str
) -> str:
    """The message to CSM and team lead, with what they need for the first call.

    Args:
        snapshot: as it was when the CSM was chosen.
        assignment: the new CSM and team lead.
        sale: the sale that is being onboarded; None for none.
        company_id: of the LMS; "" when unknown.
        billing_start: ISO date; "" when unknown.
    """
    org, opportunity = await connection(SalesforceOrg), snapshot.opportunity
    members = (await connection(Policy)).member_by_email
    return render(
        "csm_assigned.slack",
        account=snapshot.account,
        csm=mention(assignment.csm, members),
        lead=mention(assignment.lead, members),
        is_new=not assignment.kept or assignment.is_since(created()),
        mrr=assignment.mrr,
        sale=sale,
        services=scope(sale.opportunity.services).onboarded if sale else (),
        level=known_level(sale.contract.service_level) if sale and sale.contract else None,
        company_id=company_id,
        billing_start=billing_start,
        account_url=org.record_url(snapshot.account.id),
        opportunity_url=org.record_url(opportunity.id) if opportunity else "",
        ranking_url=await artifact_page(ranking_key(snapshot.account.id)),
        run_url=page(present_run().id),
    )


def ranking_key(account_id: str) -> str:
    """The key of an account's ranking artifact."""
    return f"csm-assignment-{account_id.lower()}"


def mention(person: Person, members: Mapping[str, str]) -> str | Markup:
    """A Slack mention of a known member, or else the name; `members` by e-mail address in lower case."""
    member = members.get((person.email or "").casefold(), "")
    return slack_user(member) if member else person.name


def bars(choice: CsmChoice) -> list[Bar]:
    """The books of the CSMs who could be chosen, lightest first; the account is added to that of the chosen one."""
    shown = [candidate for candidate in choice.ranking if not candidate.passed_over][:MOST_BARS]
    largest = max([Fraction(1, 100), *(max(candidate.load, candidate.load_after) for candidate in shown)])
    return [_bar(candidate, largest, chosen=candidate == choice.chosen) for candidate in shown]


def _bar(candidate: Ranked, largest: Fraction, *, chosen: bool) -> Bar:
    csm, scale = candidate.csm, LONGEST_BAR / largest
    before, after = int(candidate.load * scale), int(candidate.load_after * scale)
    number, load = (csm.accounts + 1, candidate.load_after) if chosen else (csm.accounts, candidate.load)
    added = max(after - before, 2) if chosen else 0
    return Bar(csm.person.name, before, added, f"{_percent(load)} · {number} accounts")


def _money(amount: Decimal) -> str:
    return f"{amount:,.0f}"


def _percent(load: Fraction) -> str:
    return f"{float(load):.1%}".replace("%", " %")


def _terms(csm: Csm) -> str:
    """The terms that CS Operations agreed with a CSM, to stand behind the name."""
    terms, agreed = csm.terms, []
    if terms.capacity != 1:
        agreed.append(f"capacity {terms.capacity:.0%}")
    if terms.ramp_up != 1:
        agreed.append(f"ramping up at {terms.ramp_up:.0%}")
    if terms.most_accounts is not None:
        agreed.append(f"at most {terms.most_accounts}")
    return f" ({', '.join(agreed)})" if agreed else ""
