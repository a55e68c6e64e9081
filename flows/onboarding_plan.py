"""The review and the plan of an onboarding, before anything is written (ONB-2 to ONB-13, PUB-3)."""

from collections.abc import Callable

from rules.common.problems import HumanInputRequired
from rules.common.records import Company, Sale
from rules.contracts.terms import sold_agreement, terms
from rules.onboarding.entitlements import Entitlement, entitlement
from rules.onboarding.no_welcome import placeholder_for
from rules.onboarding.permissions import products, with_choices
from rules.onboarding.plan import OnboardingPlan, plan_onboarding
from rules.onboarding.review import product_choices, review
from rules.onboarding.reviewed_sale import ReviewedSale
from rules.onboarding.terms_review import terms_problems
from rules.publications.listing import publication_problems
from tasks.lms.companies import read_customer
from tasks.onboarding.permission_matrix import ReadMatrix
from tasks.procedure import Run
from tasks.salesforce.clients import read_agreements

Planner = Callable[[Company | None], OnboardingPlan]
"""Plans the onboarding for the company as it is now; for None, as it was before the sign-up."""


async def review_records(
    run: Run, sale: Sale, workbook: ReadMatrix, *, in_report: bool
) -> tuple[ReviewedSale, Entitlement]:
    """The reviewed sale, and what the customer's contracts in force give (ONB-2 to ONB-6, ONB-13, PUB-3).

    Raises:
        HumanInputRequired: people must settle something; everything that is wrong is named at once.
    """
    chosen, today = run.questions.chosen, run.policy.today
    matrix = with_choices(workbook.matrix, product_choices(chosen))
    known = None if workbook.problems else products(matrix)
    also = (*publication_problems(sale, chosen), *workbook.problems)
    reviewed = run.require(review(sale, in_report=in_report, matrix_products=known, today=today, also=also))
    agreements = await read_agreements(reviewed.account.id)
    agreed = terms(agreements, today, chosen, sold_agreement(sale, agreements))
    if problems := terms_problems(agreed, known):
        raise HumanInputRequired(problems)
    await run.questions.reviewed()
    return reviewed, entitlement(agreed, matrix)


async def planner(run: Run, sale: ReviewedSale, entitled: Entitlement) -> Planner:
    """A function that plans the onboarding for the company as it is; for None, as it was before the sign-up."""
    placeholder = placeholder_for(sale.account, sale.contact, run.policy.no_welcome)
    customer = await read_customer(sale.account.id, sale.account.lms_company_id, sale.email, placeholder)

    def plan_for(company: Company | None) -> OnboardingPlan:
        return plan_onboarding(
            sale,
            customer,
            company=company or customer.company,
            entitled=entitled,
            chosen=run.questions.chosen,
            locations=run.policy.location_count,
            today=run.policy.today,
            placeholder=placeholder,
        )

    return plan_for
