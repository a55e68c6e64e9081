"""Clients in every stand-in, read without Prefect."""

import pytest

from blocks.common.field_map import FieldMap
from blocks.lms.block import Lms
from blocks.recurly.block import RecurlySite
from rules.reconciliation.client_state import LMS, OUTREACH, RECURLY
from tasks.reconciliation.reading import Sources, Systems
from tasks.reconciliation.recurly_index import RecurlyIndex

EVERYWHERE = frozenset((LMS, RECURLY, OUTREACH))


@pytest.fixture
def lms_block(stand_in_process):
    return Lms(
        base_url=f"{stand_in_process.url}/lms",
        api_key=stand_in_process.credentials.lms_api_key,
        default_password="Default-Swordfish-1",
    )


@pytest.fixture
def recurly_site(stand_in_process):
    key, url = stand_in_process.credentials.recurly_api_key, f"{stand_in_process.url}/recurly"
    return RecurlySite(subdomain="acme", api_key=key, base_url=url)


@pytest.fixture
def systems(org, lms_block):
    return Systems(org.block, lms_block, FieldMap(), ())


@pytest.fixture
def nothing():
    """Sources with no account and no sequence."""
    return Sources(RecurlyIndex([]), {})
