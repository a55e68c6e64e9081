"""Recurly's objects as it sends them: every member the client's resource classes know how to read."""

import hashlib
from datetime import datetime
from typing import Any, Final

ACCOUNT_FIELDS: Final = (
    "code",
    "username",
    "email",
    "first_name",
    "last_name",
    "company",
    "bill_to",
    "parent_account_id",
    "preferred_locale",
    "vat_number",
    "tax_exempt",
    "address",
    "custom_fields",
)
"""What a caller may write; the code only when the account is made."""
_LIVE: Final = ("active", "canceled", "future", "paused")


def timestamp(instant: datetime) -> str:
    """An instant as Recurly writes it: UTC, without fractions of a second."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def object_id(kind: str, number: int) -> str:
    """A Recurly id: twelve small letters and digits, the same in every run."""
    return hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:12]


def account(number: int, fields: dict[str, Any], at: str) -> dict[str, Any]:
    """A new account; what the caller does not give is as Recurly leaves it."""
    made: dict[str, Any] = {
        "id": object_id("account", number),
        "object": "account",
        **dict.fromkeys(ACCOUNT_FIELDS),
        "state": "active",
        "bill_to": "self",
        "tax_exempt": False,
        "custom_fields": [],
        "shipping_addresses": [],
        "hosted_login_token": hashlib.sha256(f"login {number}".encode()).hexdigest()[:32],
        "has_past_due_invoice": False,
        "created_at": at,
        "updated_at": at,
        "deleted_at": None,
    }
    return {**made, **_subscription_marks([]), **fields}


def _subscription_marks(states: list[str]) -> dict[str, bool]:
    marks = {f"has_{state}_subscription": state in states for state in _LIVE}
    return {**marks, "has_live_subscription": any(marks.values())}


def mark_subscriptions(owner: dict[str, Any], subscriptions: list[dict[str, Any]]) -> None:
    """Bring the account's marks into line with its subscriptions."""
    owner.update(_subscription_marks([one["state"] for one in subscriptions]))


def subscription(number: int, owner: dict[str, Any], fields: dict[str, Any], at: str) -> dict[str, Any]:
    """A new subscription of the account. Amounts are in units of the currency."""
    plan_code = fields.get("plan_code", "standard")
    quantity, unit_amount = fields.get("quantity", 1), fields.get("unit_amount", 0.0)
    mini = {key: owner[key] for key in ("id", "code", "email", "first_name", "last_name", "company", "bill_to")}
    return {
        "id": object_id("subscription", number),
        "uuid": hashlib.sha256(f"uuid {number}".encode()).hexdigest()[:32],
        "object": "subscription",
        "account": {"object": "account", **mini},
        "plan": {
            "id": object_id("plan", sum(map(ord, plan_code))),
            "object": "plan",
            "code": plan_code,
            "name": fields.get("plan_name", plan_code.title()),
        },
        "state": fields.get("state", "active"),
        "quantity": quantity,
        "unit_amount": unit_amount,
        "subtotal": quantity * unit_amount,
        "currency": fields.get("currency", "USD"),
        "current_period_started_at": at,
        "current_period_ends_at": fields.get("current_period_ends_at"),
        "trial_ends_at": fields.get("trial_ends_at"),
        "auto_renew": fields.get("auto_renew", True),
        "collection_method": "automatic",
        "add_ons": [],
        "add_ons_total": 0.0,
        "custom_fields": [],
        "created_at": at,
        "updated_at": at,
        "canceled_at": None,
        "expires_at": fields.get("expires_at"),
    }


def site(at: str) -> dict[str, Any]:
    """The one site of the stand-in."""
    return {
        "id": object_id("site", 1),
        "object": "site",
        "subdomain": "sandbox",
        "mode": "development",
        "features": [],
        "created_at": at,
        "updated_at": at,
        "deleted_at": None,
    }
