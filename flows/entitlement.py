"""A client's entitlement: its company in the LMS follows the contracts in force (ONB-6, ONB-8, ONB-13)."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from prefect import State
from prefect.states import Completed

from flows.parameters import AccountId
from rules.common.accepted import without_accepted
from rules.common.ids import record_id_in
from rules.common.problems import HumanInputRequired
from rules.common.records import INACTIVE, Change, Company
from rules.common.text import counted, join_names
from rules.contracts.clients import Agreement, Client
from rules.contracts.terms import in_force, terms
from rules.onboarding.entitlements import Target, company_changes, entitlement, target
from rules.onboarding.permissions import products, with_choices
from rules.onboarding.review import product_choices
from rules.onboarding.terms_review import terms_problems
from rules.onboarding.write_back import MODULES
from tasks.core.steps import gather_all
from tasks.deactivation.service_end import read_in_lms
from tasks.lms.companies import confirm_company, set_modules, update_company
from tasks.onboarding.entitlement_reports import announce_entitlement, entitlement_key, show_entitlement
from tasks.onboarding.permission_matrix import ReadMatrix, read_matrix
from tasks.procedure import Preview, Run, procedure
from tasks.questions.subject import QuestionSubject, client_subject
from tasks.runs.audit import record_earlier_attempt
from tasks.salesforce.clients import read_client

PLANNED_CHANGES = "entitlement-changes"
"""The key under which a run saves its changes before it makes the first one."""
LATELY = timedelta(days=7)
"""So many days after its first one a contract is brought into effect: nights may be missed."""


@procedure("entitlement", run_name="Entitlement of {account_id}")
async def update_entitlement(run: Run, account_id: AccountId, preview: Preview = False) -> State[Any]:
    """Bring users, locations, amount and modules of a client's LMS company in line with its contracts in force.

    Sales are asked about figures and modules that no contract gives. A run that is started twice, or run again,
    does only what is not done.
    """
    # 1. Read client, permission matrix and company; a client without a service is left alone
    account_id = record_id_in(account_id, "001")
    client, workbook = await run.begin(f"account:{account_id}", gather_all(read_client(account_id), read_matrix()))
    about = partial(entitlement_subject, client)
    await run.open(f"Entitlement of {client.name}", account_id=account_id, account=client.name, about=about)
    company = (await read_in_lms(client)).company
    if company is None:
        message = f"{client.name}: the LMS does not know this account. The onboarding sets its company up."
        return Completed(name="Not set up yet", message=f"{message} Nothing was changed.")
    if reason := not_in_service(client, company, run):
        return Completed(name="Not in service", message=f"{client.name}: {reason} Nothing was changed.")

    # 2. Add up the contracts in force, and plan the changes; a preview ends here (ONB-6, ONB-8, ONB-13)
    plan = agreed_target(run, client, company, workbook, ask_modules=True)
    changes = company_changes(company, plan)
    if run.preview:
        await run.planned(changes, account_id, client.name)
        return await show_preview(client, plan, changes)

    # 3. Change the company, and read it back
    run.require(plan)
    await run.questions.reviewed()
    await record_earlier_attempt(PLANNED_CHANGES, changes)
    made = await apply(run, company, plan, changes)
    summary = f"{summary_of(made)} {' '.join(plan.remarks)}".strip()
    await show_entitlement(client, summary, changes, plan.remarks, preview=False)
    return Completed(message=f"{client.name}: {summary}")


def not_in_service(client: Client, company: Company, run: Run) -> str:
    """Why the company has no entitlement to follow, a sentence; "" for a client in service."""
    if company.status == INACTIVE:
        return f"company {company.id} is inactive. If it must come back, start deactivation/deactivate-account."
    if not in_force(client.agreements, run.policy.today):
        return "no contract is in force. To end its service, start deactivation/deactivate-account."
    return ""


def agreed_target(
    run: Run,
    client: Client,
    company: Company,
    workbook: ReadMatrix,
    own: Agreement | None = None,
    *,
    ask_modules: bool = False,
) -> Target:
    """The target of a company by its contracts in force; with problems where people must decide about figures.

    Args:
        run: the present run, with the decisions of people.
        client: with its contracts.
        company: of the client.
        workbook: the permission matrix.
        own: the contract that takes effect now; None for none.
        ask_modules: people decide about modules that no contract gives; otherwise they are kept.

    Raises:
        HumanInputRequired: it is not clear what the contracts give together.
    """
    chosen = run.questions.chosen
    matrix = with_choices(workbook.matrix, product_choices(chosen))
    agreed = terms(client.agreements, run.policy.today, chosen, own)
    known = None if workbook.problems else products(matrix)
    # Here nobody reviewed the contracts before.
    if problems := (*terms_problems(agreed, known, reviewed=False), *workbook.problems):
        raise HumanInputRequired(problems)
    entitled = entitlement(agreed, matrix)
    return target(company, entitled, chosen, run.policy.location_count, ask_modules=ask_modules)


async def apply(run: Run, company: Company, agreed: Target, changes: Sequence[Change]) -> tuple[Change, ...]:
    """Make the changes of a company, and read it back; the changes that were made, without those of skipped steps.

    Raises:
        UnexpectedResponse: the LMS does not have what was written.
    """
    if figures := [change for change in changes if change.field != MODULES]:
        await update_company(company.id, figures)
    if modules := [change for change in changes if change.field == MODULES]:
        await set_modules(company.id, agreed.modules, modules)
    made = without_accepted(changes, run.skipped)
    if made:
        await confirm_company(company.id, made)
    return made


def summary_of(changes: Sequence[Change]) -> str:
    """What was changed, a sentence."""
    if not changes:
        return "The LMS company agrees with the contracts in force."
    return f"By the contracts in force: {join_names(f'{change.field} {change.after}' for change in changes)}."


async def show_preview(client: Client, plan: Target, changes: Sequence[Change]) -> State[Any]:
    """Show the changes, and the questions that a run would ask; nothing was written."""
    asks = f" {counted(len(plan.problems), 'question')} would be asked." if plan.problems else ""
    summary = f"{counted(len(changes), 'change')} would be made.{asks} Nothing was written."
    await show_entitlement(client, summary, changes, (*plan.remarks, *map(str, plan.problems)), preview=True)
    return Completed(name="Previewed", message=f"{client.name}: {summary}")


async def begin_contract(run: Run, client: Client, company: Company | None, contract_id: str) -> str:
    """Bring a company up to its contracts in force, when one beside or after others begins; what was done, in words.

    Args:
        run: the present run.
        client: as Salesforce has it.
        company: of the client; None for none.
        contract_id: the contract that changed, 18 characters; "" for none.

    Raises:
        HumanInputRequired: it is not clear what the contracts give together.
        UnexpectedResponse: the LMS does not have what was written.
    """
    today = run.policy.today
    own = next((contract for contract in client.signed if contract.id == contract_id and contract.start), None)
    is_new = own is not None and own.start is not None and today - LATELY <= own.start <= today
    if not is_new or company is None or company.status == INACTIVE or len(client.signed) == 1:
        return ""
    plan = run.require(agreed_target(run, client, company, await read_matrix(), own))
    changes = company_changes(company, plan)
    made = await apply(run, company, plan, changes)
    return summary_of(made) if made else ""


async def entitlement_subject(client: Client) -> QuestionSubject:
    """The subject of questions about a client's entitlement."""
    return client_subject(
        client,
        what="entitlement",
        page=f"waiting-{entitlement_key(client.id)}",
        announced=partial(announce_entitlement, client),
    )
