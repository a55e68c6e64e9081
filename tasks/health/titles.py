"""The policy by the titles of its form, for people who compare versions."""

from typing import Any

from pydantic import BaseModel

from blocks.policy.sections import PolicySections


def titled(policy: PolicySections) -> dict[str, Any]:
    """The settings as plain values, in sections, each under its title."""
    return {
        field.title or name: _plain(getattr(policy, name)) for name, field in PolicySections.model_fields.items()
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        kind = type(value)
        return {field.title or name: _plain(getattr(value, name)) for name, field in kind.model_fields.items()}
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
