"""The Account Analysis Checklist: the questions of the procedure, answered (TRN-6, TRN-7, TRN-8)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import partial

from rules.common.scope import COMPLIANCE, CRED_SOFT, LEARNING
from rules.common.text import strip
from rules.transition.account_facts import (
    COURSE,
    ESCALATION,
    AccountFacts,
    AccountOpportunity,
    Billed,
    Case,
    PointOfContact,
)
from rules.transition.health import Thresholds
from rules.transition.pending_items import PendingKind, of_kind, pending_items

MOST_NOTES = 5
"""Recent notes that are told, the newest first."""
NONE, UNKNOWN, NOT_CONTRACTED = "None", "Not known", "Not contracted"
_LONGEST = 1000


class Section(StrEnum):
    """The parts of the checklist."""

    SALESFORCE = "Salesforce"
    LMS = "LMS and Recurly"
    PENDING = "Pending"
    OPPORTUNITIES = "Opportunities"


IN_SALESFORCE = (
    "Is the main contact replying?",
    "Are there other POCs?",
    "Are there any escalation cases open?",
    "If there are historical escalation cases created, what were they about?",
    "Are there any course cases open?",
    "Any recent notes or special mentions in the account?",
)
"""The procedure's questions about the account in Salesforce, word by word (TRN-6)."""
IN_LMS = (
    "How many active/inactive/terminated users are there?",
    "Are there any discrepancies with the users in the system and what they are paying for?",
    "If they have CRED SOFT, how many active providers do they have? Is that number the same as the amount contracted?",
    "If they have Learning and Compliance, how much are they using the modules?",
)
"""Those about the LMS and Recurly, word by word (TRN-7)."""
OPEN_OPPORTUNITIES, CLOSED_LATELY = "Open Opportunities", "Recently closed Opportunities"


@dataclass(frozen=True)
class ChecklistLine:
    """A question of the checklist, its answer in a few words, and what stands behind that, in lines."""

    section: Section
    question: str
    answer: str
    note: str = ""


def checklist(facts: AccountFacts, today: date, thresholds: Thresholds) -> tuple[ChecklistLine, ...]:
    """Every question with its answer, in the procedure's order; then a line for each pending item and opportunity.

    Args:
        facts: in any order.
        today: in the org's time zone.
        thresholds: from when a main contact does not reply.
    """
    salesforce = (
        _main_contact(facts, today, thresholds.silent_days),
        _other_contacts(facts),
        _cases(facts.open_cases(ESCALATION)),
        _cases(facts.past_cases(ESCALATION)),
        _cases(facts.open_cases(COURSE)),
        _notes(facts),
    )
    lms = (_users(facts), _discrepancies(facts, today), _providers(facts, today), _modules(facts, today))
    answered = [
        *(
            ChecklistLine(Section.SALESFORCE, question, *said)
            for question, said in zip(IN_SALESFORCE, salesforce, strict=True)
        ),
        *(ChecklistLine(Section.LMS, question, *said) for question, said in zip(IN_LMS, lms, strict=True)),
    ]
    return (*answered, *_pending(facts), *_opportunities(facts))


# --- Salesforce


def _main_contact(facts: AccountFacts, today: date, silent_days: int) -> tuple[str, str]:
    main = facts.main_contact
    if main is None:
        return "There is no contact", ""
    if main.last_reply is None:
        return "No", f"{_who(main)}: no e-mail or call is known."
    silent = silent_days and (today - main.last_reply).days > silent_days
    return "No" if silent else "Yes", f"{_who(main)}: last e-mail or call on {main.last_reply}."


def _other_contacts(facts: AccountFacts) -> tuple[str, str]:
    others = sorted((one for one in facts.contacts if not one.is_main), key=lambda one: (one.name, one.id))
    return _count(others), _lines(_who(one) for one in others)


def _who(contact: PointOfContact) -> str:
    return ", ".join(part for part in (contact.name, strip(contact.title), strip(contact.email)) if part)


def _cases(cases: Iterable[Case]) -> tuple[str, str]:
    cases = tuple(cases)
    return _count(cases), _lines(_case(one) for one in reversed(cases))


def _case(case: Case) -> str:
    until = f", closed on {case.closed}" if case.closed else ""
    about = " ".join(strip(case.description).split())
    told = f"{case.number}, opened on {case.opened}{until}: {strip(case.subject) or 'no subject'}"
    return f"{told}. {about}" if about else told


def _notes(facts: AccountFacts) -> tuple[str, str]:
    done = [one for one in facts.tasks if one.is_closed]
    newest = sorted(done, key=lambda one: (one.due or date.min, one.id), reverse=True)[:MOST_NOTES]
    notes = [f"{one.due or 'No date'}, {one.subtype or 'Task'}: {strip(one.subject) or 'no subject'}" for one in newest]
    mention = strip(facts.special_mentions)
    told = [part for part in ("special mentions" if mention else "", "recent notes" if notes else "") if part]
    return " and ".join(told).capitalize() or NONE, _lines(
        [*([f"Special mentions: {mention}"] if mention else []), *notes]
    )


# --- LMS and Recurly


def _users(facts: AccountFacts) -> tuple[str, str]:
    if facts.usage is None:
        return UNKNOWN, _no_company(facts)
    usage = facts.usage
    told = f"{usage.active} active, {usage.inactive} inactive, {usage.terminated} terminated"
    return told, f"Counted on {usage.as_of:%Y-%m-%d %H:%M} UTC."


def _no_company(facts: AccountFacts) -> str:
    company = facts.lms_company_id
    return f"The LMS has no company {company}." if company else "No LMS company is entered on the account."


def _discrepancies(facts: AccountFacts, today: date) -> tuple[str, str]:
    """Users in the system are the active and the inactive ones: who is terminated takes no seat (ours)."""
    paid, usage = facts.users_paid_for(today), facts.usage
    billed = _lines(sorted(map(_subscription, facts.billed))) or "Recurly has no subscription."
    if usage is None or paid is None:
        return UNKNOWN, f"{_no_company(facts) if usage is None else 'No contract tells the users.'}\n{billed}"
    there = usage.active + usage.inactive
    return f"{'No' if there == paid else 'Yes'}: {there} in the system, {paid} paid for", billed


def _subscription(one: Billed) -> str:
    subscription = one.subscription
    units = f", {one.quantity} billed" if one.quantity is not None else ""
    until = f", until {subscription.until}" if subscription.until else ""
    return f"{subscription.plan}: {subscription.state}{units}{until}"


def _providers(facts: AccountFacts, today: date) -> tuple[str, str]:
    if CRED_SOFT not in facts.products(today):
        return NOT_CONTRACTED, ""
    active = facts.usage.providers if facts.usage else None
    contracted = facts.providers_contracted(today)
    if active is None or contracted is None:
        note = _no_company(facts) if active is None else "The contract does not tell the providers."
        return f"{_or_unknown(active)} active, {_or_unknown(contracted)} contracted", note
    same = "the same" if active == contracted else "not the same"
    return f"{active} active, {contracted} contracted: {same}", ""


def _or_unknown(number: int | None) -> str:
    return UNKNOWN.lower() if number is None else str(number)


def _modules(facts: AccountFacts, today: date) -> tuple[str, str]:
    products = [name for name in (LEARNING, COMPLIANCE) if name in facts.products(today)]
    if not products:
        return NOT_CONTRACTED, ""
    if facts.usage is None:
        return UNKNOWN, _no_company(facts)
    used = {one.module: one.monthly_active_users for one in facts.usage.modules}
    said = [f"{name}: {_share(used.get(name.lower(), 0), facts.usage.active)}" for name in products]
    parts = sorted(module for module in used if module.startswith(tuple(f"{name.lower()}-" for name in products)))
    return "; ".join(said), _lines(f"{module}: {used[module]} monthly active users" for module in parts)


def _share(used: int, active: int) -> str:
    share = f" ({Decimal(100 * used) / active:.0f} %)" if active else ""
    return f"{used} of {active} active users a month{share}"


# --- what goes over


def _pending(facts: AccountFacts) -> Iterator[ChecklistLine]:
    items = pending_items(facts)
    for kind in PendingKind:
        line = partial(ChecklistLine, Section.PENDING, kind.value)
        of_this_kind = of_kind(items, kind)
        yield from (line(one.title, one.context) for one in of_this_kind)
        if not of_this_kind:
            yield line(NONE)


def _opportunities(facts: AccountFacts) -> Iterator[ChecklistLine]:
    closed = sorted(
        (one for one in facts.opportunities if one.is_closed), key=lambda one: (one.close or date.min, one.id)
    )
    for question, found in ((OPEN_OPPORTUNITIES, facts.open_opportunities), (CLOSED_LATELY, closed[::-1])):
        line = partial(ChecklistLine, Section.OPPORTUNITIES, question)
        yield from (line(one.name, _sale(one)) for one in found)
        if not found:
            yield line(NONE)


def _sale(one: AccountOpportunity) -> str:
    amount = f"{one.amount:,.2f}" if one.amount is not None else "no amount"
    return f"{one.type or 'No type'}, {one.stage}, {amount}, close date {one.close or 'not entered'}"


def _count(found: Iterable[object]) -> str:
    number = len(tuple(found))
    return f"Yes, {number}" if number else "No"


def _lines(told: Iterable[str]) -> str:
    return "\n".join(one if len(one) <= _LONGEST else one[:_LONGEST] + "…" for one in told)
