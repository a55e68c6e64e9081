"""What the systems hold for each record of a trial, compared with what there must be: everything once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Found:
    """What the systems hold for one record.

    Attributes:
        counts: how many there are of each thing that must be there once.
        states: the names of the final states of its runs.
        wrong: what else is not as it must be, a phrase each.
    """

    counts: Counter[str] = field(default_factory=Counter)
    states: Sequence[str] = ()
    wrong: Sequence[str] = ()


def faults(things: Sequence[str], found: Found) -> list[str]:
    """What was lost or done twice for one record, a phrase each.

    Args:
        things: what must be there once.
        found: what the systems hold.
    """
    missing = [f"no {thing}" for thing in things if not found.counts[thing]]
    repeated = [f"{thing} {found.counts[thing]} times" for thing in things if found.counts[thing] > 1]
    runs = [] if len(found.states) == 1 else [f"{len(found.states)} runs"]
    ended = [f"a run is {state}" for state in found.states if state != "Completed"]
    return [*missing, *repeated, *runs, *ended, *found.wrong]


def all_faults(things: Sequence[str], found: Mapping[str, Found]) -> dict[str, list[str]]:
    """The faults of each record that has some, by its name."""
    every = {name: faults(things, one) for name, one in found.items()}
    return {name: each for name, each in every.items() if each}
