"""The review of a sale before anything is created: every problem at once, one per fact (ONB-3)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from rules.common.characters import described, invisible, visible
from rules.common.emails import email_fault
from rules.common.problems import EMPTY, Choice, Problem, Problems, Responsible
from rules.common.records import Account, Contact, Contract, Opportunity, Sale
from rules.common.scope import CRED_SERV, IN_SCOPE
from rules.common.service_level import LEVELS, known_level
from rules.common.text import join_names, normalize, strip, unique_by_normalized
from rules.onboarding.permissions import NO_MODULES
from rules.onboarding.reviewed_sale import ReviewedSale

CLOSED_WON = "Closed Won"
LONGEST_NAME = 80
LONGEST_COMPANY = 255
MOST_USERS = 1_000_000
FARTHEST_BILLING = timedelta(days=3653)
"""A billing start further ahead than ten years is a slip of the keys."""

PRODUCT_TOPIC = "product "
"""Before a product's name in the topic of a question about it."""

_SHOWN = 40


def review(
    sale: Sale,
    *,
    in_report: bool,
    matrix_products: Collection[str] | None,
    today: date,
    also: Sequence[Problem] = (),
) -> ReviewedSale | Problems:
    """The sale with complete records, or every problem of it at once (ONB-3).

    Args:
        sale: the four records of ONB-3.
        in_report: whether the Onboarding Report lists the opportunity (ONB-5).
        matrix_products: the products of the permission matrix (ONB-13); None while the matrix itself is faulty.
        today: in the org's time zone.
        also: problems that others found in what the sale needs.
    """
    problems = (*sale_problems(sale, in_report=in_report, matrix_products=matrix_products, today=today), *also)
    if problems:
        return Problems(problems=problems)
    account, contract, contacts = sale.account, sale.contract, sale.primary_contacts
    assert account is not None
    assert contract is not None
    assert contract.billing_start is not None
    return ReviewedSale(sale, account, contacts[0], contract, contract.billing_start)


def sale_problems(
    sale: Sale, *, in_report: bool, matrix_products: Collection[str] | None, today: date
) -> tuple[Problem, ...]:
    """Every problem of the sale, in the order of the procedure; the arguments are those of `review`.

    A sale that is not closed is reported for that alone (ONB-1).
    """
    opportunity = sale.opportunity
    if not is_won(opportunity):
        ask = partial(Problem, Responsible.SALES, "Opportunity", opportunity.id)
        expected = "Onboarding starts when the opportunity is Closed Won."
        return (ask("Stage", _shown(opportunity.stage), expected, "ONB-1"),)
    return record_problems(sale, in_report=in_report, matrix_products=matrix_products, today=today)


def record_problems(
    sale: Sale, *, in_report: bool, matrix_products: Collection[str] | None, today: date
) -> tuple[Problem, ...]:
    """The same for a sale that may still be open: a preview shows what is wrong before it is closed."""
    return (
        *_opportunity_problems(sale, in_report=in_report),
        *(_account_problems(sale.account) if sale.account else ()),
        *(_agreed_problems(sale, sale.contract, matrix_products, today) if sale.contract else ()),
        *(_admin_problems(sale, sale.primary_contacts[0]) if len(sale.primary_contacts) == 1 else ()),
    )


def is_won(opportunity: Opportunity) -> bool:
    """Whether a sale is won: as Salesforce counts it, by the stage's usual name where that is not known (ONB-1)."""
    if opportunity.is_won is None:
        return normalize(opportunity.stage) == normalize(CLOSED_WON)
    return opportunity.is_won


def _opportunity_problems(sale: Sale, *, in_report: bool) -> Iterator[Problem]:
    opportunity = sale.opportunity
    ask = partial(Problem, Responsible.SALES, "Opportunity", opportunity.id)
    if not in_report:
        expected = "Register the sale so that the Onboarding Report lists it."
        yield ask("Onboarding Report", "without this opportunity", expected, "ONB-5")
    if not any(strip(service) for service in opportunity.services):
        yield ask("Services Included", EMPTY, f"Choose what was sold: {join_names(IN_SCOPE, 'or')}.", "ONB-2")
    if sale.account is None:
        yield ask("Account Name", EMPTY, "Choose the customer's account.", "ONB-3")
    if sale.contract is None:
        yield ask("Contract", EMPTY, "Choose the signed contract.", "ONB-3")
    if len(sale.primary_contacts) != 1:
        found = join_names(_name(contact) for contact in sale.primary_contacts) if sale.primary_contacts else EMPTY
        expected = "Mark exactly one contact role as primary: the super admin to be."
        yield ask("Primary Contact", found, expected, "ONB-6")


def _account_problems(account: Account) -> Iterator[Problem]:
    ask = partial(Problem, Responsible.SALES, "Account", account.id)
    name = strip(account.name)
    if not name:
        yield ask("Account Name", EMPTY, "Enter the company's name.", "ONB-6")
    elif len(name) > LONGEST_COMPANY:
        yield ask("Account Name", _shown(name), f"Shorten it to {LONGEST_COMPANY} characters.", "ONB-6")
    elif said := _unseen(name):
        yield ask("Account Name", _shown(name), said, "ONB-6")


def _agreed_problems(
    sale: Sale, contract: Contract, matrix_products: Collection[str] | None, today: date
) -> Iterator[Problem]:
    """What is wrong with the contract; another account's is not looked at any further (ONB-3)."""
    account = sale.account
    if account is not None and contract.account_id != account.id:
        own = _account_name(account)
        expected = f"The opportunity belongs to {own}: choose a contract of {own} on the opportunity."
        yield _foreign("Contract", contract, expected)
        return
    yield from _contract_problems(contract, today)
    if matrix_products is not None:
        yield from _product_problems(contract, matrix_products)


def _admin_problems(sale: Sale, contact: Contact) -> Iterator[Problem]:
    """What is wrong with the primary contact; another account's is not looked at any further (ONB-3)."""
    account = sale.account
    if account is not None and contact.account_id != account.id:
        own = _account_name(account)
        expected = (
            f"{_name(contact)} would become the super admin of {own}: mark a contact of {own} as primary on the "
            "opportunity, or correct the contact's account."
        )
        yield _foreign("Contact", contact, expected)
        return
    yield from _contact_problems(contact)


def _foreign(record: str, found: Contact | Contract, expected: str) -> Problem:
    """A record of the sale that belongs to another account, or to none (ONB-3)."""
    owner = f"{_shown(found.account_name)} ({found.account_id})" if found.account_id else EMPTY
    return Problem(Responsible.SALES, record, found.id, "Account Name", owner, expected, "ONB-3")


def _account_name(account: Account) -> str:
    return strip(account.name) or account.id


def _contract_problems(contract: Contract, today: date) -> Iterator[Problem]:
    ask = partial(Problem, Responsible.SALES, "Contract", contract.id)
    if known_level(contract.service_level) is None:
        expected = f"Choose the level that was agreed: {join_names(LEVELS, 'or')}."
        yield ask("Service Level", _shown(contract.service_level), expected, "ONB-4")
    start = contract.billing_start
    if start is None:
        yield ask("Billing Start Date", EMPTY, "Enter the day on which billing starts.", "ONB-7")
    elif start - today > FARTHEST_BILLING:
        yield ask("Billing Start Date", start.isoformat(), "Enter a day within the next ten years.", "ONB-7")
    if not _is_user_count(contract.user_count):
        expected = f"Enter the number of users: a whole number from 1 to {MOST_USERS:,}."
        yield ask("User Count", _number(contract.user_count), expected, "ONB-6")
    amount = contract.plan_amount
    if amount is None or not amount.is_finite() or amount < 0:
        yield ask("Plan Amount", _number(amount), "Enter the amount per month: 0 or more.", "ONB-6")


def _product_problems(contract: Contract, matrix_products: Collection[str]) -> Iterator[Problem]:
    sold = unique_by_normalized(contract.products)
    ask = partial(Problem, Responsible.SALES, "Contract", contract.id, "Products")
    if set(sold) <= {normalize(CRED_SERV)}:
        found = next(iter(sold.values()), EMPTY)
        yield ask(found, f"Choose what was sold, with at least one of {join_names(IN_SCOPE, 'or')}.", "ONB-13")
    known = unique_by_normalized((*matrix_products, CRED_SERV))
    choices = join_names(sorted(known.values(), key=normalize), "or")
    for key, product in ((key, name) for key, name in sold.items() if key not in known):
        expected = (
            f"Add it to the permission matrix, or have the contract name the right products: {choices}. "
            "Or decide for this customer which modules it brings."
        )
        yield Problem(
            *(Responsible.CS_OPS, "Contract", contract.id, "Products", product, expected, "ONB-13"),
            topic=f"{PRODUCT_TOPIC}{key}",
            choices=_instead_of(product, matrix_products),
        )


def _instead_of(product: str, matrix_products: Collection[str]) -> tuple[Choice, ...]:
    """What CS Operations may decide about a product that the matrix lacks."""
    like = (Choice(known, f"Modules of {known}") for known in sorted(matrix_products, key=normalize))
    return (*like, Choice(NO_MODULES, f"No modules for {product}"))


def product_choices(chosen: Mapping[str, str]) -> dict[str, str]:
    """Of what was decided, by topic, the products (folded) and whose modules each gets (ONB-13)."""
    return {
        topic.removeprefix(PRODUCT_TOPIC): value for topic, value in chosen.items() if topic.startswith(PRODUCT_TOPIC)
    }


def _contact_problems(contact: Contact) -> Iterator[Problem]:
    ask = partial(Problem, Responsible.SALES, "Contact", contact.id)
    for field, value in (("First Name", contact.first_name), ("Last Name", contact.last_name)):
        name = strip(value)
        if not name:
            yield ask(field, EMPTY, f"Enter the primary contact's {field.lower()}.", "ONB-6")
        elif len(name) > LONGEST_NAME:
            yield ask(field, _shown(name), f"Shorten it to {LONGEST_NAME} characters.", "ONB-6")
        elif said := _unseen(name):
            yield ask(field, _shown(name), said, "ONB-6")
    phone = strip(contact.phone)
    if not phone:
        yield ask("Phone", EMPTY, "Enter the primary contact's phone number.", "ONB-6")
    elif said := _unseen(phone):
        yield ask("Phone", _shown(phone), said, "ONB-6")
    if fault := email_fault(strip(contact.email)):
        expected = "Enter the primary contact's e-mail address, like jane@example.org: it becomes the username."
        yield ask("Email", _shown(contact.email), f"{fault} {expected}" if strip(contact.email) else expected, "ONB-6")


def _unseen(text: str) -> str:
    """What to do about characters that nobody sees; "" when there are none."""
    hidden = invisible(text)
    if not hidden:
        return ""
    return f"It holds a character that nobody sees: {join_names(map(described, hidden))}. Type it anew."


def _is_user_count(users: Decimal | None) -> bool:
    return users is not None and users.is_finite() and 1 <= users <= MOST_USERS and users == users.to_integral_value()


def _name(contact: Contact) -> str:
    return " ".join(filter(None, (strip(contact.first_name), strip(contact.last_name)))) or contact.id


def _number(value: Decimal | None) -> str:
    return EMPTY if value is None else f"{value.normalize():f}"


def _shown(text: str | None) -> str:
    plain = visible(strip(text)) or EMPTY
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}… ({len(plain)} characters)"
