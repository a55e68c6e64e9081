"""Kinds of values that people enter in blocks. A wrong value is refused with an example of a correct one."""

import re
from datetime import time
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_MEMBER = re.compile(r"[UW][A-Z0-9]{2,20}")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(:00)?")


def _email(typed: str) -> str:
    # No stricter check: in a sandbox org, the users' addresses end in .invalid.
    text = typed.strip()
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{typed!r} is not an e-mail address: write it like ana@example.com")
    return text


def _optional_email(typed: object) -> str:
    # None: a block that was stored before the field became plain text.
    return _email(str(typed)) if typed not in (None, "") else ""


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name.strip())
    except (ValueError, OSError, KeyError):
        raise ValueError(f"{name!r} is not a time zone: use a name like America/New_York or Europe/London") from None
    return name.strip()


def _channel(name: str) -> str:
    text = name.strip()
    is_name = text.startswith("#") and " " not in text and len(text) > 1
    is_id = text[:1] in ("C", "G") and text.isalnum() and text.isupper()
    if not (is_name or is_id):
        raise ValueError(f"{name!r} is not a Slack channel: write #name, or the channel's id")
    return text


def _member(typed: str) -> str:
    text = typed.strip()
    if not _MEMBER.fullmatch(text):
        raise ValueError(f"{typed!r} is not a Slack member id: copy it from the profile in Slack, like U012AB3CD")
    return text


def _time_of_day(typed: object) -> time:
    clock = _CLOCK.fullmatch(str(typed).strip())
    if clock is None:
        raise ValueError(f"{str(typed)!r} is not a time of the day: write it like 09:00 or 17:30")
    return time(int(clock[1]), int(clock[2]))


_ACRONYMS = {"mrr": "MRR", "csm": "CSM", "cs": "CS", "lms": "LMS", "url": "URL"}


def form_title(name: str, _: object) -> str:
    """The title of a field in the dashboard's form: `from_mrr` → "From MRR". For a model's configuration."""
    words = " ".join(_ACRONYMS.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:]


Channel = Annotated[str, AfterValidator(_channel)]
Email = Annotated[str, AfterValidator(_email)]
OptionalEmail = Annotated[str, BeforeValidator(_optional_email)]
"""An address, or "": a field that may be None shows a choice of types in the dashboard's form."""
SlackMember = Annotated[str, AfterValidator(_member)]
Seconds = Annotated[float, Field(gt=0, le=600, description="Seconds to wait for one answer.", title="Timeout")]
"""How long a client waits for one answer."""
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
