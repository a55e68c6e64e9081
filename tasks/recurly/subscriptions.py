"""Recurly's subscriptions as the rules take them."""

from zoneinfo import ZoneInfo

from blocks.recurly.responses import Subscription as RecurlySubscription
from rules.common.records import Subscription


def subscription_of(row: RecurlySubscription, zone: ZoneInfo) -> Subscription:
    """The subscription, with its end as a day in the time zone of the org."""
    return Subscription(
        id=row.id,
        plan=row.plan,
        state=row.state,
        renews=row.auto_renew and row.state == "active",
        until=row.ends_at.astimezone(zone).date() if row.ends_at else None,
    )
