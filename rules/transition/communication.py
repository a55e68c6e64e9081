"""How the customer is told of the new CSM: by itself, after a person has looked, or by a person (TRN-3 to TRN-5)."""

from dataclasses import dataclass
from enum import StrEnum

from rules.transition.health import Category, Health
from rules.transition.rows import TRANSFER, Row, RowFault, Transfer


class Route(StrEnum):
    """How the customer is told."""

    AUTOMATED = "Automated"
    SEMI_AUTOMATED = "Semi-automated"
    MANUAL = "Manual"


@dataclass(frozen=True)
class CommunicationPlan:
    """The route of an account, and why in a sentence."""

    route: Route
    why: str


@dataclass(frozen=True)
class SequenceNames:
    """What the Outreach sequences are called, of the two routes that have one: a manual transfer is tasks alone."""

    automated: str
    semi_automated: str

    def of(self, route: Route) -> str | None:
        """The name of a route's sequence; None where there is none."""
        return {Route.AUTOMATED: self.automated, Route.SEMI_AUTOMATED: self.semi_automated}.get(route)


_BY_CATEGORY = {
    Category.HEALTHY: Route.AUTOMATED,
    Category.OPEN_BUSINESS: Route.SEMI_AUTOMATED,
    Category.AT_RISK: Route.MANUAL,
    Category.ESCALATED: Route.MANUAL,
}


def communication_plan(row: Row, name: str, health: Health) -> CommunicationPlan | RowFault:
    """How the customer is told, as the team lead wants it and as the account's state allows.

    Args:
        row: of the workbook.
        name: of the account.
        health: how the account stands.

    Returns:
        What is wrong with the row, when an account at risk was to be told by itself (TRN-5).
    """
    fit = _BY_CATEGORY[health.category]
    if row.transfer is Transfer.MANUAL:
        return CommunicationPlan(Route.MANUAL, "The team lead chose Manual.")
    if row.transfer is Transfer.AUTOMATED and fit is Route.MANUAL:
        told = f"{name} is {health.category}: {health.why}. It cannot be told by itself. "
        return RowFault(row.number, TRANSFER, f"{told}Choose {Transfer.MANUAL} or {Transfer.DECIDE}.")
    return CommunicationPlan(fit, _reason(health, forced=row.transfer is Transfer.AUTOMATED))


def _reason(health: Health, *, forced: bool) -> str:
    if health.category is Category.HEALTHY:
        return "Healthy, no open opportunities, no pending tasks (TRN-3)."
    beside = " The team lead chose Automated: somebody still reads each mail before it is sent." if forced else ""
    rule = "TRN-4" if health.category is Category.OPEN_BUSINESS else "TRN-5"
    return f"{health.category.capitalize()}: {health.why} ({rule}).{beside}"
