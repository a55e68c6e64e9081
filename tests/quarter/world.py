"""A world of stories, of every kind as many; the same seed tells the same ones."""

from datetime import date
from random import Random

from tests.quarter import doubtful_stories, plain_stories
from tests.quarter.telling import KINDS, Story, Teller

STEP = 11
"""From one story's kind to the next one's, so that a few stories are not all of renewals."""
TOLD_IN = (plain_stories, doubtful_stories)
"""Where the kinds are."""


def stories(seed: int, first: date, days: int, count: int) -> list[Story]:
    """As many stories, every kind as often as the others, in an order of the seed's."""
    return [_told(seed, number, first, days) for number in range(count)]


def _told(seed: int, number: int, first: date, days: int) -> Story:
    tell = KINDS[(STEP * number + seed) % len(KINDS)]
    teller = Teller(Random(f"{seed} {number}"), first, days)  # noqa: S311 - stories, not secrets
    tell(teller)
    teller.publish()
    ordered = sorted(teller.edits, key=lambda edit: edit[0])
    return Story(number, tell.__name__.replace("_", " "), tuple(edit for edit in ordered if edit[0] < days))


def sleepless(seed: int, days: int) -> set[int]:
    """Nights on which no sweep runs: one here and there, and three in a row."""
    rng = Random(seed)  # noqa: S311 - stories, not secrets
    start = rng.randint(days // 3, days // 2)
    return {night for night in range(1, days - 2) if rng.random() < 0.05} | set(range(start, start + 3))
