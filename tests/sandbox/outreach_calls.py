"""What the tests of Outreach send, and an org that they begin with."""

from typing import Any

import httpx

from tests.support.sandbox import SandboxProcess

TYPE = {"Content-Type": "application/vnd.api+json"}


def to(kind: str, number: int) -> dict[str, Any]:
    """How one record points to another."""
    return {"data": {"type": kind, "id": number}}


def document(kind: str, number: int | None = None, **parts: Any) -> dict[str, Any]:
    """What is posted; with an id, what is patched."""
    own = {} if number is None else {"id": number}
    return {"data": {"type": kind, **own, **parts}}


def log_in(sandbox: SandboxProcess, client: httpx.Client, **changes: str) -> httpx.Response:
    keys = sandbox.credentials
    form = {
        "client_id": keys.outreach_client_id,
        "client_secret": keys.outreach_client_secret,
        "redirect_uri": "https://localhost/",
        "grant_type": "refresh_token",
        "refresh_token": keys.outreach_refresh_token,
    }
    return client.post(f"{sandbox.url}/outreach/oauth/token", data=form | changes)


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["id"]


def detail(answer: httpx.Response) -> str:
    return str(answer.json()["errors"][0]["detail"])


ORG = {
    "users": [{"attributes": {"email": f"{name}@seller.example"}} for name in ("ada", "ben")],
    "mailboxes": [
        {"attributes": {"email": "ada@seller.example", "userId": 1}, "relationships": {"user": to("user", 1)}},
        {"attributes": {"email": "ben@seller.example", "userId": 2}, "relationships": {"user": to("user", 2)}},
    ],
    "templates": [{"attributes": {"name": "Hello", "subject": "Your new CSM", "bodyText": "I am Ben."}}],
    "sequences": [{"attributes": {"name": "Automated"}}, {"attributes": {"name": "Semi-automated"}}],
    "sequenceSteps": [
        {
            "attributes": {"stepType": "auto_email", "order": 1},
            "relationships": {"sequence": to("sequence", 1), "template": to("template", 1)},
        },
        {
            "attributes": {"stepType": "manual_email", "order": 1, "taskNote": "Adjust before sending"},
            "relationships": {"sequence": to("sequence", 2)},
        },
        {
            "attributes": {"stepType": "call", "order": 2},
            "relationships": {"sequence": to("sequence", 2)},
        },
    ],
    "accounts": [
        {
            "attributes": {"name": "Acme", "customId": "001000000000001AAA"},
            "relationships": {"owner": to("user", 1)},
        }
    ],
    "prospects": [
        {
            "attributes": {"firstName": name, "emails": [f"{name}@acme.example"]},
            "relationships": {"account": to("account", 1), "owner": to("user", 1)},
        }
        for name in ("jane", "joe")
    ],
}
"""Ada (user 1) looks after Acme with Jane and Joe (prospects 1, 2); Ben is user 2; so are their mailboxes numbered."""
