"""The page of an account: everything that was done for it, the newest first, by the org's clock (D-11)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from blocks.lms.block import Lms
from blocks.policy.block import Policy
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from rules.common.local_time import local_time
from rules.onboarding.write_back import COMPANY_ID, RECURLY_BILLING_URL
from tasks.core.artifacts import keep_page
from tasks.core.connections import connection
from tasks.templates import link, render

Row = Mapping[str, Any]
"""A line of the audit, as it is kept."""
MOST_LINES = 300
"""Lines of the page; the account's data has more."""


class Deed(NamedTuple):
    """What one run did for the account on one day."""

    at: str
    title: str
    url: str
    by: str
    lines: tuple[Row, ...]


def account_page_key(account_id: str) -> str:
    """The key of the account's page."""
    return f"account-page-{account_id.lower()}"
