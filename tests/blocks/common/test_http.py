from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from blocks.common.http import retry_after, vendor_url
from blocks.common.masking import masked

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"Retry-After": "Fri, 02 Jan 2026 03:04:35 GMT"}, 30.0),
        ({"Retry-After": "Fri, 02 Jan 2026 03:04:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers, seconds):
    assert retry_after(headers, NOW) == seconds


@given(st.text())
def test_any_retry_after_is_a_wait_or_nothing(text):
    seconds = retry_after({"Retry-After": text}, NOW)
    assert seconds is None or seconds >= 0


@given(st.text())
def test_any_text_is_a_checked_address_or_a_value_error(text):
    with suppress(ValueError):
        assert vendor_url(text).startswith(("https://", "http://"))


def test_an_address_with_credentials_is_refused_without_quoting_them():
    with pytest.raises(ValueError, match="without user") as caught:
        vendor_url("https://user:swordfish@lms.example.com")
    assert "swordfish" not in str(caught.value)


def test_an_address_loses_its_last_slash():
    assert vendor_url(" https://lms.example.com/v1/ ") == "https://lms.example.com/v1"


def test_an_echoed_secret_is_masked():
    assert masked("bad password\n swordfish!", SecretStr("swordfish"), None) == "bad password ***!"
    assert len(masked("x" * 1000)) == 300
