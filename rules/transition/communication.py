"""How the customer is informed of the new CSM: automated, semi-automated or manual (TRN-3 to TRN-5)."""

from dataclasses import dataclass
from enum import StrEnum

from rules.transition.health import Category, Health
from rules.transition.rows import TRANSFER, Row, RowFault, Transfer


class Route(StrEnum):
    """How the customer is informed."""

    AUTOMATED = "Automated"
    SEMI_AUTOMATED = "Semi-automated"
    MANUAL = "Manual"


@dataclass(frozen=True)
class CommunicationPlan:
    """The route of an account, and the reason in a sentence."""

    route: Route
    why: str


@dataclass(frozen=True)
class SequenceNames:
    """The names of the Outreach sequences; a manual transfer has none."""

    automated: str
    semi_automated: str

    def of(self, route: Route) -> str | None:
        """Return the name of a route's sequence; None for the manual one."""
        return {Route.AUTOMATED: self.automated, Route.SEMI_AUTOMATED: self.semi_automated}.get(route)


_BY_CATEGORY = {
    Category.HEALTHY: Route.AUTOMATED,
    Category.OPEN_BUSINESS: Route.SEMI_AUTOMATED,
    Category.AT_RISK: Route.MANUAL,
    Category.ESCALATED: Route.MANUAL,
}


def communication_plan(row: Row, name: str, health: Health) -> CommunicationPlan | RowFault:
    """Choose the route from the team lead's choice and the account's health.

    Args:
        row: of the workbook.
        name: of the account.
        health: of the account.

    Returns:
        The route; a fault when the row asks for Automated and the account is at risk (TRN-5).
    """
    fit = _BY_CATEGORY[health.category]
    if row.transfer is Transfer.MANUAL:
        return CommunicationPlan(Route.MANUAL, "The team lead chose Manual.")
    if row.transfer is Transfer.AUTOMATED and fit is Route.MANUAL:
        reason = f"{name} is {health.category}: {health.why}. An automated transfer is not possible. "
        return RowFault(row.number, TRANSFER, f"{reason}Choose {Transfer.MANUAL} or {Transfer.DECIDE}.")
    return CommunicationPlan(fit, _reason(health, forced=row.transfer is Transfer.AUTOMATED))


def _reason(health: Health, *, forced: bool) -> str:
    if health.category is Category.HEALTHY:
        return "Healthy, no open opportunities, no pending tasks (TRN-3)."
    beside = " The team lead chose Automated: a person still reads each e-mail before it is sent." if forced else ""
    rule = "TRN-4" if health.category is Category.OPEN_BUSINESS else "TRN-5"
    return f"{health.category.capitalize()}: {health.why} ({rule}).{beside}"
