"""What Salesforce sends, as the wire contract shows it, and a sender's view of the receiver."""

import json
import secrets
import string
from collections.abc import Iterable
from itertools import count

ORGANIZATION = "00D000000000001EAA"
ACTION = "04k000000000001AAA"
CLOSED_WON = "Closed Won"

ACK = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    "</notificationsResponse></soapenv:Body></soapenv:Envelope>\n"
)

_numbers = count(1)


def full_id(short: str) -> str:
    """The 18-character form, worked out as Salesforce documents it."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    fives = (short[at : at + 5] for at in (0, 5, 10))
    return short + "".join(
        letters[sum(1 << place for place, letter in enumerate(five) if "A" <= letter <= "Z")] for five in fives
    )


def new_id(prefix: str = "006") -> str:
    """The 18-character id of a record that no other test knows."""
    letters = string.ascii_letters + string.digits
    return full_id(prefix + "".join(secrets.choice(letters) for _ in range(12)))


def notification(
    record_id: str, stage: str | None = CLOSED_WON, kind: str = "Opportunity", is_won: str | None = None
) -> str:
    fields = f"<sf:Id>{record_id}</sf:Id>"
    if stage is not None:
        fields += f"<sf:StageName>{stage}</sf:StageName>"
    if is_won is not None:
        fields += f"<sf:IsWon>{is_won}</sf:IsWon>"
    return (
        f"<Notification><Id>{full_id(f'04l{next(_numbers):012}')}</Id>"
        f'<sObject xsi:type="sf:{kind}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">{fields}</sObject>'
        "</Notification>"
    )


def message(
    notifications: Iterable[str], organization: str = ORGANIZATION, action: str = ACTION, head: str = ""
) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head}'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n <soapenv:Body>\n'
        '  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">\n'
        f"   <OrganizationId>{organization}</OrganizationId>\n   <ActionId>{action}</ActionId>\n"
        '   <SessionId xsi:nil="true"/>\n'
        "   <EnterpriseUrl>https://acme.my.salesforce.com/services/Soap/c/59.0/00D000000000001</EnterpriseUrl>\n"
        "   <PartnerUrl>https://acme.my.salesforce.com/services/Soap/u/59.0/00D000000000001</PartnerUrl>\n"
        f"   {''.join(notifications)}\n"
        "  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>"
    ).encode()


def sale(*record_ids: str, stage: str | None = CLOSED_WON) -> bytes:
    """One message about these opportunities."""
    return message(notification(each, stage) for each in record_ids)


def changed(kind: str, *record_ids: str) -> bytes:
    """Word that these records were changed; an opportunity has not reached Closed Won."""
    stage = "Negotiation/Review" if kind == "Opportunity" else None
    return message(notification(each, stage, kind) for each in record_ids)


def callout(kind: str, record_id: str, event_id: str = "e-1") -> bytes:
    return json.dumps({"object": kind, "id": record_id, "event_id": event_id}).encode()
