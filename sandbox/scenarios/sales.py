"""The sales of the demo world, each there to show one thing the onboarding must do well."""

from dataclasses import dataclass
from typing import Literal

from sandbox.state import RecurlyScenario

LEARNING, COMPLIANCE, SOFTWARE, SERVICE = (
    "Learning", "Compliance", "Credentialing Software", "Credentialing Service",
)  # fmt: skip
ALL_THREE = (LEARNING, COMPLIANCE, SOFTWARE)


@dataclass(frozen=True)
class Sale:
    """One opportunity that is ready to be closed, and what is particular about it.

    Attributes:
        company: the account's name.
        shows: what it is there to show; the opportunity's name ends with it.
        rule: the rule it shows.
        services: on the opportunity; `products` of the contract are the same unless given.
        level: of the contract; the opportunity's is the same unless `sold_level` is given.
        billing: days from today to the contract's billing start, None when it is missing.
        future_billing: days from today to the date the RSM has set.
        roles: for each contact role of the sale, whether it is primary.
        holder: the kind of LMS user that holds the contact's e-mail already.
        plus_taken: and `local+1` is a user's too.
        recurly: how the Recurly account comes.
        settled: everything is in place already.
        beside: the type of a sale to a customer who has another contract in force; "" for a new customer.
        foreign_contact: the primary contact belongs to another account.
        billing_closed: the customer's Recurly account exists and is closed.
        owner_left: the opportunity's owner is inactive; the owner's manager is not.
    """

    company: str
    shows: str
    rule: str
    services: tuple[str, ...] = (LEARNING,)
    products: tuple[str, ...] | None = None
    level: str | None = "standard"
    sold_level: str | None = None
    users: int = 40
    plan_amount: float = 480.0
    billing: int | None = 10
    future_billing: int | None = None
    contract: bool = True
    in_report: bool = True
    roles: tuple[bool, ...] = (True,)
    email: str = ""
    phone: str | None = "+1 212 555 0142"
    holder: Literal["demo", "trial", "customer"] | None = None
    plus_taken: bool = False
    recurly: RecurlyScenario | None = None
    settled: bool = False
    beside: Literal["", "Expansion", "New Business"] = ""
    foreign_contact: bool = False
    billing_closed: bool = False
    owner_left: bool = False


SALES = (
    Sale("Northwind Pediatrics", "all in order", "ONB-1", ALL_THREE, level="premium", users=120, plan_amount=1450.0),
    Sale("Cedar Grove Academy", "Learning only", "ONB-13", level="basic"),
    Sale("Harbor Medical Staff", "Credentialing Service alone is out of scope", "ONB-2", (SERVICE,)),
    Sale("Summit Health", "Credentialing Service beside others", "ONB-2", (LEARNING, SOFTWARE, SERVICE)),
    Sale("Bluebird Clinic", "service level differs from the contract", "ONB-4", level="premium", sold_level="basic"),
    Sale("Juniper Care", "contract without service level", "ONB-4", level=None, sold_level="standard"),
    Sale("Ironwood Hospital", "contract with an unknown service level", "ONB-4", level="gold", sold_level="standard"),
    Sale("Lakeside Dental", "missing from the Onboarding Report", "ONB-5", in_report=False),
    Sale("Maple Street Practice", "later billing date set by the RSM", "ONB-7", future_billing=75),
    Sale("Orchard Family Health", "earlier billing date set by the RSM is ignored", "ONB-7", future_billing=12),
    Sale("Quarry Road Clinic", "25 users are one location", "ONB-8", users=25),
    Sale("Riverbend Clinic", "26 users are two locations", "ONB-8", users=26),
    Sale("Stonebridge Rehab", "e-mail held by a demo user", "ONB-9", holder="demo"),
    Sale("Tidewater Hospice", "e-mail held by a trial user", "ONB-9", holder="trial"),
    Sale("Upland Surgery", "e-mail held by a customer's user", "ONB-9", holder="customer"),
    Sale("Valley View Imaging", "e-mail held, and its +1 too", "ONB-9", holder="customer", plus_taken=True),
    Sale("Westfield Urgent Care", "Recurly account comes late", "ONB-12", recurly="late"),
    Sale("Yarrow Wellness", "Recurly account found by name", "ONB-12", recurly="by_name"),
    Sale("Zephyr Home Care", "Recurly account never comes", "ONB-12", recurly="never"),
    Sale("Alder Orthopedics", "two Recurly accounts of this name", "ONB-12", recurly="twice"),
    Sale("Birchwood Labs", "unknown product in the contract", "ONB-13", products=(LEARNING, "Telehealth")),
    Sale("Cypress Eye Center", "no contract", "ONB-3", contract=False),
    Sale("Dogwood Therapy", "two primary contacts", "ONB-6", roles=(True, True)),
    Sale("Elmhurst Oncology", "no primary contact", "ONB-6", roles=(False,)),
    Sale("Fernhill Cardiology", "invalid e-mail", "ONB-6", email="dana.fernhill.example"),
    Sale("Ginkgo Senior Living", "negative user count", "ONB-6", users=-5),
    Sale("Hazelwood Nursing", "missing phone", "ONB-6", phone=None),
    Sale("Ivy Lane Midwives", "missing billing start", "ONB-7", billing=None),
    Sale("UPMC Shadyside", "a client without a welcome mail", "PUB-6"),
    Sale("Kestrel Clinics", "an add-on beside the contract in force", "ONB-6", users=10, beside="Expansion"),
    Sale("Linden Dental", "a second contract that adds or replaces", "ONB-6", users=10, beside="New Business"),
    Sale("Myrtle Health", "contact of another account", "ONB-3", foreign_contact=True),
    Sale("Nettle Creek Care", "invisible character in the e-mail", "ONB-6", email="dana@net\u200btle.example"),
    Sale("Osprey Home Health", "owner left, so the manager is asked", "PUB-3", phone=None, owner_left=True),
    Sale("Poplar Labs", "closed Recurly account", "ONB-12", billing_closed=True),
    Sale("Jasmine Physicians", "everything is in place already", "ONB-1", settled=True),
)
