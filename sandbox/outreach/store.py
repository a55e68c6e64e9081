"""What Outreach keeps: the records of each kind, with what one of it has when nothing else is told."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sandbox.errors import Refused

Record = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of record.

    Attributes:
        type: its name in JSON:API.
        attributes: with the values of a new record.
        relations: to one record each: name → the kinds it may point to.
        filters: the attributes by which a list is filtered; by the id of a relation it always is.
    """

    type: str
    attributes: Mapping[str, Any]
    relations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    filters: tuple[str, ...] = ()


_OWNER: Final = {"owner": ("users",)}
KINDS: Final = {
    "users": Kind(
        "user",
        {"email": None, "firstName": None, "lastName": None, "locked": False},
        filters=("email", "firstName", "lastName", "locked"),
    ),
    "mailboxes": Kind(
        "mailbox",
        {"email": None, "userId": None, "sendDisabled": False},
        {"user": ("users",)},
        filters=("email", "userId"),
    ),
    "templates": Kind(
        "template",
        {"name": None, "subject": None, "bodyText": None, "archived": False},
        _OWNER,
        filters=("name",),
    ),
    "sequences": Kind(
        "sequence",
        {"name": None, "enabled": True, "sequenceType": "interval"},
        _OWNER,
        filters=("name",),
    ),
    "sequenceSteps": Kind(
        "sequenceStep",
        {"stepType": "auto_email", "order": 1, "taskNote": None},
        {"sequence": ("sequences",), "template": ("templates",)},
        filters=("stepType", "order"),
    ),
    "accounts": Kind("account", {"name": None, "customId": None}, _OWNER, filters=("name", "customId")),
    "prospects": Kind(
        "prospect",
        {
            "firstName": None,
            "lastName": None,
            "title": None,
            "emails": [],
            "externalId": None,
            "optedOut": False,
        },
        {"account": ("accounts",), **_OWNER},
        filters=("firstName", "lastName", "title", "emails"),
    ),
    "sequenceStates": Kind(
        "sequenceState",
        {"state": "active", "errorReason": None},
        {
            "prospect": ("prospects",),
            "sequence": ("sequences",),
            "mailbox": ("mailboxes",),
            "sequenceStep": ("sequenceSteps",),
            "account": ("accounts",),
        },
        filters=("state",),
    ),
    "tasks": Kind(
        "task",
        {"action": "action_item", "taskType": "manual", "state": "incomplete", "note": None, "dueAt": None},
        {
            **_OWNER,
            "subject": ("prospects", "accounts"),
            "prospect": ("prospects",),
            "account": ("accounts",),
            "template": ("templates",),
            "sequence": ("sequences",),
            "sequenceState": ("sequenceStates",),
            "sequenceStep": ("sequenceSteps",),
        },
        filters=("state", "taskType"),
    ),
}


class Store:
    """The records by kind; ids are 1, 2 … in each."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget every record; the ids begin again."""
        self.records: dict[str, list[Record]] = {kind: [] for kind in KINDS}

    def add(
        self, kind: str, attributes: Mapping[str, Any], relations: Mapping[str, Record | None], now: datetime
    ) -> Record:
        """Keep a new record.

        Args:
            kind: which.
            attributes: what differs from a usual one.
            relations: name → `{"type", "id"}`; the others point to nothing.
            now: when it is made (UTC).
        """
        usual, at = KINDS[kind], stamp(now)
        record = {
            "type": usual.type,
            "id": len(self.records[kind]) + 1,
            "attributes": {**deepcopy(dict(usual.attributes)), "createdAt": at, "updatedAt": at, **attributes},
            "relationships": {name: {"data": relations.get(name)} for name in usual.relations},
        }
        self.records[kind].append(record)
        return record

    def get(self, kind: str, number: int) -> Record:
        """The record, or the refusal that there is none."""
        if not 1 <= number <= len(self.records[kind]):
            raise Refused(404, "resourceNotFound", f"Could not find '{KINDS[kind].type}' with ID '{number}'.")
        return self.records[kind][number - 1]

    def related(self, record: Record, name: str) -> Record | None:
        """The record that this one points to."""
        target = record["relationships"][name]["data"]
        if target is None:
            return None
        kind = next(kind for kind, known in KINDS.items() if known.type == target["type"])
        return self.get(kind, target["id"])


def stamp(now: datetime) -> str:
    """An instant as Outreach writes it."""
    return now.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def pointer(record: Record | None) -> Record | None:
    """How another record points to this one."""
    return None if record is None else {"type": record["type"], "id": record["id"]}


def points_to(record: Record, name: str, target: Record) -> bool:
    """Whether the record points to the other one."""
    return bool(record["relationships"][name]["data"] == pointer(target))
