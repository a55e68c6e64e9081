"""The vendor's own client, pointed at a sandbox."""

from typing import Any
from urllib.parse import urlparse

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceError

from tests.support.sandbox import SandboxProcess


class Redirect(HTTPAdapter):
    """simple-salesforce insists on https and on Salesforce's login hosts; this sends its requests to `base`."""

    def __init__(self, base: str) -> None:
        self.base = urlparse(base)
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = urlparse(request.url)._replace(scheme=self.base.scheme, netloc=self.base.netloc).geturl()
        return super().send(request, *args, **kwargs)


def redirected(sandbox: SandboxProcess) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Redirect(sandbox.url))
    return session


def connect(sandbox: SandboxProcess) -> Salesforce:
    return Salesforce(
        session=redirected(sandbox),
        domain="acme.my",
        consumer_key=sandbox.credentials.salesforce_consumer_key,
        consumer_secret=sandbox.credentials.salesforce_consumer_secret,
    )


def refused(act, *args, **kwargs):
    """The first error of a refusal, with its status."""
    with pytest.raises(SalesforceError) as no:
        act(*args, **kwargs)
    return {"status": no.value.status, **no.value.content[0]}
