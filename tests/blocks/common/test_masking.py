"""A secret is not shown, however a vendor writes it."""

import base64
import html
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from blocks.common.errors import VendorRefused
from blocks.common.masking import LONGEST_QUOTE, code_of, masked, no_secrets
from tests.support.leaks import everything_of, shows

WAYS = {
    "as it is": str,
    "for a form": quote_plus,
    "in a path": quote,
    "in a path, slashes too": lambda text: quote(text, safe=""),
    "in lower case": lambda text: quote(text, safe="").replace("%2B", "%2b").replace("%2F", "%2f"),
    "in JSON": lambda text: json.dumps(text)[1:-1],
    "in JSON with its own letters": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "in JSON with slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "in HTML": html.escape,
    "in HTML with numbers": lambda text: "".join(one if one.isalnum() else f"&#{ord(one)};" for one in text),
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in base64 without padding": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "in base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "as a key": lambda text: base64.b64encode(f"{text}:".encode()).decode(),
    "as a password": lambda text: base64.b64encode(f"our app:{text}".encode()).decode(),
    "as a password of SMTP": lambda text: base64.b64encode(f"\0robot\0{text}".encode()).decode(),
    "in hexadecimal": lambda text: text.encode().hex(),
}
PLAIN = ["as it is", "for a form", "in a path, slashes too", "in JSON", "in HTML"]
SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), min_size=8, max_size=40).filter(
    lambda text: text == text.strip() and "  " not in text and len(set(text)) > 3
)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "secret", ["Welcome+2/Acme=", "p&ss\"w'rd <é> \\1", "xoxb-123-abc_DEF~9", "pässwörd😀1", "00D5e000001!AQ.x/y+z=="]
)
def test_a_secret_is_masked_in_every_way_of_writing_it(secret, way):
    text = masked(f"Bad request: x={WAYS[way](secret)}&y=1", SecretStr(secret))
    assert not shows(text, secret)
    assert text.startswith("Bad request: x=")


@settings(max_examples=120, deadline=None)
@given(secret=SECRETS, way=st.sampled_from(sorted(WAYS)), before=st.text(max_size=5), after=st.text(max_size=5))
def test_any_secret_is_masked_in_every_way_of_writing_it(secret, way, before, after):
    assert not shows(masked(before + WAYS[way](secret) + after, SecretStr(secret)), secret)


@settings(max_examples=80, deadline=None)
@given(secret=SECRETS, first=st.sampled_from(PLAIN), second=st.sampled_from(PLAIN))
def test_any_secret_is_masked_when_it_is_written_in_one_way_inside_another(secret, first, second):
    assert not shows(masked(WAYS[second](WAYS[first](secret)), SecretStr(secret)), secret)


@pytest.mark.parametrize("length", range(8, 24))
def test_a_secret_that_the_vendor_cut_is_masked_too(length):
    secret = "Swordfish-0123456789-abc"
    assert "Swordfi" not in masked(f"You sent key={secret[:length]}…", SecretStr(secret))


def test_a_credential_is_known_by_its_looks_even_if_it_is_none_of_ours():
    assert "AAAABBBB" not in masked("Authorization: Bearer AAAABBBBCCCCDDDDEEEE was refused")
    assert "c2lnbmF0" not in masked("assertion=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrZXkifQ.c2lnbmF0dXJl")
    assert masked("Basic authentication is switched off") == "Basic authentication is switched off"


def test_words_stay_as_they_are_and_are_bounded():
    assert masked("phone is not valid:\n 12  34", SecretStr("Welcome+2/Acme=")) == "phone is not valid: 12 34"
    began = time.perf_counter()
    assert len(masked("Welcome+2" * 1_000_000, SecretStr("Welcome+2/Acme="))) == LONGEST_QUOTE
    assert time.perf_counter() - began < 2


def test_a_code_is_a_code_or_nothing():
    assert code_of("email_taken") == "email_taken"
    for text in ("two words", "<b>", "", None, 7, "x" * 100, "key=Swordfish-1", "Swordfish-1"):
        assert code_of(text, SecretStr("Swordfish-1")) == ""


def test_an_error_leaves_without_secrets_and_without_the_error_below_it():
    secret = SecretStr("Welcome+2/Acme=")
    details = {"holder": {"userId": "Welcome+2/Acme=", "ids": ["Welcome%2B2%2FAcme%3D"]}, "count": 3}

    def refuse():
        with no_secrets(secret):
            try:
                json.loads("Welcome+2/Acme=")
            except ValueError:
                fields = {"password": "Welcome%2B2%2FAcme%3D"}
                raise VendorRefused(
                    "LMS", "Welcome+2/Acme=", code="Welcome+2/Acme=", fields=fields, details=details
                ) from None

    with pytest.raises(VendorRefused) as caught:
        refuse()
    assert not shows(everything_of(caught.value), secret.get_secret_value())
    assert str(caught.value) == "LMS: ***"
    assert caught.value.details == {"holder": {"userId": "***", "ids": ["***"]}, "count": 3}
