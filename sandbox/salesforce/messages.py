"""Outbound messages as XML, and their acknowledgement (contracts, section 2.1)."""

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException, ElementTree

from sandbox.salesforce import ids
from sandbox.salesforce.schema.model import Row

ACTIONS: Final = {
    name: ids.record_id("04k", number)
    for number, name in enumerate(("Opportunity", "Contract", "Contact", "Account"), start=1)
}
"""The objects whose changes are told, with the id of the action that tells them."""
_CARRIED: Final = {"Opportunity": ("StageName", "AccountId", "Type")}
_ACKNOWLEDGED: Final = "{http://soap.sforce.com/2005/09/outbound}Ack"
_ENVELOPE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    ' <soapenv:Body>\n  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">\n'
    "   <OrganizationId>{organization}</OrganizationId>\n   <ActionId>{action}</ActionId>\n"
    '   <SessionId xsi:nil="true"/>\n'
    "   <EnterpriseUrl>https://acme.my.salesforce.com/services/Soap/c/59.0/{short}</EnterpriseUrl>\n"
    "   <PartnerUrl>https://acme.my.salesforce.com/services/Soap/u/59.0/{short}</PartnerUrl>\n"
    "{notifications}  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>"
)
_NOTIFICATION: Final = (
    "   <Notification>\n    <Id>{id}</Id>\n"
    '    <sObject xsi:type="sf:{object}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">\n'
    "     {fields}\n    </sObject>\n   </Notification>\n"
)


def envelope(organization: str, object_name: str, notifications: Iterable[tuple[str, Row]]) -> str:
    """One message about records of one object, each with its notification's id."""
    told = (
        _NOTIFICATION.format(id=notification_id, object=object_name, fields=_fields(object_name, row))
        for notification_id, row in notifications
    )
    return _ENVELOPE.format(
        organization=organization,
        short=organization[:15],
        action=ACTIONS[object_name],
        notifications="".join(told),
    )


def acknowledged(body: bytes) -> bool:
    """Whether an answer says `<Ack>true</Ack>`."""
    try:
        ack = ElementTree.fromstring(body, forbid_dtd=True).find(f".//{_ACKNOWLEDGED}")
    except (ElementTree.ParseError, DefusedXmlException, ValueError):
        return False
    return ack is not None and (ack.text or "").strip() == "true"


def _fields(object_name: str, row: Row) -> str:
    names = ("Id", *_CARRIED.get(object_name, ()))
    return "".join(f"<sf:{name}>{escape(row[name])}</sf:{name}>" for name in names if name in row)
