"""Parses Salesforce's outbound messages strictly, and holds the response that acknowledges one.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging.htm
"""

from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from rules.common.ids import to18

SOAP: Final = "{http://schemas.xmlsoap.org/soap/envelope/}"
OUTBOUND: Final = "{http://soap.sforce.com/2005/09/outbound}"
SOBJECT: Final = "{urn:sobject.enterprise.soap.sforce.com}"
TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"

MAX_NOTIFICATIONS: Final = 100
TRUE: Final = ("true", "1")
PREFIXES: Final = {"Opportunity": "006", "Contract": "800", "Contact": "003", "Account": "001"}

ACK: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    b"</notificationsResponse></soapenv:Body></soapenv:Envelope>\n"
)


class UnreadableMessageError(ValueError):
    """Raised when a body does not have the form that Salesforce documents; the message names the element."""


@dataclass(frozen=True)
class Notification:
    """One changed record. `stage` and `is_won` are an opportunity's values, which may be out of date."""

    id: str
    record_id: str
    stage: str | None
    is_won: bool | None = None


@dataclass(frozen=True)
class OutboundMessage:
    """One delivery: 1 to 100 notifications of one type of record. Every id has 18 characters."""

    organization_id: str
    action_id: str
    record_type: str
    notifications: tuple[Notification, ...]


def parse(body: bytes) -> OutboundMessage:
    """Parse an outbound message.

    Raises:
        UnreadableMessageError: an element is missing, repeated or wrong, or the message has a DTD.
    """
    envelope = _xml(body)
    if envelope.tag != f"{SOAP}Envelope":
        raise UnreadableMessageError("not a SOAP 1.1 envelope")
    message = _only(_only(envelope, f"{SOAP}Body"), f"{OUTBOUND}notifications")
    notifications = message.findall(f"{OUTBOUND}Notification")
    if not 1 <= len(notifications) <= MAX_NOTIFICATIONS:
        raise UnreadableMessageError(f"{len(notifications)} notifications; a message has 1 to {MAX_NOTIFICATIONS}")
    record_type = _record_type(notifications)
    return OutboundMessage(
        _id(message, f"{OUTBOUND}OrganizationId", "00D"),
        _id(message, f"{OUTBOUND}ActionId", "04k"),
        record_type,
        tuple(_notification(each, PREFIXES[record_type]) for each in notifications),
    )


def _xml(body: bytes) -> Element:
    try:
        return ElementTree.fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UnreadableMessageError("a DTD or an entity is not accepted") from error
    except (ParseError, ValueError, LookupError) as error:
        # ValueError and LookupError: the declaration names an unknown encoding.
        raise UnreadableMessageError("not well-formed XML") from error


def _record_type(notifications: list[Element]) -> str:
    types = {_only(each, f"{OUTBOUND}sObject").get(TYPE, "").rpartition(":")[2] for each in notifications}
    if len(types) > 1:
        raise UnreadableMessageError("more than one type of record in one message")
    record_type = types.pop()
    if record_type not in PREFIXES:
        raise UnreadableMessageError(f"this type of record is not accepted; accepted are {', '.join(PREFIXES)}")
    return record_type


def _notification(element: Element, prefix: str) -> Notification:
    record = _only(element, f"{OUTBOUND}sObject")
    is_won = _value(record, "IsWon").lower()
    return Notification(
        _id(element, f"{OUTBOUND}Id", "04l"),
        _id(record, f"{SOBJECT}Id", prefix),
        _value(record, "StageName") or None,
        is_won in TRUE if is_won else None,
    )


def _value(record: Element, field: str) -> str:
    """The text of a record's field; "" when the message does not have the field."""
    elements = record.findall(f"{SOBJECT}{field}")
    if len(elements) > 1:
        raise UnreadableMessageError(f"more than one {field} in a record")
    return (elements[0].text or "").strip() if elements else ""


def _only(parent: Element, tag: str) -> Element:
    elements = parent.findall(tag)
    if len(elements) != 1:
        raise UnreadableMessageError(f"{len(elements)} elements {_local(tag)}, not one, in {_local(parent.tag)}")
    return elements[0]


def _id(parent: Element, tag: str, prefix: str) -> str:
    text = (_only(parent, tag).text or "").strip()
    try:
        return to18(text, prefix)
    except ValueError as error:
        raise UnreadableMessageError(f"{_local(tag)} in {_local(parent.tag)}: {error}") from error


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
