"""JSON:API as it is sent: the document of a POST or PATCH, each part of it checked."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request

from sandbox.errors import Refused
from sandbox.outreach.store import KINDS, Record, Store, pointer

JSON_API: Final = "application/vnd.api+json"
_LONGEST: Final = 255
_LONGEST_NOTE: Final = 65_535

Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= _LONGEST)


def _note(value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= _LONGEST_NOTE)


def _emails(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and "@" in one for one in value)


def _moment(value: Any) -> bool:
    try:
        return value is None or datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _action(value: Any) -> bool:
    return value in ("action_item", "call", "email", "in_person")


_ATTRIBUTES: Final[dict[str, dict[str, Check]]] = {
    "prospects": {
        "firstName": _text,
        "lastName": _text,
        "title": _text,
        "externalId": _text,
        "emails": _emails,
        "optedOut": lambda value: isinstance(value, bool),
    },
    "accounts": {"name": _text, "customId": _text},
    "sequenceStates": {},
    "tasks": {"action": _action, "note": _note, "dueAt": _moment},
}
"""What may be written, by kind."""
_RELATIONS: Final = {
    "prospects": ("account", "owner"),
    "accounts": ("owner",),
    "sequenceStates": ("prospect", "sequence", "mailbox"),
    "tasks": ("owner", "subject", "prospect", "template"),
}


@dataclass(frozen=True)
class Sent:
    """What a document says: attributes, and for each relation the record that it points to."""

    attributes: Mapping[str, Any]
    relations: Mapping[str, Record | None]

    def change(self, record: Record) -> bool:
        """Write it into a record; whether anything became different."""
        wanted = {name: {"data": pointer(target)} for name, target in self.relations.items()}
        before = (dict(record["attributes"]), dict(record["relationships"]))
        record["attributes"].update(self.attributes)
        record["relationships"].update(wanted)
        return before != (record["attributes"], record["relationships"])


def invalid(detail: str, where: str = "") -> Refused:
    """The refusal of a document, or of what it asks for; `where` is below `/data`."""
    return Refused(422, "validationError", detail, source={"pointer": f"/data{where}"})


def check_type(request: Request) -> None:
    """Refuse a body that does not say it is JSON:API."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON_API:
        raise Refused(415, "unsupportedMediaType", f"Expected Content-Type header to be '{JSON_API}'.")


async def read(
    request: Request, store: Store, kind: str, *, number: int | None = None, required: Collection[str] = ()
) -> Sent:
    """The document of a request.

    Args:
        request: a POST or PATCH.
        store: where relations are looked up.
        kind: of the record that is made or changed.
        number: the id that the document must have; None for a new record, which has none.
        required: relations that it must have.

    Raises:
        Refused: naming the first part that is wrong.
    """
    check_type(request)
    data = await _data(request)
    if data.get("type") != KINDS[kind].type:
        raise invalid(f"Type must be '{KINDS[kind].type}'.", "/type")
    if data.get("id") != number or isinstance(data.get("id"), bool):
        raise invalid("Id must be that of the address, an integer; a new record has none.", "/id")
    attributes = _part(data, "attributes")
    for name, value in attributes.items():
        if name not in _ATTRIBUTES[kind] or not _ATTRIBUTES[kind][name](value):
            raise invalid(f"{name} is invalid.", f"/attributes/{name}")
    relations = _part(data, "relationships")
    for name in required:
        if not relations.get(name):
            raise invalid(f"{name} can't be blank.", f"/relationships/{name}")
    return Sent(attributes, {name: _target(store, kind, name, value) for name, value in relations.items()})


async def _data(request: Request) -> dict[str, Any]:
    try:
        sent = await request.json()
    except (ValueError, RecursionError):
        raise invalid("The body is not JSON.") from None
    data = sent.get("data") if isinstance(sent, dict) else None
    if not isinstance(data, dict):
        raise invalid("The document has no data.")
    return data


def _part(data: dict[str, Any], name: str) -> dict[str, Any]:
    part = data.get(name, {})
    if not isinstance(part, dict):
        raise invalid(f"{name} must be an object.", f"/{name}")
    return part


def _target(store: Store, kind: str, name: str, value: Any) -> Record | None:
    """The record that a relation points to, which must exist."""
    where = f"/relationships/{name}"
    if name not in _RELATIONS[kind] or not isinstance(value, dict) or "data" not in value:
        raise invalid(f"{name} is invalid.", where)
    target = value["data"]
    if target is None:
        return None
    kinds = {KINDS[allowed].type: allowed for allowed in KINDS[kind].relations[name]}
    if not isinstance(target, dict) or target.get("type") not in kinds or type(target.get("id")) is not int:
        raise invalid(f"{name} must be a {' or '.join(kinds)} with an integer id.", where)
    try:
        return store.get(kinds[target["type"]], target["id"])
    except Refused as no:
        raise invalid(str(no), where) from None
