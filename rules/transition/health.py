"""The health of an account before its move, with every reason (TRN-3, TRN-4, TRN-5).

The four categories are ours. Missing data never counts as healthy: a person then reads the e-mail before it is sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from rules.common.text import join_names, normalize, shorten, strip
from rules.transition.account_facts import ESCALATION, RENEWAL, AccountFacts

ESCALATED_HEALTH = "Escalated"
"""The value of Health that decides by itself."""
_SHOWN = 120


class Category(StrEnum):
    """The health of an account, best first."""

    HEALTHY = "healthy"
    OPEN_BUSINESS = "open business"
    AT_RISK = "at risk"
    ESCALATED = "escalated"

    @property
    def risk(self) -> int:
        """The risk; 0 is the lowest."""
        return list(Category).index(self)


@dataclass(frozen=True)
class Thresholds:
    """The thresholds for an account at risk (TRN-5, ours); 0 switches a threshold off.

    Attributes:
        contract_days: days before the end of a contract without a won renewal.
        silent_days: days since the last reply of the main contact.
        least_active: the least percentage of active among paid users.
        risky_health: values of Health that mean at risk.
        mentions_count: whether a special mention means at risk.
    """

    contract_days: int
    silent_days: int
    least_active: Decimal
    risky_health: tuple[str, ...]
    mentions_count: bool


@dataclass(frozen=True)
class HealthReason:
    """A reason for a category, with its rule and record; `record_id` is "" for the account."""

    category: Category
    rule: str
    text: str
    record_id: str = ""


@dataclass(frozen=True)
class Health:
    """The category of an account and every reason, the most serious first."""

    category: Category
    reasons: tuple[HealthReason, ...]

    @property
    def why(self) -> str:
        """The reasons for this category in a sentence; "" for a healthy account."""
        own = [reason.text for reason in self.reasons if reason.category is self.category]
        return join_names(own) if own else ""


def health(facts: AccountFacts, today: date, thresholds: Thresholds) -> Health:
    """Determine the health from the most serious reason.

    Args:
        facts: of the account.
        today: in the org's time zone.
        thresholds: from the policy.
    """
    found = {*_escalated(facts), *_at_risk(facts, today, thresholds), *_open_business(facts, today)}
    reasons = sorted(found, key=lambda one: (-one.category.risk, one.rule, one.text, one.record_id))
    return Health(reasons[0].category if reasons else Category.HEALTHY, tuple(reasons))


def _escalated(facts: AccountFacts) -> Iterator[HealthReason]:
    if normalize(facts.health) == normalize(ESCALATED_HEALTH):
        yield HealthReason(Category.ESCALATED, "TRN-5", f"its Health is {strip(facts.health)}")
    for case in facts.open_cases(ESCALATION):
        told = f"escalation case {case.number} is open: {shorten(strip(case.subject), _SHOWN)}"
        yield HealthReason(Category.ESCALATED, "TRN-6", told, case.id)


def _at_risk(facts: AccountFacts, today: date, thresholds: Thresholds) -> Iterator[HealthReason]:
    if normalize(facts.health) in {normalize(value) for value in thresholds.risky_health}:
        yield HealthReason(Category.AT_RISK, "TRN-5", f"its Health is {strip(facts.health)}")
    if thresholds.mentions_count and strip(facts.special_mentions):
        mention = shorten(" ".join(strip(facts.special_mentions).split()), _SHOWN)
        yield HealthReason(Category.AT_RISK, "TRN-6", f"a special mention is entered: {mention}")
    yield from _ending(facts, today, thresholds.contract_days)
    yield from _silent(facts, today, thresholds.silent_days)
    yield from _hardly_used(facts, today, thresholds.least_active)


def _ending(facts: AccountFacts, today: date, days: int) -> Iterator[HealthReason]:
    """Yield the end of a contract that no other contract or won renewal follows."""
    last = facts.last_contract(today)
    if not days or last is None or last.end is None or (last.end - today).days > days:
        return
    won = (one for one in facts.opportunities if one.is_won and normalize(one.type) == normalize(RENEWAL) and one.close)
    if any(one.close and (last.start is None or one.close > last.start) for one in won):
        return
    when = f"ended on {last.end}" if last.end < today else f"ends on {last.end}"
    yield HealthReason(Category.AT_RISK, "TRN-5", f"contract {last.number} {when}, and no renewal is won", last.id)


def _silent(facts: AccountFacts, today: date, days: int) -> Iterator[HealthReason]:
    main = facts.main_contact
    if main is None or not strip(main.email):
        told = "it has no contact" if main is None else f"its main contact {main.name} has no e-mail address"
        yield HealthReason(Category.AT_RISK, "TRN-6", told, main.id if main else "")
    if main is None or not days:
        return
    if main.last_reply is None:
        yield HealthReason(Category.AT_RISK, "TRN-6", f"its main contact {main.name} has never replied", main.id)
    elif (today - main.last_reply).days > days:
        told = f"its main contact {main.name} last replied on {main.last_reply}"
        yield HealthReason(Category.AT_RISK, "TRN-6", told, main.id)


def _hardly_used(facts: AccountFacts, today: date, least: Decimal) -> Iterator[HealthReason]:
    paid = facts.users_paid_for(today)
    if facts.usage is not None and paid and 100 * facts.usage.active < least * paid:
        told = f"{facts.usage.active} users are active of {paid} that are paid for"
        yield HealthReason(Category.AT_RISK, "TRN-7", told)


def _open_business(facts: AccountFacts, today: date) -> Iterator[HealthReason]:
    for sale in facts.open_opportunities:
        told = f"opportunity {shorten(sale.name, _SHOWN)} is open ({sale.stage})"
        yield HealthReason(Category.OPEN_BUSINESS, "TRN-4", told, sale.id)
    for task in facts.open_tasks:
        told = f"task {shorten(strip(task.subject), _SHOWN)} is pending"
        yield HealthReason(Category.OPEN_BUSINESS, "TRN-4", told, task.id)
    for case in facts.open_cases():
        if normalize(case.type) != normalize(ESCALATION):
            told = f"case {case.number} is open: {shorten(strip(case.subject), _SHOWN)}"
            yield HealthReason(Category.OPEN_BUSINESS, "TRN-4", told, case.id)
    yield from _unknown(facts, today)


def _unknown(facts: AccountFacts, today: date) -> Iterator[HealthReason]:
    """Yield missing data (ours)."""
    if facts.usage is None:
        missing = (
            f"the LMS has no company {facts.lms_company_id}" if facts.lms_company_id else "no LMS company is entered"
        )
        yield HealthReason(Category.OPEN_BUSINESS, "TRN-7", f"{missing}, so its use is not known")
    if facts.last_contract(today) is None:
        yield HealthReason(Category.OPEN_BUSINESS, "TRN-7", "no signed contract tells when its service ends")
