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
    """An account as `id`, `code` and `state`; `company`, `email` and `created_at` (ISO, UTC) may be None."""
    texts = {name: _text("account", resource, name) for name in ("id", "code", "state")}
    others = {name: getattr(resource, name, None) for name in ("company", "email")}
    created = getattr(resource, "created_at", None)
    return {**texts, **others, "created_at": _utc(created).isoformat() if isinstance(created, datetime) else None}


def subscription_of(resource: Any) -> Subscription:
    """A subscription; its plan and its end may be missing."""
    plan, ends_at = getattr(resource, "plan", None), resource.expires_at or resource.current_period_ends_at
    return Subscription(
        id=_text("subscription", resource, "id"),
        plan=str(getattr(plan, "name", None) or getattr(plan, "code", None) or "subscription"),
        state=_text("subscription", resource, "state"),
        auto_renew=bool(resource.auto_renew),
        ends_at=_utc(ends_at) if isinstance(ends_at, datetime) else None,
        quantity=resource.quantity if isinstance(getattr(resource, "quantity", None), int) else None,
    )


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _text(kind: str, resource: Any, name: str) -> str:
    value = getattr(resource, name, None)
    if not isinstance(value, str) or not value:
        raise UnexpectedResponse(SYSTEM, f"{kind}: {name} is missing")
    return value
