"""The journal: every request a stand-in received, in order of arrival, without secrets."""

from bisect import bisect_right
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from sandbox.masking import Mask, read_body

_KEPT: Final = 100_000
_DROPPED_AT_ONCE: Final = 10_000


class Journal:
    """The entries, oldest first: n, at, system, method, path, query, body, status, effect, and fault if any.

    An entry is there from the request's arrival; its status is None until it is answered, and stays None when
    it never is. `n` counts from 1 after each clearing.
    """

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self.entries: Final[list[dict[str, Any]]] = []
        self._secrets = secrets
        self._n = 0

    def clear(self) -> None:
        """Forget every entry."""
        self.entries.clear()
        self._n = 0

    @property
    def last(self) -> int:
        """The number of the newest entry, 0 when there is none."""
        return self._n

    def since(self, n: int, system: str = "") -> list[dict[str, Any]]:
        """The entries after number `n`, of one system or of all."""
        start = bisect_right(self.entries, n, key=lambda entry: int(entry["n"]))
        return [entry for entry in self.entries[start:] if system in ("", entry["system"])]

    def arrived(
        self, *, system: str, method: str, path: str, query: str, headers: dict[bytes, bytes], body: bytes
    ) -> dict[str, Any]:
        """Write a request down; the entry may still be told its status, effect and fault."""
        mask = Mask(self._secrets)
        mask.learn(headers.get(b"authorization", b"").decode("latin-1").rpartition(" ")[2])
        mask.learn(headers.get(b"x-api-key", b"").decode("latin-1"))
        read = mask.by_name(read_body(headers.get(b"content-type", b"").decode("latin-1"), body))
        asked = [(name, mask.by_name(value, name)) for name, value in parse_qsl(query, keep_blank_values=True)]
        self._n += 1
        entry = {
            "n": self._n,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "system": system,
            "method": method,
            "path": mask.by_value(path),
            "query": mask.by_value("&".join(f"{name}={value}" for name, value in asked)),
            "body": mask.by_value(read),
            "status": None,
            "effect": False,
        }
        self.entries.append(entry)
        if len(self.entries) > _KEPT:
            del self.entries[:_DROPPED_AT_ONCE]
        return entry
