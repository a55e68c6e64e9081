"""What a client is entitled to when one of its contracts begins: brought into the LMS on that day (ONB-6, ONB-13)."""

from datetime import timedelta
from functools import partial

from rules.common.problems import HumanInputRequired
from rules.common.records import INACTIVE, Company
from rules.common.text import join_names
from rules.contracts.clients import Client
from rules.contracts.terms import ContractTerms, terms
from rules.onboarding.entitlements import Target, company_changes, entitlement, target
from rules.onboarding.permissions import Matrix, products, with_choices
from rules.onboarding.review import product_choices
from rules.onboarding.signup import location_count
from rules.onboarding.terms_review import terms_problems
from rules.onboarding.write_back import MODULES
from tasks.core.policy import PolicySnapshot, load_policy
from tasks.core.steps import as_dicts
from tasks.lms.companies import confirm_company, set_modules, update_company
from tasks.onboarding.permission_matrix import read_matrix
from tasks.questions.asking import Asking
from tasks.runs.audit import Trail
from tasks.runs.claims import this_try

LATELY = timedelta(days=7)
"""So many days after its first one a contract is brought into effect: nights may be missed."""


async def begin_contract(
    client: Client, company: Company | None, contract_id: str | None, people: Asking, trail: Trail
) -> str:
    """Bring a company up to its contracts in force, when one beside or after others begins; what was done, in words.

    Raises:
        NeedsPeople: it is not clear what the contracts give together.
        WrongAnswer: the LMS does not have what was written.
    """
    rules = await load_policy()
    own = next((one for one in client.signed if one.id == contract_id and one.start), None)
    is_new = own is not None and own.start is not None and rules.today - LATELY <= own.start <= rules.today
    if not is_new or company is None or company.status == INACTIVE or len(client.signed) == 1:
        return ""
    workbook = await read_matrix()
    matrix = with_choices(workbook.matrix, product_choices(people.chosen))
    found = terms(client.agreements, rules.today, people.chosen, own)
    known = None if workbook.problems else products(matrix)
    # Here nobody reviewed the contract itself.
    if problems := (*terms_problems(found, known, reviewed=False), *workbook.problems):
        raise HumanInputRequired(problems)
    wanted = _target(company, found, matrix, rules)
    if wanted.problems:
        raise HumanInputRequired(wanted.problems)
    return await _apply(company, wanted, trail)


def _target(company: Company, found: ContractTerms, matrix: Matrix, rules: PolicySnapshot) -> Target:
    locations = partial(location_count, table=rules.location_table, users_per_location=rules.users_per_location)
    return target(company, entitlement(found, matrix), found.chosen, locations)


async def _apply(company: Company, wanted: Target, trail: Trail) -> str:
    changes = company_changes(company, wanted)
    figures = [one for one in changes if one.field != MODULES]
    if figures:
        trail += await update_company(company.id, as_dicts(figures), try_id=this_try())
    if modules := [one for one in changes if one.field == MODULES]:
        trail += await set_modules(company.id, wanted.modules, as_dicts(modules), try_id=this_try())
    if not changes:
        return ""
    await confirm_company(company.id, changes)
    return f"By the contracts in force: {join_names(f'{one.field} {one.after}' for one in changes)}."
