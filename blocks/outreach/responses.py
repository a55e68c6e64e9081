"""Outreach's answers (JSON:API), checked for what the contract promises."""

import json
from datetime import datetime
from typing import Any

from blocks.common.errors import UnexpectedResponse
from blocks.outreach.records import (
    Account,
    Mailbox,
    OutreachSequence,
    OutreachTask,
    Prospect,
    SequenceState,
    Template,
    User,
)

SYSTEM = "Outreach"


def parsed(what: str, content: bytes) -> Any:
    """The body as JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise UnexpectedResponse(SYSTEM, f"{what}: the answer is not JSON") from None


def rows(what: str, body: Any) -> list[Any]:
    """The records of a list."""
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list):
        raise UnexpectedResponse(SYSTEM, f"{what}: data is missing or not a list")
    return data


def row(body: Any) -> Any:
    """The record of an answer about one."""
    return body.get("data") if isinstance(body, dict) else None


def following(what: str, body: dict[str, Any]) -> str | None:
    """The address of the next page, None on the last one."""
    links = body.get("links") or {}
    address = links.get("next") if isinstance(links, dict) else None
    if not isinstance(address, str | None) or not isinstance(links, dict):
        raise UnexpectedResponse(SYSTEM, f"{what}: links is not an object, or its next not a text")
    return address


class _Reader:
    """Reads one record, saying which call and which field is not as promised."""

    def __init__(self, what: str, kind: str, value: Any) -> None:
        self._what = what
        if not isinstance(value, dict) or value.get("type") != kind or type(value.get("id")) is not int:
            raise UnexpectedResponse(SYSTEM, f"{what}: a {kind} with an integer id was promised")
        self.id: int = value["id"]
        attributes, relations = value.get("attributes"), value.get("relationships", {})
        if not isinstance(attributes, dict) or not isinstance(relations, dict):
            raise UnexpectedResponse(SYSTEM, f"{what}: the {kind} {self.id} has no attributes")
        self._attributes: dict[str, Any] = attributes
        self._relations: dict[str, Any] = relations

    def text(self, name: str) -> str:
        """A text; "" where Outreach has none."""
        value = self._attributes.get(name)
        if not isinstance(value, str | None):
            raise self._wrong(name, "a text")
        return value or ""

    def told(self, name: str) -> str:
        """A text that must not be empty."""
        value = self.text(name)
        if not value:
            raise self._wrong(name, "a text")
        return value

    def flag(self, name: str) -> bool:
        """Whether it is so; Outreach has null for what nobody chose."""
        value = self._attributes.get(name)
        if not isinstance(value, bool | None):
            raise self._wrong(name, "true or false")
        return bool(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, which may be empty."""
        value = self._attributes.get(name) or []
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self._wrong(name, "a list of texts")
        return tuple(value)

    def number(self, name: str) -> int | None:
        """A whole number, None where there is none."""
        value = self._attributes.get(name)
        if value is None or type(value) is int:
            return value
        raise self._wrong(name, "a whole number")

    def moment(self, name: str) -> datetime:
        """An aware instant."""
        try:
            value = datetime.fromisoformat(self.told(name))
        except ValueError:
            raise self._wrong(name, "an instant") from None
        if value.tzinfo is None:
            raise self._wrong(name, "an instant with its offset")
        return value

    def related(self, name: str) -> int | None:
        """The id of the record that it points to, None where it points to none."""
        relation = self._relations.get(name) or {}
        target = relation.get("data") if isinstance(relation, dict) else relation
        if target is None:
            return None
        number = target.get("id") if isinstance(target, dict) else None
        if type(number) is not int:
            raise self._wrong(name, "a relationship to a record with an integer id")
        return number

    def needed(self, name: str) -> int:
        """The id of the record that it must point to."""
        number = self.related(name)
        if number is None:
            raise self._wrong(name, "a relationship to a record")
        return number

    def _wrong(self, name: str, promised: str) -> UnexpectedResponse:
        return UnexpectedResponse(SYSTEM, f"{self._what}: {name} of {self.id} is not {promised}")


def user(what: str, value: Any) -> User:
    """A user."""
    read = _Reader(what, "user", value)
    return User(read.id, read.told("email"), read.flag("locked"))


def mailbox(what: str, value: Any) -> Mailbox:
    """A mailbox."""
    read = _Reader(what, "mailbox", value)
    return Mailbox(read.id, read.text("email"), read.number("userId"), can_send=not read.flag("sendDisabled"))


def account(what: str, value: Any) -> Account:
    """An account."""
    read = _Reader(what, "account", value)
    return Account(read.id, read.text("name"), read.text("customId"), read.related("owner"))


def prospect(what: str, value: Any) -> Prospect:
    """A prospect."""
    read = _Reader(what, "prospect", value)
    name = f"{read.text('firstName')} {read.text('lastName')}".strip()
    return Prospect(
        read.id, name, read.texts("emails"), read.flag("optedOut"), read.related("account"), read.related("owner")
    )


def sequence(what: str, value: Any) -> OutreachSequence:
    """A sequence."""
    read = _Reader(what, "sequence", value)
    return OutreachSequence(read.id, read.told("name"), read.flag("enabled"))


def sequence_state(what: str, value: Any) -> SequenceState:
    """A prospect's state in a sequence."""
    read = _Reader(what, "sequenceState", value)
    return SequenceState(
        read.id,
        read.told("state"),
        read.text("errorReason"),
        read.moment("createdAt"),
        read.needed("prospect"),
        read.needed("sequence"),
        read.related("mailbox"),
    )


def task(what: str, value: Any) -> OutreachTask:
    """A task."""
    read = _Reader(what, "task", value)
    return OutreachTask(
        read.id,
        read.told("state"),
        read.text("action"),
        read.text("note"),
        read.related("owner"),
        read.related("prospect"),
        read.related("account"),
    )


def template(what: str, value: Any) -> Template:
    """A template."""
    read = _Reader(what, "template", value)
    return Template(read.id, read.told("name"), read.flag("archived"))
