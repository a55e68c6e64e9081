"""What is counted and computed from the measurements. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CALLS_BOUNDS = {"salesforce": 8, "lms": 4, "recurly": 1, "slack": 2}
"""The most calls that an onboarding without trouble may cost, token calls aside."""
RATIO_BOUND = 1.5
"""How many times as long as the bare script a flow may take."""
RATE_BOUND = 300.0
"""Simple requests a second that the sandbox must bear on one core."""
CHOOSING_CALLS_BOUND = 2
"""The most calls to Salesforce that choosing among all CSMs may cost."""
CHOOSING_BOUND = 50.0
"""The most milliseconds that our own part of it may take."""

_TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path, not a token
_OUTREACH_TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path, not a token


@dataclass(frozen=True)
class Calls:
    """The calls of one onboarding, by system; token calls apart."""

    vendor: Mapping[str, int]
    token: Mapping[str, int]


@dataclass(frozen=True)
class Bound:
    """A promise: `found` is at most (or, with `least`, at least) `promised`."""

    name: str
    found: float
    promised: float
    least: bool = False

    @property
    def kept(self) -> bool:
        """Whether the promise is kept; what is not a number keeps none."""
        return self.found >= self.promised if self.least else self.found <= self.promised

    def __str__(self) -> str:
        """`calls to salesforce: 4, promised at most 3`."""
        return f"{self.name}: {self.found:g}, promised at {'least' if self.least else 'most'} {self.promised:g}"


def calls(journal: Iterable[Mapping[str, Any]]) -> Calls:
    """Count the entries of a journal that holds the requests of one onboarding."""
    vendor, token = Counter[str](), Counter[str]()
    for entry in journal:
        kind = token if entry["path"].endswith((_TOKEN_PATH, _OUTREACH_TOKEN_PATH)) else vendor
        kind[entry["system"]] += 1
    return Calls(vendor, token)


def most(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The largest count of each system."""
    largest: Counter[str] = Counter()
    for count in counts:
        largest |= Counter(count)
    return dict(largest)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of 100 of all values do not exceed (nearest rank).

    Raises:
        ValueError: there are no values, or `percent` is not from above 0 to 100.
    """
    if not values or not 0 < percent <= 100:  # noqa: PLR2004 - per cent
        raise ValueError("A percentile needs values, and a share above 0 and up to 100")
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def bounds(
    found_calls: Mapping[str, int], ratio: float, rates: Mapping[str, float], choosing_calls: float, choosing_ms: float
) -> list[Bound]:
    """Every promise, with what was found."""
    return [
        *(Bound(f"calls to {name}", found_calls.get(name, 0), promised) for name, promised in CALLS_BOUNDS.items()),
        *(Bound(f"calls to {name}", found_calls[name], 0) for name in sorted(found_calls.keys() - CALLS_BOUNDS.keys())),
        Bound("flow against bare script", ratio, RATIO_BOUND),
        Bound("choosing a CSM: calls to salesforce", choosing_calls, CHOOSING_CALLS_BOUND),
        Bound("choosing a CSM: own milliseconds", choosing_ms, CHOOSING_BOUND),
        *(Bound(f"sandbox: {name}, requests a second", rate, RATE_BOUND, least=True) for name, rate in rates.items()),
    ]
