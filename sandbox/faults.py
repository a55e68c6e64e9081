"""Faults that were ordered: which request meets one, and what is left of each."""

import re
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Kind = Literal[
    "error",
    "echo",
    "timeout",
    "drop_before",
    "drop_after",
    "rate_limit",
    "expired_session",
    "malformed",
    "html",
    "slow",
    "lock_row",
    "forget",
]
_HELD: Final = {"timeout": 120.0, "slow": 1.0}
"""Seconds that a request is held when nothing else is said."""
_SYSTEMS: Final = ("salesforce", "lms", "recurly", "slack", "outreach", "mail")
_LOCKING: Final = ("salesforce", "lms", "recurly")
_FORGETFUL: Final = ("lms",)
_MAILING: Final = ("error", "timeout", "drop_before", "drop_after", "slow")


class Fault(BaseModel):
    """One order: the requests it is meant for, and what happens to them.

    Attributes:
        method: an HTTP method, of a mail `SMTP`; empty means any.
        path: a regular expression, searched in the path without the system's prefix, followed by `?` and
            the decoded query when there is one, of a mail in its recipients; empty means any.
        times: how many requests meet it.
        skip: how many requests that match pass before.
        seconds: how long `timeout` and `slow` hold the request; 0 means the kind's own default.
        status: of `error`, `echo` and `html`; None means the kind's own default.
        code: the vendor's error code, of `error` and `echo`; empty means a usual one for the status.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    system: str
    kind: Kind
    method: str = ""
    path: str = ""
    times: int = Field(default=1, ge=1, le=1_000_000)
    skip: int = Field(default=0, ge=0, le=1_000_000)
    seconds: float = Field(default=0, ge=0, le=3600)
    status: int | None = Field(default=None, ge=200, le=599)
    code: str = ""

    @field_validator("system")
    @classmethod
    def _known_system(cls, system: str) -> str:
        if system not in _SYSTEMS:
            raise ValueError(f"is one of {', '.join(_SYSTEMS)}")
        return system

    @field_validator("path")
    @classmethod
    def _readable_expression(cls, path: str) -> str:
        try:
            re.compile(path)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        return path

    @model_validator(mode="after")
    def _system_knows_it(self) -> Self:
        if self.kind == "lock_row" and self.system not in _LOCKING:
            raise ValueError(f"lock_row is a fault of {', '.join(_LOCKING)}; {self.system} locks no rows")
        if self.kind == "forget" and self.system not in _FORGETFUL:
            raise ValueError(f"forget is a fault of {', '.join(_FORGETFUL)}")
        if self.system == "mail" and self.kind not in _MAILING:
            raise ValueError(f"{self.kind} is no fault of mail; there are {', '.join(_MAILING)}")
        return self

    @property
    def held(self) -> float:
        """Seconds for which the request is held."""
        return self.seconds or _HELD.get(self.kind, 0.0)

    def meets(self, system: str, method: str, target: str) -> bool:
        """Whether the order is meant for such a request."""
        return (
            self.system == system
            and self.method.upper() in ("", "*", method)
            and re.search(self.path, target) is not None
        )


class Faults:
    """The orders that still stand, in the order they came."""

    def __init__(self) -> None:
        self._standing: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Let the next matching requests meet this fault."""
        self._standing.append(fault)

    def clear(self) -> None:
        """Withdraw every order."""
        self._standing.clear()

    def left(self) -> list[dict[str, Any]]:
        """The standing orders with the times and skips that are left."""
        return [fault.model_dump() for fault in self._standing]

    def take(self, system: str, method: str, target: str) -> Fault | None:
        """The fault that this request meets, if any; it is used up by one."""
        for fault in self._standing:
            if not fault.meets(system, method, target):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.times -= 1
            if not fault.times:
                self._standing.remove(fault)
            return fault
        return None
