"""A sale in which everything is right, ways to make one, and every fault a person can put into it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from rules.common.characters import invisible
from rules.common.problems import Responsible
from rules.common.records import Account, Company, Contact, Contract, Opportunity, Person, RecurlyAccount, Sale
from rules.onboarding.reviewed_sale import ReviewedSale

TODAY = date(2026, 6, 15)
OPPORTUNITY_ID = "006000000000001AAA"
ACCOUNT_ID = "001000000000001AAA"
CONTRACT_ID = "800000000000001AAA"
CONTACT_ID = "003000000000001AAA"
OTHER_ACCOUNT = {"account_id": "001000000000009AAA", "account_name": "Lake Clinic"}
MATRIX = {
    ("Learning", "basic"): ("courses",),
    ("Learning", "standard"): ("courses", "reports"),
    ("Learning", "premium"): ("authoring", "courses", "reports"),
    ("Compliance", "basic"): ("policies",),
    ("Compliance", "standard"): ("incidents", "policies"),
    ("Compliance", "premium"): ("incidents", "policies", "reports"),
    ("Credentialing Software", "basic"): ("credentials",),
    ("Credentialing Software", "standard"): ("credentials", "reports"),
    ("Credentialing Software", "premium"): (),
}
PRODUCTS = ("Learning", "Compliance", "Credentialing Software")


def good_sale() -> Sale:
    """Closed Won, complete, contract and opportunity of one mind."""
    return Sale(
        opportunity=Opportunity(
            id=OPPORTUNITY_ID,
            name="Harbor Clinic - Learning",
            stage="Closed Won",
            type="New Business",
            services=("Learning",),
            service_level="standard",
            future_billing=None,
            owner=Person("005000000000001AAA", "Rosa Martin", "rosa@seller.example"),
        ),
        account=Account(ACCOUNT_ID, "Harbor Clinic", None, None, None),
        contract=Contract(
            id=CONTRACT_ID,
            billing_start=date(2026, 7, 1),
            user_count=Decimal("26.0"),
            plan_amount=Decimal(1250),
            service_level="standard",
            products=("Learning",),
            account_id=ACCOUNT_ID,
            account_name="Harbor Clinic",
        ),
        primary_contacts=(
            Contact(CONTACT_ID, "Jane", "Doe", "jane@x.org", "+1 555 0100", ACCOUNT_ID, "Harbor Clinic"),
        ),
    )


def with_opportunity(sale: Sale, **fields) -> Sale:
    return replace(sale, opportunity=replace(sale.opportunity, **fields))


def with_account(sale: Sale, **fields) -> Sale:
    return replace(sale, account=replace(sale.account, **fields))


def with_contract(sale: Sale, **fields) -> Sale:
    return replace(sale, contract=replace(sale.contract, **fields))


def with_contact(sale: Sale, **fields) -> Sale:
    return replace(sale, primary_contacts=(replace(sale.primary_contacts[0], **fields),))


def company_of(**fields) -> Company:
    """The company in the LMS exactly as `good_sale` would have it."""
    present = Company(
        id="48213",
        account_id=ACCOUNT_ID,
        name="Harbor Clinic",
        status="active",
        modules=("courses", "reports"),
        user_count=26,
        location_count=2,
        plan_amount=Decimal("1250.00"),
    )
    return replace(present, **fields)


def recurly_account(
    company: str | None = "Harbor Clinic", code: str = ACCOUNT_ID, *, is_open: bool = True
) -> RecurlyAccount:
    return RecurlyAccount(id=f"rec-{code}", code=code, company=company, is_open=is_open)


names = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")).filter(lambda letter: not invisible(letter))
    | st.just(" "),
    min_size=1,
    max_size=60,
).filter(str.strip)
emails = st.from_regex(r"[a-z][a-z0-9]{0,20}(\.[a-z0-9]{1,10})?@[a-z]{1,20}\.(org|com|example)", fullmatch=True)
dates = st.dates(date(2020, 1, 1), date(2035, 12, 31))
spaced = st.sampled_from(["{}", " {} ", "\t{}\n"])
levels = st.builds(
    str.format, spaced, st.sampled_from(["basic", "standard", "premium", "Basic", "STANDARD", "Premium"])
)


@st.composite
def good_sales(draw) -> Sale:
    """Sales that a person typed in their own way, in which nothing is wrong."""
    sold = draw(st.lists(st.sampled_from(PRODUCTS), min_size=1, unique=True))
    agreed = draw(st.lists(st.sampled_from(PRODUCTS), min_size=1, unique=True))
    beside = draw(st.sampled_from([(), ("Credentialing Service",)]))
    sale = with_opportunity(
        good_sale(),
        services=(*beside, *sold),
        type=draw(st.sampled_from(["New Business", "Expansion", "Renewal", None])),
        service_level=draw(levels | st.none()),
        future_billing=draw(dates | st.none()),
    )
    sale = with_account(sale, name=draw(names))
    sale = with_contract(
        sale,
        billing_start=draw(dates),
        user_count=Decimal(draw(st.integers(1, 1_000_000))).quantize(Decimal("1.0")),
        plan_amount=draw(st.decimals(0, 1_000_000, places=2)),
        service_level=draw(levels),
        products=(*agreed, *beside),
    )
    contact = {"first_name": draw(names), "last_name": draw(names), "phone": draw(names)}
    return with_contact(sale, email=draw(emails), **contact)


@dataclass(frozen=True)
class Fault:
    """A mistake in one record: how to make it and what the review must say about it.

    Faults of one `place` exclude each other; one that `hides` records leaves their other faults out of sight.
    """

    place: str
    inject: Callable[[Sale], Sale]
    who: Responsible
    record: str
    record_id: str
    field: str
    rule: str
    hides: tuple[str, ...] = ()


def _on(record: str, record_id: str, setter, who: Responsible = Responsible.SALES):
    """Faults of one field: the field's label, the rule, and the wrong values."""

    def faults(label: str, rule: str, attribute: str, *wrong: object) -> list[Fault]:
        return [
            Fault(
                f"{record}.{attribute}",
                lambda sale, value=value: setter(sale, **{attribute: value}),
                who,
                record,
                record_id,
                label,
                rule,
            )
            for value in wrong
        ]

    return faults


_contract = _on("Contract", CONTRACT_ID, with_contract)
_contact = _on("Contact", CONTACT_ID, with_contact)
_blank = (None, "", "  \t")
_second = Contact("003000000000002AAA", "John", "Roe", "john@x.org", "1")

FAULTS = [
    *_on("Opportunity", OPPORTUNITY_ID, with_opportunity)("Services Included", "ONB-2", "services", (), (" ",)),
    *_on("Account", ACCOUNT_ID, with_account)("Account Name", "ONB-6", "name", *_blank, "x" * 256),
    *_contract("Service Level", "ONB-4", "service_level", *_blank, "gold", "basic standard"),
    *_contract("Billing Start Date", "ONB-7", "billing_start", None, TODAY + timedelta(days=3654)),
    *_contract(
        "User Count",
        "ONB-6",
        "user_count",
        None,
        *map(Decimal, ("0", "-5", "0.5", "5.5", "1000001", "NaN", "Infinity")),
    ),
    *_contract("Plan Amount", "ONB-6", "plan_amount", None, *map(Decimal, ("-0.01", "-1250", "NaN", "Infinity"))),
    *_contract("Products", "ONB-13", "products", (), ("", " "), ("Credentialing Service",)),
    *_on("Contract", CONTRACT_ID, with_contract, Responsible.CS_OPS)(
        "Products", "ONB-13", "products", ("Telehealth",), ("Learning", "Telehealth", " telehealth ")
    ),
    *_contact("First Name", "ONB-6", "first_name", *_blank, "x" * 81, "Ja\u200bne", "\u202eJane"),
    *_contact("Last Name", "ONB-6", "last_name", *_blank, "x" * 81),
    *_contact("Phone", "ONB-6", "phone", *_blank, "555\u200b0100"),
    *_contact(
        "Email",
        "ONB-6",
        "email",
        *_blank,
        "jane",
        "jane@",
        "jane@x",
        "a@b@x.org",
        "j d@x.org",
        "j" * 249 + "@x.org",
        "j" * 65 + "@x.org",
        "jane@zw\u200b.example",
        "j\u0430ne@x.org",
        "mailto:jane@x.org",
        "Jane Doe <jane@x.org>",
        "jane@x.org; joe@x.org",
        ".jane@x.org",
    ),
    Fault(
        "account",
        lambda sale: replace(sale, account=None),
        Responsible.SALES,
        "Opportunity",
        OPPORTUNITY_ID,
        "Account Name",
        "ONB-3",
        hides=("Account",),
    ),
    Fault(
        "contract",
        lambda sale: replace(sale, contract=None),
        Responsible.SALES,
        "Opportunity",
        OPPORTUNITY_ID,
        "Contract",
        "ONB-3",
        hides=("Contract",),
    ),
    *(
        Fault(
            "contacts",
            change,
            Responsible.SALES,
            "Opportunity",
            OPPORTUNITY_ID,
            "Primary Contact",
            "ONB-6",
            hides=("Contact",),
        )
        for change in (
            lambda sale: replace(sale, primary_contacts=()),
            lambda sale: replace(sale, primary_contacts=(*sale.primary_contacts, _second)),
        )
    ),
]
"""Every fault but the stage and the Onboarding Report; those on records come before those that hide them."""


@st.composite
def injected(draw) -> tuple[Fault, ...]:
    """Any set of faults that can be in one sale at once, in the order in which they are to be made."""
    places = draw(st.sets(st.sampled_from([fault.place for fault in FAULTS])))
    chosen = [draw(st.sampled_from([fault for fault in FAULTS if fault.place == place])) for place in sorted(places)]
    return tuple(sorted(chosen, key=FAULTS.index))


def reviewed_sale(sale):
    """A sale as the review returns it when it finds nothing."""
    (contact,) = sale.primary_contacts
    return ReviewedSale(sale, sale.account, contact, sale.contract, sale.contract.billing_start)
