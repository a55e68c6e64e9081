"""The table of sentences of drift in docs/sop.md as data, and what the code says of each sentence."""

import importlib
import inspect
import re
from dataclasses import dataclass
from pathlib import Path

from rules.reconciliation import repairs
from tests.rules.builders.client_states import client_state

PROJECT = Path(__file__).parents[2]
SECTION = "### Sentences of drift"
_ROW = re.compile(r"^\| `(\w+)` \| (.*) \|$")
_RULE = re.compile(r"\b(?:ONB|CSM|PUB|TRN)-\d+\b")


@dataclass(frozen=True)
class DriftRow:
    """One row: a sentence by its key, when it holds, its rules, and the deployments that repair it."""

    key: str
    holds: str
    rules: frozenset[str]
    repairs: frozenset[str]


def drift_rows(text: str) -> list[DriftRow]:
    """The rows of the table, in its order."""
    section = text.partition(SECTION)[2].partition("\n## ")[0]
    cells = [(match[1], *match[2].split(" | ")) for match in map(_ROW.match, section.splitlines()) if match]
    return [
        DriftRow(key, holds, frozenset(_RULE.findall(rules)), frozenset(re.findall(r"`([^`]+)`", repaired)))
        for key, holds, rules, repaired in cells
    ]


def rules_of(key: str) -> frozenset[str]:
    """The rules that the file of a sentence cites."""
    return frozenset(_RULE.findall((PROJECT / "rules" / "reconciliation" / f"{key}.py").read_text(encoding="utf-8")))


def repairs_of(key: str) -> frozenset[str]:
    """The deployments of the repairs that the file of a sentence uses."""
    module = importlib.import_module(f"rules.reconciliation.{key}")
    functions = [one for one in vars(module).values() if inspect.getmodule(one) is repairs and callable(one)]
    return frozenset(function(client_state()).deployment for function in functions)
