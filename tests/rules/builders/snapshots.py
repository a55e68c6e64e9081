"""An account, its sale and its onboarding records, ways to make more, and what is so once changes are written."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from rules.assignment.plan import Assignment, Unsettled, plan_assignment
from rules.assignment.snapshot import AssignedAccount, AssignedOpportunity, AssignmentSnapshot, OnboardingRecord
from rules.common.records import Person
from tests.rules.builders.csms import HALF, HAND_OVER, LEAD, TABLE, any_csms, mrrs, teams
from tests.rules.builders.sales import ACCOUNT_ID, OPPORTUNITY_ID

AT = datetime(2026, 6, 15, 14, 30, 12, 345_678, tzinfo=UTC)
ACCOUNT, SALE = f"Account {ACCOUNT_ID}", f"Opportunity {OPPORTUNITY_ID}"
GONE = Person("005000000000800AAA", "Gwen Gone", "gwen@seller.example")
"""A user who is no CSM, or no longer one."""
OTHER_LEAD = Person("005000000000901AAA", "Otto Lead", "otto@seller.example")

OPPORTUNITY = AssignedOpportunity(OPPORTUNITY_ID, "Harbor Clinic - Learning", ("Learning",), None, None, None)
_FRESH = AssignedAccount(
    id=ACCOUNT_ID,
    name="Harbor Clinic",
    mrr=Decimal(1_200),
    plan_amount=Decimal(1_250),
    users=Decimal("26.0"),
    segmentation=None,
    csm=None,
    lead=None,
    assigned_on=None,
    lms_company_id="48213",
)


def standing(*csms, opportunity: AssignedOpportunity | None = OPPORTUNITY, at=AT, **account) -> AssignmentSnapshot:
    """A customer of Mid-Market by its MRR whom nobody looks after, with a sale, and this team."""
    return AssignmentSnapshot(at, replace(_FRESH, **account), opportunity, csms, ())


def sold(**fields) -> AssignedOpportunity:
    return replace(OPPORTUNITY, **fields)


def plan(stands: AssignmentSnapshot, since: datetime | None = None, *, align: bool = False) -> Assignment | Unsettled:
    terms = {"segments": TABLE, "weight_of_mrr": HALF, "hand_over": HAND_OVER}
    return plan_assignment(stands, **terms, reassign_since=since, align=align)


def in_words(made):
    """The changes as a plan shows them."""
    return [(change.record, change.field, change.before, change.after, change.rule) for change in made.changes]


# --- what is so afterwards

_USERS = {
    "Customer Success Manager": "csm",
    "Customer Success Manager Leader": "lead",
    "Customer Success Manager (NEW)": "csm",
    "Customer Onboarding Manager (NEW)": "onboarding_manager",
    "Customer Success Manager Leader (NEW)": "lead",
}


def assigned(stands: AssignmentSnapshot, changes, later: timedelta = timedelta(minutes=1)) -> AssignmentSnapshot:
    """How things stand once the changes are written, read a while later."""
    account, opportunity = {}, {}
    for change in changes:
        (account if change.record == ACCOUNT else opportunity).update(_entered(stands, change))
    return replace(
        stands,
        at=stands.at + later,
        account=replace(stands.account, **account),
        opportunity=stands.opportunity and replace(stands.opportunity, **opportunity),
    )


def _entered(stands: AssignmentSnapshot, change) -> dict[str, object]:
    if change.field == "CS Segmentation":
        return {"segmentation": change.written}
    if change.field == "CSM Assigned On":
        return {"assigned_on": datetime.fromisoformat(change.written)}
    return {_USERS[change.field]: _users(stands)[change.written]}


def _users(stands: AssignmentSnapshot) -> dict[str, Person]:
    account, opportunity = stands.account, stands.opportunity
    named = [account.csm, account.lead, *((opportunity.csm, opportunity.lead) if opportunity else ())]
    team = [person for one in stands.csms for person in (one.person, one.lead)]
    return {person.id: person for person in (*named, *team) if person}


@st.composite
def standings(draw) -> AssignmentSnapshot:
    """Any team, and an account and a sale that name anybody or nobody."""
    csms = draw(teams(any_csms, min_size=1))
    anybody = st.none() | st.just(GONE) | st.sampled_from([one.person for one in csms])
    leads = st.none() | st.sampled_from([LEAD, OTHER_LEAD])
    opportunities = st.builds(replace, st.just(OPPORTUNITY), csm=anybody, onboarding_manager=anybody, lead=leads)
    return standing(
        *csms,
        opportunity=draw(st.none() | opportunities),
        mrr=draw(st.none() | mrrs),
        plan_amount=draw(st.none() | mrrs),
        users=draw(st.none() | st.sampled_from([Decimal(10), Decimal("150.0"), Decimal(2_000)])),
        segmentation=draw(st.sampled_from([None, "SMB", "Mid-Market", "Enterprise", "Strategic"])),
        csm=draw(anybody),
        lead=draw(leads),
        assigned_on=draw(st.none() | st.integers(0, 3).map(lambda days: AT - timedelta(days))),
    )


# --- onboarding records

FIRST_SALE, SECOND_SALE, THIRD_SALE = (f"006{number:012}AAA" for number in (1, 2, 3))
MADE = datetime(2026, 6, 15, 14, 0, tzinfo=UTC)


def record(number: int, sale: str | None = FIRST_SALE, days: float = 0, **fields) -> OnboardingRecord:
    """A record as Salesforce makes it, so many days after `MADE`."""
    bare = OnboardingRecord(
        id=f"a01{number:012}AAA",
        name=f"CO-{number:04}",
        opportunity_id=sale,
        products=(),
        sent_on=None,
        send=False,
        created=MADE + timedelta(days),
    )
    return replace(bare, **fields)


def written(records, changes) -> list[OnboardingRecord]:
    """The records once the changes are written."""
    for change in changes:
        (place,) = (n for n, one in enumerate(records) if change.record == f"Customer_Onboarding__c {one.id}")
        records = [*records[:place], _filled_in(records[place], change), *records[place + 1 :]]
    return list(records)


def _filled_in(one: OnboardingRecord, change) -> OnboardingRecord:
    match change.field:
        case "Customer Onboarding Name":
            return replace(one, name=change.written)
        case "Onboarding Email Sent Date":
            return replace(one, sent_on=date.fromisoformat(change.written))
        case "Send Onboarding Email":
            return replace(one, send=change.written)
        case product:
            assert change.written is True, "a box is never unticked"
            return replace(one, products=(*one.products, product))


@st.composite
def onboardings(draw, longest: int = 300) -> list[OnboardingRecord]:
    """Records of up to three sales of one account, made within so many days, none sent; a sale may have several."""
    sales = draw(st.lists(st.sampled_from([FIRST_SALE, SECOND_SALE, THIRD_SALE]), min_size=1, max_size=6))
    days = st.integers(0, longest) | st.sampled_from([0, longest])
    numbers = draw(st.permutations(range(1, len(sales) + 1)))
    return [record(number, sale, draw(days)) for number, sale in zip(numbers, sales, strict=True)]
