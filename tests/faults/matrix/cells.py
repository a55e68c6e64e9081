"""One cell of the matrix: a call of a procedure that meets a fault, and the result after at most one Retry."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.faults.matrix.procedures import Procedure, broken
from tests.support.sandbox import SandboxProcess

FAULTS: dict[str, dict[str, Any]] = {
    "dropped before": {"kind": "drop_before"},
    "dropped after": {"kind": "drop_after"},
    "always dropped after": {"kind": "drop_after", "times": 1000},
    "time-out": {"kind": "timeout", "seconds": 20},
    "500": {"kind": "error", "status": 500},
    "503": {"kind": "error", "status": 503},
    "rate limit": {"kind": "rate_limit"},
    "session expired": {"kind": "expired_session"},
    "session always expired": {"kind": "expired_session", "times": 1000},
    "row lock": {"kind": "lock_row"},
    "malformed": {"kind": "malformed"},
    "HTML": {"kind": "html"},
    "slow": {"kind": "slow", "seconds": 0.3},
}
OF_MAIL = ("drop_before", "drop_after", "timeout", "error", "slow")
LOCKING = ("salesforce", "lms", "recurly")
API = "v59.0"


class Result(StrEnum):
    """How a cell ended.

    OK: without anybody. RETRIED: by one Retry. ASKED: by one Retry after a person had to look.
    """

    OK = "ok"
    RETRIED = "retried"
    ASKED = "asked"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Call:
    """A call of a clean run: the system, its method, its path with a pattern for ids, how many like it came before."""

    system: str
    method: str
    path: str
    before: int

    def __str__(self) -> str:
        nth = f" #{self.before + 1}" if self.before else ""
        path = self.path.removeprefix("^").removesuffix(r"($|\?)").replace("[^/]+", "*").replace("\\", "")
        return f"{self.system} {self.method} {path}{nth}"

    def knows(self, fault: dict[str, Any]) -> bool:
        """Whether the system has such a fault."""
        if self.system == "mail":
            return fault["kind"] in OF_MAIL
        return fault["kind"] != "lock_row" or self.system in LOCKING


def recorded(sandbox: SandboxProcess, since: int) -> list[Call]:
    """The calls since an entry of the journal: all that changed something; of others that are alike, first and last."""
    alike: dict[tuple[str, str, str], list[bool]] = {}
    calls = []
    for entry in sandbox.journal(since=since):
        kind = (entry["system"], entry["method"], _pattern(entry["path"]) if entry["system"] != "mail" else "")
        changed = alike.setdefault(kind, [])
        calls.append(Call(*kind, before=len(changed)))
        changed.append(bool(entry["effect"]))
    return [call for call in calls if _counts(call.before, alike[call.system, call.method, call.path])]


def _counts(number: int, changed: Sequence[bool]) -> bool:
    return changed[number] or number in (0, len(changed) - 1)


def _pattern(path: str) -> str:
    """The path with a pattern for each id."""
    parts = ("[^/]+" if re.search(r"\d", part) and part != API else re.escape(part) for part in path.split("/"))
    return f"^{'/'.join(parts)}($|\\?)"


async def meet(procedure: Procedure, call: Call, fault: dict[str, Any]) -> tuple[Result, str]:
    """Let the call meet the fault; how the runs ended, and the last message of one that did not end well."""
    procedure.sandbox.fault(call.system, method=call.method, path=call.path, skip=call.before, **fault)
    runs = await procedure.work()
    procedure.sandbox.clear_faults()
    failed = await broken(runs)
    if not failed:
        return Result.OK, ""
    said = [str(run.state and run.state.message) for run in failed]
    for run in failed:
        await procedure.retry(run)
    again = await broken(await procedure.work())
    if again:
        return Result.FAILED, str(again[0].state)
    names = {run.state_name for run in failed}
    return (Result.RETRIED if names <= {"Unavailable", "Refused", "Failed", "Crashed"} else Result.ASKED), said[0]
