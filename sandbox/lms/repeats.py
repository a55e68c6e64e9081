"""Idempotency keys: a repeat is answered as the first request was, and does nothing."""

import hashlib
import json
from typing import Any

from starlette.requests import Request

from sandbox.errors import Refused
from sandbox.lms import checks


class Repeats:
    """What was answered to each idempotency key, to answer a repeat alike."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[str, Any]] = {}

    def answered(self, request: Request, sent: object) -> tuple[str, Any | None]:
        """The key of the request, and the earlier answer when this is a repeat.

        Raises:
            Refused: there is no key, or it came with another body before.
        """
        key = request.headers.get("idempotency-key", "")
        if not key:
            raise checks.invalid({"Idempotency-Key": "is required as a header"})
        digest, answer = self._answers.get(key, ("", None))
        if answer is not None and digest != _digest(sent):
            raise Refused(409, "idempotency_conflict", "this key came with another body before")
        return key, answer

    def remember(self, key: str, sent: object, answer: Any) -> None:
        """Keep the answer; of what was sent only a digest is kept."""
        self._answers[key] = (_digest(sent), answer)


def _digest(sent: object) -> str:
    return hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()
