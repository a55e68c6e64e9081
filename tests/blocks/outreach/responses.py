"""How Outreach answers, and a login that needs none."""

import json
from typing import Any

from pydantic import SecretStr

from tests.blocks.vendor import Reply

ACCOUNT = {
    "type": "account",
    "id": 7,
    "attributes": {"name": "Acme", "customId": "001000000000001AAA"},
    "relationships": {"owner": {"data": {"type": "user", "id": 3}}},
}
USER = {"type": "user", "id": 3, "attributes": {"email": "Ada@seller.example", "locked": False}}
STATE = {
    "type": "sequenceState",
    "id": 9,
    "attributes": {"state": "active", "errorReason": None, "createdAt": "2026-01-02T03:04:05.000Z"},
    "relationships": {
        name: {"data": {"type": name, "id": number}}
        for name, number in (("prospect", 1), ("sequence", 2), ("mailbox", 3))
    },
}
TASK = {
    "type": "task",
    "id": 4,
    "attributes": {"state": "incomplete", "action": "email", "note": None},
    "relationships": {"owner": {"data": None}},
}


def says(data: Any, status: int = 200, **links: str) -> Reply:
    return Reply(status, json.dumps({"data": data, "links": links}).encode())


def refuses(status: int, code: str, detail: str = "No", pointer: str = "/data", **headers: str) -> Reply:
    error = {"id": code, "title": code, "detail": detail, "source": {"pointer": pointer}}
    return Reply(status, json.dumps({"errors": [error]}).encode(), headers)


class Tokens:
    """A login that gives `token-1-swordfish`, `token-2-swordfish` … and notes which was refused."""

    def __init__(self) -> None:
        self.refused: list[str | None] = []

    async def __call__(self, refused: SecretStr | None) -> SecretStr:
        self.refused.append(refused.get_secret_value() if refused else None)
        return SecretStr(f"token-{len(self.refused)}-swordfish")
