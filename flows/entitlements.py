"""What a client is entitled to when one of its contracts begins: brought into the LMS on that day (ONB-6, ONB-13)."""

from datetime import timedelta

from rules.common.problems import HumanInputRequired
from rules.common.records import INACTIVE, Company
from rules.common.text import join_names
from rules.contracts.clients import Client
from rules.contracts.terms import terms
from rules.onboarding.entitlements import Target, company_changes, entitlement, target
from rules.onboarding.permissions import products, with_choices
from rules.onboarding.review import product_choices
from rules.onboarding.terms_review import terms_problems
from rules.onboarding.write_back import MODULES
from tasks.lms.companies import confirm_company, set_modules, update_company
from tasks.onboarding.permission_matrix import read_matrix
from tasks.procedure import Run

LATELY = timedelta(days=7)
"""So many days after its first one a contract is brought into effect: nights may be missed."""


async def begin_contract(run: Run, client: Client, company: Company | None, contract_id: str | None) -> str:
    """Bring a company up to its contracts in force, when one beside or after others begins; what was done, in words.

    Raises:
        HumanInputRequired: it is not clear what the contracts give together.
        UnexpectedResponse: the LMS does not have what was written.
    """
    today, chosen = run.policy.today, run.questions.chosen
    own = next((contract for contract in client.signed if contract.id == contract_id and contract.start), None)
    is_new = own is not None and own.start is not None and today - LATELY <= own.start <= today
    if not is_new or company is None or company.status == INACTIVE or len(client.signed) == 1:
        return ""
    workbook = await read_matrix()
    matrix = with_choices(workbook.matrix, product_choices(chosen))
    agreed = terms(client.agreements, today, chosen, own)
    known = None if workbook.problems else products(matrix)
    # Here nobody reviewed the contract itself.
    if problems := (*terms_problems(agreed, known, reviewed=False), *workbook.problems):
        raise HumanInputRequired(problems)
    return await _apply(
        company, run.require(target(company, entitlement(agreed, matrix), chosen, run.policy.location_count))
    )


async def _apply(company: Company, agreed: Target) -> str:
    changes = company_changes(company, agreed)
    if figures := [change for change in changes if change.field != MODULES]:
        await update_company(company.id, figures)
    if modules := [change for change in changes if change.field == MODULES]:
        await set_modules(company.id, agreed.modules, modules)
    if not changes:
        return ""
    await confirm_company(company.id, changes)
    return f"By the contracts in force: {join_names(f'{change.field} {change.after}' for change in changes)}."
