"""What Outreach promises in its responses (JSON:API), as models. Ids are integers, instants are aware."""

from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from blocks.common.responses import CamelCased, Moment, Text

SYSTEM = "Outreach"
FINISHED = "finished"
FAILED = ("failed", "bounced", "opted_out")
"""States of a prospect in a sequence that needs a person before it goes on."""
OPEN = ("active", "disabled", "paused", "pending")
"""States of a prospect in a sequence that may still send."""
COMPLETE = "complete"


def _target(relationship: Any) -> int | None:
    """The id of the record that a relationship points to, None where it points to none."""
    target = relationship.get("data") if isinstance(relationship, dict) else relationship or None
    if target is None:
        return None
    number = target.get("id") if isinstance(target, dict) else None
    if type(number) is not int:
        raise ValueError("is not a relationship to a record with an integer id")
    return number


Texts = Annotated[tuple[str, ...], Field(strict=False)]
Related = Annotated[int | None, BeforeValidator(_target)]
"""The id of a related record, None where there is none."""
Required = Annotated[int, BeforeValidator(_target)]
"""The id of a related record that must be there."""


class Links(CamelCased):
    """The address of the next page, None on the last one."""

    next: str | None = None


class Page(CamelCased):
    """One page of a list."""

    data: list[Any]
    links: Annotated[Links, BeforeValidator(lambda links: links or {})] = Links()


class Record(CamelCased):
    """One record: attributes and relationships side by side. A field that is null has its default."""

    kind: ClassVar[str]
    field_names: ClassVar[tuple[str, ...]]

    id: int

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Remember the fields' names as Outreach has them: a real record has many more fields."""
        cls.field_names = tuple(field.alias or name for name, field in cls.model_fields.items() if name != "id")

    @model_validator(mode="before")
    @classmethod
    def _side_by_side(cls, record: Any) -> dict[str, Any]:
        if not _is_record(record, cls.kind):
            raise ValueError(f"is not a record of type {cls.kind} with an integer id and attributes")
        attributes, relationships = record["attributes"], record.get("relationships", {})
        values = {"id": record["id"]}
        for name in cls.field_names:
            value = attributes.get(name, relationships.get(name))
            if value is not None:
                values[name] = value
        return values


def _is_record(value: Any, kind: str) -> bool:
    return (
        isinstance(value, dict)
        and value.get("type") == kind
        and type(value.get("id")) is int
        and isinstance(value.get("attributes"), dict)
        and isinstance(value.get("relationships", {}), dict)
    )


R = TypeVar("R", bound=Record)


class User(Record):
    """A user of Outreach; a locked one cannot work any more."""

    kind = "user"

    email: Text
    locked: bool = False


class Mailbox(Record):
    """The mailbox that a user's mails are sent from."""

    kind = "mailbox"

    email: str = ""
    user_id: int | None = None
    send_disabled: bool = False

    @property
    def can_send(self) -> bool:
        """Whether mail can be sent from it."""
        return not self.send_disabled


class Account(Record):
    """A customer company. `custom_id` is the Salesforce account id, `owner` a user's id."""

    kind = "account"

    name: str = ""
    custom_id: str = ""
    owner: Related = None


class Prospect(Record):
    """A contact of an account; one who has opted out gets no mail. `account` and `owner` are ids."""

    kind = "prospect"

    first_name: str = ""
    last_name: str = ""
    emails: Texts = ()
    opted_out: bool = False
    account: Related = None
    owner: Related = None

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class OutreachSequence(Record):
    """A series of steps that prospects are added to."""

    kind = "sequence"

    name: Text
    enabled: bool = False


class SequenceState(Record):
    """A prospect in a sequence. `state` is active, pending, paused, failed, finished …; the others are ids."""

    kind = "sequenceState"

    state: Text
    error: str = Field("", alias="errorReason")
    created: Moment = Field(alias="createdAt")
    prospect: Required
    sequence: Required
    mailbox: Related = None

    @property
    def goes_on(self) -> bool:
        """Whether the prospect has not finished the sequence."""
        return self.state != FINISHED


class OutreachTask(Record):
    """A task of a user. `state` is pending, incomplete or complete; the others are ids."""

    kind = "task"

    state: Text
    action: str = ""
    note: str = ""
    owner: Related = None
    prospect: Related = None
    account: Related = None


class Template(Record):
    """A text that a person may send; an archived one is offered to nobody."""

    kind = "template"

    name: Text
    archived: bool = False
