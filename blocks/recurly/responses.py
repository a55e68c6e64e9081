"""What we read of Recurly's responses. The vendor's client has made typed resources of them (ADR-12)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from blocks.common.errors import UnexpectedResponse
from blocks.recurly.errors import SYSTEM

Account = dict[str, str | None]


@dataclass(frozen=True)
class Subscription:
    """A subscription of an account.

    Attributes:
        id: its id in Recurly.
        plan: the plan's name.
        state: active, canceled, expired, failed, future or paused.
        auto_renew: whether it renews by itself.
        ends_at: when it expires, or when the present period ends (UTC).
        quantity: how many times the plan is billed.
    """

    id: str
    plan: str
    state: str
    auto_renew: bool
    ends_at: datetime | None
    quantity: int | None = None


def account_of(resource: Any) -> Account:
    """An account as `id`, `code`, `state` and `company`, which may be None."""
    texts = {name: _text("account", resource, name) for name in ("id", "code", "state")}
    return {**texts, "company": getattr(resource, "company", None)}


def subscription_of(resource: Any) -> Subscription:
    """A subscription; its plan and its end may be missing."""
    plan, ends_at = getattr(resource, "plan", None), resource.expires_at or resource.current_period_ends_at
    return Subscription(
        id=_text("subscription", resource, "id"),
        plan=str(getattr(plan, "name", None) or getattr(plan, "code", None) or "subscription"),
        state=_text("subscription", resource, "state"),
        auto_renew=bool(resource.auto_renew),
        ends_at=ends_at.replace(tzinfo=ends_at.tzinfo or UTC) if isinstance(ends_at, datetime) else None,
        quantity=resource.quantity if isinstance(getattr(resource, "quantity", None), int) else None,
    )


def _text(kind: str, resource: Any, name: str) -> str:
    value = getattr(resource, name, None)
    if not isinstance(value, str) or not value:
        raise UnexpectedResponse(SYSTEM, f"{kind}: {name} is missing")
    return value
