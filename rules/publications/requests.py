"""Requests of sales or CS Operations about a publication (PUB-1)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rules.common.text import join_names, normalize, strip

LONGEST_NAME = 255
"""Characters of a publication's name in the LMS."""
LONGEST_ASKER = 200
LONGEST_NOTE = 2000


class PublicationAction(StrEnum):
    """An action on a publication."""

    SET_UP = "set up"
    RENAME = "rename"
    UPDATE = "update"
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"


@dataclass(frozen=True)
class Requested:
    """A request about a publication.

    Attributes:
        publication: its current name.
        new_name: "" unless it is renamed.
        requested_by: the person's name; "" for the dashboard.
    """

    action: PublicationAction
    publication: str
    new_name: str = ""
    requested_by: str = ""
    note: str = ""

    def __str__(self) -> str:
        """Return the request for people: `rename North to East`."""
        return f"{self.action} {self.publication}" + (f" to {self.new_name}" if self.new_name else "")


class BadRequest(ValueError):
    """Raised when a request is not valid.

    Attributes:
        faults: the messages by field, for the person who filled it in.
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{field}: {fault}" for field, fault in faults.items()))
        self.faults = dict(faults)


def parse_request(sent: Mapping[str, object]) -> Requested:
    """Parse the request of a form.

    Args:
        sent: the fields of `Requested` as texts; optional ones may be missing.

    Raises:
        BadRequest: with every field that is unknown, missing or wrong.
    """
    names = Requested.__dataclass_fields__
    strange = {name: "There is no such field." for name in sent if name not in names}
    texts = {name: sent.get(name, "") for name in names}
    no_text = {name: "Enter a text." for name, value in texts.items() if not isinstance(value, str)}
    clean = {name: strip(value) for name, value in texts.items() if isinstance(value, str)}
    faults = dict(_faults(clean)) | no_text | strange
    if faults:
        raise BadRequest(faults)
    return Requested(PublicationAction(clean.pop("action")), **clean)


def _faults(clean: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    action, name, new_name = (clean.get(field, "") for field in ("action", "publication", "new_name"))
    if action not in list(PublicationAction):
        yield "action", f"Choose one of {join_names(PublicationAction, 'or')}."
    if not name:
        yield "publication", "Enter the name of the publication."
    if action == PublicationAction.RENAME and not new_name:
        yield "new_name", "Enter the new name."
    elif action == PublicationAction.RENAME and normalize(new_name) == normalize(name):
        yield "new_name", "Enter a name other than the present one."
    elif action != PublicationAction.RENAME and new_name:
        yield "new_name", "Only a publication that is renamed gets a new name."
    longest = {
        "publication": LONGEST_NAME,
        "new_name": LONGEST_NAME,
        "requested_by": LONGEST_ASKER,
        "note": LONGEST_NOTE,
    }
    for field, most in longest.items():
        if len(clean.get(field, "")) > most:
            yield field, f"Shorten it to {most} characters."
