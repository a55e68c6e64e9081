"""A client about which every sentence is true, ways to make others, and the sentences that are not true of one."""

from dataclasses import replace
from decimal import Decimal

from rules.assignment.snapshot import OnboardingRecord
from rules.common.records import LmsUser, Person, Publication, RecurlyAccount
from rules.onboarding.no_welcome import placeholder_address
from rules.onboarding.permissions import modules_for
from rules.publications.listing import listing
from rules.reconciliation.client_state import ClientState, LatestSale, OpenSequence, Standards
from rules.reconciliation.drift import drift_of
from tests.rules.builders.clients import ACCOUNT_ID, TODAY, WINDOWS, client, company, contract, on
from tests.rules.builders.sales import MATRIX
from tests.rules.builders.snapshots import MADE, record

ACCOUNT, COMPANY = f"Account {ACCOUNT_ID}", "Company 48213"
SALE_ID = "006000000000001AAA"
SALE = f"Opportunity {SALE_ID}"
CSM = Person("005000000000010AAA", "Cora Wells", "cora@cs.example")
OTHER_CSM = Person("005000000000011AAA", "Nils Berg", "nils@cs.example")
LEAD = Person("005000000000020AAA", "Lea Stone", "lea@cs.example")
OTHER_LEAD = Person("005000000000021AAA", "Otto Lead", "otto@cs.example")
RECURLY_ACCOUNT = RecurlyAccount("r1", ACCOUNT_ID, "Harbor Clinic")


def url_of(code):
    return f"https://acme.recurly.com/accounts/{code}"


STANDARDS = Standards(
    today=TODAY,
    windows=WINDOWS,
    matrix=MATRIX,
    locations=lambda users: max(1, -(-users // 25)),
    no_welcome=("UPMC",),
    billing_url=url_of,
)


def sold(days=-20, **fields):
    """The latest sale, closed so many days from today, with the account's CSM and leader."""
    usual = LatestSale(SALE_ID, "Harbor Clinic sale", on(days), CSM, CSM, LEAD)
    return replace(usual, **fields)


def onboarded(number=1, sale=SALE_ID, days=0, **fields) -> OnboardingRecord:
    """A Customer Onboarding record with which the welcome was sent."""
    return record(number, sale, days, **{"sent_on": MADE.date(), "send": True} | fields)


def sequence(sender=CSM.email, **fields):
    return replace(OpenSequence(51, "Account Transition - Automated", sender), **fields)


def placeholder():
    """The super admin with a placeholder address."""
    return LmsUser("u1", placeholder_address(ACCOUNT_ID), "customer", "active", "48213")


def agreed(start=-100, end=265, number=101, **fields):
    """A contract of a won sale, by default in force for a long time."""
    usual = {"won": True, "plan_amount": Decimal(480), "publications": ("News",), "sold_as": "New Business"}
    return contract(start, end, number, **usual | fields)


def client_state(*agreements, account=None, lms=None, **changes):
    """A client whom its contracts, one by default, describe in every system.

    Args:
        agreements: of the client, in force today as far as the LMS is concerned.
        account: fields of the client.
        lms: fields of the company.
        changes: fields of the state.
    """
    agreements = agreements or (agreed(),)
    whose = client(*agreements, **{"csm": CSM, "lead": LEAD} | (account or {}))
    first = agreements[0]
    users = int(first.users)
    figures = {
        "modules": modules_for(first.products, first.service_level, MATRIX),
        "user_count": users,
        "location_count": STANDARDS.locations(users),
        "plan_amount": first.plan_amount,
    }
    usual = ClientState(
        client=whose,
        billing_url=url_of(ACCOUNT_ID),
        csm_lead=LEAD,
        sale=sold(),
        onboardings=(onboarded(),),
        companies=(company(**figures | (lms or {})),),
        publications=publications_of(whose),
        recurly=(RECURLY_ACCOUNT,),
        sequences=(sequence(),),
    )
    return replace(usual, **changes)


def publications_of(whose):
    """The publications that the contracts in force list, as the LMS has them."""
    found = listing(whose, TODAY)
    return tuple(
        Publication(str(7001 + number), whose.name, one.name, "active", dict(one.details))
        for number, one in enumerate(found.names.values())
    )


def ended_state(days=-10, **changes):
    """A client whose service ended with its contract, so many days from today."""
    over = agreed(-400, days)
    off = {"status": "inactive", "last_day": over.end, "reason": f"End of contract {over.number} on {over.end}"}
    return client_state(over, account={"cs_status": "Deactivated"}, lms=off, **changes)


def in_account(state, **fields):
    """The state with other fields of the account."""
    return replace(state, client=replace(state.client, **fields))


def in_company(state, **fields):
    """The state with other fields of the company."""
    return replace(state, companies=(replace(state.companies[0], **fields),))


def in_publication(state, **fields):
    """The state with other fields of the first publication."""
    first, *others = state.publications
    return replace(state, publications=(replace(first, **fields), *others))


def offenders(state, sentence, standards=STANDARDS):
    """The offenders of one sentence; no other sentence may name the client.

    Returns:
        Record, field, and found value of each, in the order of the sentence.
    """
    drift = list(drift_of(state, standards))
    assert {one.sentence for one in drift} <= {sentence}
    return [(one.offender.record, one.offender.field, one.offender.found) for one in drift]


def named_by(state, standards=STANDARDS):
    """The keys of the sentences that name a client."""
    return {one.sentence for one in drift_of(state, standards)}


def offender(state, sentence, standards=STANDARDS):
    """The only offender of a client."""
    (one,) = drift_of(state, standards)
    assert one.sentence == sentence
    return one.offender


def run_of(offender):
    """The deployment that repairs an offender, and its parameters; None for people only."""
    repair = offender.repair
    return repair and (repair.deployment, dict(repair.parameters))
