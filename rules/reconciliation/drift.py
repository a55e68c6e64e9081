"""Drift between the systems: named sentences, and the clients about which one is not true (REC-2).

Each sentence is a function in a file of its own in this package; `@sentence` makes it known. To add one: such a file,
a row in docs/sop.md, a test.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import rules.reconciliation
from rules.reconciliation.client_state import MATRIX, ClientState, Standards


@dataclass(frozen=True)
class Repair:
    """The run that repairs an offender: of the procedure that owns the record.

    Attributes:
        deployment: `flow/deployment`.
        parameters: of the flow.
    """

    deployment: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Offender:
    """Values that disagree.

    Attributes:
        record: kind and id: `Company 48213`.
        field: its label.
        found: the present value, for people.
        expected: the right value, for people, and what to do where no run repairs it.
        repair: None when only people can repair it.
    """

    record: str
    field: str
    found: str
    expected: str
    repair: Repair | None = None


@dataclass(frozen=True)
class Drift:
    """An offender of a sentence.

    Attributes:
        sentence: its key.
        account_id: 18 characters.
        account: the account's name.
    """

    sentence: str
    account_id: str
    account: str
    offender: Offender

    @property
    def identity(self) -> str:
        """Identifies the drift from night to night, whatever the value is."""
        return f"{self.sentence}:{self.account_id}:{self.offender.record}:{self.offender.field}"


Finder = Callable[[ClientState, Standards], Iterable[Offender]]


@dataclass(frozen=True)
class Sentence:
    """A sentence that is true of every client unless something has drifted.

    Attributes:
        key: the name of its function.
        text: the sentence for people.
        needs: the systems that it reads besides Salesforce, and the permission matrix.
        find: yields the offenders of one client.
    """

    key: str
    text: str
    needs: frozenset[str]
    find: Finder


_SENTENCES: dict[str, Sentence] = {}


def sentence(text: str, *, needs: Iterable[str] = ()) -> Callable[[Finder], Finder]:
    """Make a function a sentence; its name is the sentence's key."""

    def register(find: Finder) -> Finder:
        key = find.__name__
        _SENTENCES[key] = Sentence(key, text, frozenset(needs), find)
        return find

    return register


@cache
def all_sentences() -> tuple[Sentence, ...]:
    """Every sentence of this package, by key."""
    for module in pkgutil.iter_modules(rules.reconciliation.__path__):
        importlib.import_module(f"{rules.reconciliation.__name__}.{module.name}")
    return tuple(_SENTENCES[key] for key in sorted(_SENTENCES))


def drift_of(state: ClientState, standards: Standards) -> Iterator[Drift]:
    """Yield the drift of one client, by every sentence whose systems were read."""
    there = state.systems | ({MATRIX} if standards.matrix is not None else set())
    for one in all_sentences():
        if one.needs <= there:
            for offender in one.find(state, standards):
                yield Drift(one.key, state.client.id, state.client.name, offender)
