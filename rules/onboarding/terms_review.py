"""Problems that people must settle before a client's contracts can be added up (ONB-6, ONB-13)."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial

from rules.common.problems import EMPTY, Choice, Problem, Responsible
from rules.common.scope import CRED_SERV
from rules.common.service_level import LEVELS, known_level
from rules.common.text import join_names, normalize, strip, unique_by_normalized
from rules.contracts.clients import Agreement
from rules.contracts.terms import ADDS, REPLACES, ContractTerms, begun, topic_of
from rules.onboarding.permissions import NO_MODULES
from rules.onboarding.review import MOST_USERS, PRODUCT_TOPIC


def terms_problems(
    terms: ContractTerms, matrix_products: Collection[str] | None, *, reviewed: bool = True
) -> tuple[Problem, ...]:
    """Return what must be settled before the contracts can be added up (ONB-6, ONB-13).

    Args:
        terms: the contracts.
        matrix_products: the products of the permission matrix; None while the matrix has faults.
        reviewed: whether the contract that takes effect now was reviewed before.
    """
    others = [one for one in terms.counted if not reviewed or one.id != terms.own]
    return (
        *(_undecided(one, terms.counted) for one in terms.undecided),
        *(problem for one in others for problem in _figure_problems(one)),
        *(problem for one in others for problem in _product_problems(one, matrix_products)),
    )


def _undecided(agreement: Agreement, counted: Sequence[Agreement]) -> Problem:
    others = join_names([one.number or one.id for one in counted if begun(one) < begun(agreement)])
    number = agreement.number or agreement.id
    return Problem(
        *(Responsible.SALES, "Contract", agreement.id, "Type of the sale"),
        f"{strip(agreement.sold_as) or 'not given'}, while contract {others} is in force too",
        f"Choose whether contract {number} adds its users and amount to those of {others}, or replaces {others}. "
        "Or correct the Type of its opportunity: Expansion adds, Renewal follows on.",
        "ONB-6",
        topic=topic_of(agreement),
        choices=(Choice(ADDS, f"It adds to {others}"), Choice(REPLACES, f"It replaces {others}")),
    )


def _figure_problems(agreement: Agreement) -> Iterator[Problem]:
    """Yield the missing figures of a contract beside the one that takes effect now (ONB-6)."""
    ask = partial(Problem, Responsible.SALES, "Contract", agreement.id)
    users, amount = agreement.users, agreement.plan_amount
    if users is None or not users.is_finite() or not 1 <= users <= MOST_USERS or users != users.to_integral_value():
        expected = f"This contract counts too: enter a whole number from 1 to {MOST_USERS:,}."
        yield ask("User Count", EMPTY if users is None else f"{users.normalize():f}", expected, "ONB-6")
    if amount is None or not amount.is_finite() or amount < 0:
        expected = "This contract counts too: enter the amount per month, 0 or more."
        yield ask("Plan Amount", EMPTY if amount is None else f"{amount.normalize():f}", expected, "ONB-6")
    if known_level(agreement.service_level) is None:
        expected = f"This contract counts too: choose the level that was agreed, {join_names(LEVELS, 'or')}."
        yield ask("Service Level", strip(agreement.service_level) or EMPTY, expected, "ONB-4")


def _product_problems(agreement: Agreement, matrix_products: Collection[str] | None) -> Iterator[Problem]:
    known = {normalize(product) for product in matrix_products or ()} | {normalize(CRED_SERV)}
    for key, product in unique_by_normalized(agreement.products).items() if matrix_products is not None else ():
        if key not in known:
            expected = "This contract counts too: add the product to the matrix, or choose below whose modules it gets."
            like = sorted(matrix_products or (), key=normalize)
            choices = (
                *(Choice(one, f"Modules of {one}") for one in like),
                Choice(NO_MODULES, f"No modules for {product}"),
            )
            yield Problem(
                *(Responsible.CS_OPS, "Contract", agreement.id, "Products", f"{product}, which the matrix lacks"),
                *(expected, "ONB-13", f"{PRODUCT_TOPIC}{key}", choices),
            )
