import string
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.messages import ACTION, CLOSED_WON, ORGANIZATION, full_id, message, notification, sale
from webhooks.salesforce.soap import OutboundMessage, UnreadableMessageError, parse

FIRST = "006000000000001AAA"
PREFIXES = {"Opportunity": "006", "Contract": "800", "Contact": "003", "Account": "001"}

CONTRACT_EXAMPLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>00D000000000001EAA</OrganizationId>
   <ActionId>04k000000000001AAA</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>https://acme.my.salesforce.com/services/Soap/c/59.0/00D000000000001</EnterpriseUrl>
   <PartnerUrl>https://acme.my.salesforce.com/services/Soap/u/59.0/00D000000000001</PartnerUrl>
   <Notification>
    <Id>04l000000000001AAA</Id>
    <sObject xsi:type="sf:Opportunity" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
     <sf:Id>006000000000001AAA</sf:Id><sf:StageName>Closed Won</sf:StageName>
    </sObject>
   </Notification>
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>"""  # noqa: E501 - a message as it comes over the wire


def ids(prefix: str) -> st.SearchStrategy[str]:
    return st.text(string.ascii_letters + string.digits, min_size=12, max_size=12).map(lambda rest: prefix + rest)


def test_the_contracts_example_is_read() -> None:
    read = parse(CONTRACT_EXAMPLE)
    assert (read.organization_id, read.action_id, read.record_type) == (ORGANIZATION, ACTION, "Opportunity")
    (only,) = read.notifications
    assert (only.id, only.record_id, only.stage) == ("04l000000000001AAA", FIRST, CLOSED_WON)


@given(
    st.sampled_from(sorted(PREFIXES)).flatmap(
        lambda kind: st.tuples(st.just(kind), st.lists(ids(PREFIXES[kind]), min_size=1, max_size=100))
    ),
    st.booleans(),
)
def test_every_record_is_read_in_order_whether_its_id_is_short_or_full(
    records: tuple[str, list[str]],
    full: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    kind, short = records
    sent = [full_id(each) for each in short] if full else short
    read = parse(message(notification(each, kind=kind) for each in sent))
    assert read.record_type == kind
    assert [each.record_id for each in read.notifications] == [full_id(each) for each in short]


def test_the_organization_is_known_by_its_short_id_too() -> None:
    assert parse(message([notification(FIRST)], organization=ORGANIZATION[:15])).organization_id == ORGANIZATION


@pytest.mark.parametrize("stage", [None, ""])
def test_a_message_without_a_stage_has_none(stage: str | None) -> None:
    assert parse(sale(FIRST, stage=stage)).notifications[0].stage is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not well-formed"),
        (b"{}", "not well-formed"),
        (b"\x1f\x8b\x08\x00binary", "not well-formed"),
        (sale(FIRST)[:-30], "not well-formed"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "not well-formed"),
        (b"<a/>", "SOAP"),
        (sale(FIRST).replace(b"schemas.xmlsoap.org", b"schemas.example.org"), "SOAP"),
        (sale(FIRST).replace(b"soap.sforce.com/2005", b"soap.sforce.com/1999"), "notifications"),
        (sale(FIRST).replace(b"urn:sobject.enterprise", b"urn:other"), "Id"),
        (sale(FIRST).replace(b' xsi:type="sf:Opportunity"', b""), "not accepted"),
        (message([]), "0 notifications"),
        (message(notification(FIRST) for _ in range(101)), "101 notifications"),
        (message([notification("500000000000001AAA", kind="Case")]), "not accepted"),
        (
            message([notification(FIRST), notification("001000000000001AAA", kind="Account")]),
            "more than one type",
        ),
        (sale("006000000000001AAB"), "Id"),
        (sale("00600000000000"), "Id"),
        (sale("001000000000001AAA"), "Id"),
        (sale(""), "Id"),
        (sale("006' OR '1'='1"), "Id"),
        (message([notification(FIRST)], organization="ours"), "OrganizationId"),
        (message([notification(FIRST)], action="04l000000000001AAA"), "ActionId"),
        (message([notification(FIRST).replace("04l", "04x")]), "Id"),
        (
            message([notification(FIRST).replace("<sf:Id>", f"<sf:Id>{FIRST}</sf:Id><sf:Id>")]),
            "2 elements Id",
        ),
        (message([notification(FIRST).replace("<Id>", "<No>").replace("</Id>", "</No>")]), "0 elements Id"),
    ],
)
def test_a_body_that_is_not_as_salesforce_sends_it_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableMessageError, match=reason):
        parse(body)


DTD = '<!DOCTYPE soapenv:Envelope SYSTEM "http://127.0.0.1:9/evil.dtd">'
ENTITY = '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)) + "]>"
)


@pytest.mark.parametrize("head", [DTD, ENTITY, LAUGHS], ids=["external DTD", "entity", "billion laughs"])
def test_a_dtd_is_refused_at_once(head: str) -> None:
    record = notification(FIRST, stage="&a11;" if head is LAUGHS else CLOSED_WON)
    begun = time.monotonic()
    with pytest.raises(UnreadableMessageError, match="DTD"):
        parse(message([record], head=head))
    assert time.monotonic() - begun < 1


def test_a_megabyte_of_nested_elements_is_only_refused() -> None:
    depth = 140_000
    with pytest.raises(UnreadableMessageError, match="SOAP"):
        parse(b"<a>" * depth + b"</a>" * depth)


def holds(read: OutboundMessage) -> bool:
    prefix = PREFIXES[read.record_type]
    return 1 <= len(read.notifications) <= 100 and all(
        len(each.record_id) == 18 and each.record_id.startswith(prefix) for each in read.notifications
    )


def only_reads_or_refuses(body: bytes) -> None:
    with suppress(UnreadableMessageError):
        assert holds(parse(body))


@given(st.binary(max_size=2000))
def test_no_bytes_make_the_parser_fail(body: bytes) -> None:
    only_reads_or_refuses(body)


PIECES = [
    b"<Notification>", b"</Notification>", b"<Id>", b"</Id>", b"<sObject/>", b"<!DOCTYPE a>", b"<sf:Id>",
    b"<![CDATA[006]]>", b"&lt;", b"&a;", b"&#0;", b"<!-- -->", b"<?a b?>", b'xmlns=""', b"encoding='utf-16'",
    b"\xff\xfe", b"\x00", b"sf:", b"Account", b"xsi:type", b"'", b'"', b">", b"",
]  # fmt: skip


@given(
    st.lists(
        st.tuples(st.integers(0, len(CONTRACT_EXAMPLE)), st.integers(0, 60), st.sampled_from(PIECES)),
        min_size=1,
        max_size=4,
    )
)
def test_no_damaged_message_makes_the_parser_fail(damages: list[tuple[int, int, bytes]]) -> None:
    body = CONTRACT_EXAMPLE
    for at, length, instead in damages:
        body = body[:at] + instead + body[at + length :]
    only_reads_or_refuses(body)


@given(st.sampled_from(["utf-8", "utf-16", "latin-1", "cp037", "utf-7", "idna", "rot13", "hex", "x" * 50, "é"]))
def test_no_declared_encoding_makes_the_parser_fail(encoding: str) -> None:
    only_reads_or_refuses(CONTRACT_EXAMPLE.replace(b"UTF-8", encoding.encode(), 1))
