"""What has changed between two versions of the policy, setting by setting (D-11)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MISSING = "not set"
LONGEST = 300
"""Characters of a value that are shown."""


@dataclass(frozen=True)
class SettingChange:
    """A setting that differs: its place ("Books of business → Segments → 2 → From MRR"), before and after."""

    setting: str
    before: str
    after: str


@dataclass(frozen=True)
class PolicyVersion:
    """A version of the policy.

    Attributes:
        at: when it was found, for people.
        changes: the settings that differ from the version before.
        by: who made it, as far as known; "" for an edit in the dashboard.
    """

    at: str
    changes: tuple[SettingChange, ...]
    by: str = ""


def policy_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[SettingChange, ...]:
    """Return the settings that differ, in the order of the policy; both by the setting's place."""
    places = [*after, *(place for place in before if place not in after)]
    return tuple(
        SettingChange(place, before.get(place, MISSING), after.get(place, MISSING))
        for place in places
        if before.get(place) != after.get(place)
    )


def settings_of(data: Any, place: str = "") -> dict[str, str]:
    """Return every setting of nested data by its place; lists count from 1, an empty list or table is one setting."""
    return dict(_settings(data, place))


def _settings(data: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(data, Mapping) and data:
        for name, value in data.items():
            yield from _settings(value, _join(place, str(name)))
    elif isinstance(data, list) and data:
        for number, value in enumerate(data, 1):
            yield from _settings(value, _join(place, str(number)))
    else:
        text = "none" if data in (None, [], {}) else str(data)
        yield place, text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _join(place: str, name: str) -> str:
    return f"{place} → {name}" if place else name
