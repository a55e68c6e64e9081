"""What a story is: what people do about one client, and on which day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

YEAR = 365
BEFORE = -1
"""The day before the first night: how a story begins."""

Edit = tuple[int, str, str, dict[str, Any]]
"""Day, kind of record, its name in the story, fields. People act during the day, after the night's sweep."""


@dataclass(frozen=True)
class Story:
    """One client.

    Attributes:
        number: counts from 0.
        kind: what happens, as a sentence.
        edits: what people do, in order.
    """

    number: int
    kind: str
    edits: tuple[Edit, ...]

    def on(self, day: int) -> list[Edit]:
        """What people do on a day."""
        return [edit for edit in self.edits if edit[0] == day]

    def __str__(self) -> str:
        lines = [f"  day {day:3}: {kind} {key} {fields}" for day, kind, key, fields in self.edits]
        return "\n".join([f"client {self.number}, {self.kind}", *lines])


class Teller:
    """Tells one story: the day of the end is chosen so that most of it happens while the clock is watched."""

    def __init__(self, rng: Random, first: date, days: int) -> None:
        self.rng, self._first, self.days = rng, first, days
        self.end = rng.randint(1, days + 12)
        self.edits: list[Edit] = []

    def day(self, offset: int) -> date:
        return self._first + timedelta(days=offset)

    def between(self, low: int, high: int) -> int:
        """A day of the story on which people can act, as near to these as there is one."""
        return max(0, self.rng.randint(low, max(low, high)))

    def does(self, day: int, kind: str, key: str, **fields: Any) -> None:
        self.edits.append((day, kind, key, fields))

    def contract(self, day: int, key: str, start: int | None, end: int | None, status: str = "Activated") -> None:
        terms = {
            "start": None if start is None else self.day(start),
            "end": None if end is None else self.day(end),
        }
        self.does(day, "contract", key, status=status, **terms)

    def serve(self) -> None:
        """The contract that ends in the story."""
        self.contract(BEFORE, "A", self.end - self.rng.choice((YEAR, YEAR, 2 * YEAR, 100)), self.end)

    def publish(self) -> None:
        """None to three publications, which end with the contract."""
        for number in range(self.rng.randint(0, 3)):
            self.does(BEFORE, "publication", f"Issue {number}", status="active")

    def renewed(self, day: int, start: int, length: int = YEAR, key: str = "B") -> None:
        """A further contract is signed: activated at once, or won while it is still a draft."""
        if self.rng.random() < 0.3:
            self.contract(day, key, start, start + length, "Draft")
            fields = {"type": "Renewal", "stage": "Closed Won", "contract": key}
            self.does(day, "opportunity", f"won {key}", **fields)
        else:
            self.contract(day, key, start, start + length)


Kind = Callable[[Teller], None]
KINDS: list[Kind] = []
"""Every kind of story."""


def kind(tell: Kind) -> Kind:
    """Count this among the kinds of stories; its name says what happens."""
    KINDS.append(tell)
    return tell
