"""Which failed runs a person wants to retry, as entered in a form or on the command line."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rules.common.run_ids import run_ids_in
from rules.questions.failure_classes import SLUGS, VENDORS
from rules.questions.failures import FailedRun

_AGO: Final = re.compile(r"(\d{1,5})\s*([mhd])", re.IGNORECASE)
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class BadRetryRequest(ValueError):
    """Raised when an entry names no runs; the message says what to enter instead."""


@dataclass(frozen=True)
class RetryRequest:
    """The runs that a person wants to retry: either named, or all of a class.

    Attributes:
        run_ids: Prefect's; empty when a class is given.
        slug: of the class; "" when runs are named.
        vendor: the vendor that the failures blame; "" for any or none.
        since: failures before this moment are left (UTC); None for any age.
    """

    run_ids: tuple[str, ...]
    slug: str
    vendor: str
    since: datetime | None

    @property
    def title(self) -> str:
        """What is retried, in a few words."""
        what = ", ".join(filter(None, (self.slug, self.vendor)))
        return f"Retry failed runs: {what}" if what else "Retry failed runs"


def parse_request(runs: str, slug: str, vendor: str, since: str, now: datetime) -> RetryRequest:
    """Return the request.

    Args:
        runs: ids or links of runs, separated by spaces or lines.
        slug: a class, in any case.
        vendor: in any case.
        since: `30m`, `2h`, `3d`, or an ISO date or time with an offset.
        now: aware, in the org's time zone, in which a date or a time without offset is read.

    Raises:
        BadRetryRequest: an entry cannot be read, or neither runs nor a class are given, or both.
    """
    ids = _run_ids(runs)
    slug, vendor = slug.strip().lower(), vendor.strip()
    if bool(ids) == bool(slug):
        raise BadRetryRequest(f"Enter either runs or a class of failures. The classes are: {', '.join(SLUGS)}.")
    if slug and slug not in SLUGS:
        raise BadRetryRequest(f"There is no class {slug}. The classes are: {', '.join(SLUGS)}.")
    known = {name.lower(): name for name in VENDORS}
    if vendor and vendor.lower() not in known:
        raise BadRetryRequest(f"{vendor} is no vendor. The vendors are: {', '.join(VENDORS)}.")
    return RetryRequest(ids, slug, known.get(vendor.lower(), ""), _moment(since.strip(), now))


def _run_ids(text: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for word in filter(None, re.split(r"[\s,;]+", text)):
        ids = run_ids_in(word)
        if not ids:
            raise BadRetryRequest(f"{word} is not a run. Enter the link of its page, or the id in that link.")
        found[ids[0]] = None
    return tuple(found)


def _moment(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    if ago := _AGO.fullmatch(text):
        return now - int(ago[1]) * _UNITS[ago[2].lower()]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRetryRequest(f"{text} is no time. Write it like 30m, 2h, 3d or 2027-03-31T14:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def chosen(failures: Iterable[FailedRun], request: RetryRequest) -> list[FailedRun]:
    """Return the failures of the requested class, the oldest first."""
    of_class = (run for run in failures if run.kind.slug == request.slug)
    of_vendor = (run for run in of_class if not request.vendor or run.vendor == request.vendor)
    since = request.since
    return sorted((run for run in of_vendor if since is None or run.since >= since), key=lambda run: run.since)


def why_left(run: FailedRun) -> str:
    """Return why a failed run is not retried, or ""."""
    return "" if run.kind.retryable else f"Retry does not help. {run.kind.remedy}"
