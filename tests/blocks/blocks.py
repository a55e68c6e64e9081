"""The blocks under test, at whatever address; their secrets are words that must never be seen again."""

from typing import Any

from blocks.lms.block import Lms
from blocks.mail.block import MailServer
from blocks.outreach.block import OutreachApp
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from blocks.slack.block import SlackWorkspace

SECRETS = (
    "sf-key-swordfish",
    "sf-secret-swordfish",
    "lms-key-swordfish",
    "password-swordfish",
    "recurly-key-swordfish",
    "xoxb-swordfish",
    "signing-swordfish",
    "00D!token-swordfish",
)
MAIL_PASSWORD = "mail-swordfish"
OUTREACH_SECRET, OUTREACH_TOKEN = "outreach-swordfish", "refresh-swordfish"
ORG_ID, REPORT_ID = "00D000000000001EAA", "00O000000000001EAA"
OPPORTUNITY, ACCOUNT = "006000000000001AAA", "001000000000001AAA"


def salesforce(url: str | None, **changes: Any) -> SalesforceOrg:
    fields = {
        "my_domain": "acme.my",
        "organization_id": ORG_ID,
        "consumer_key": SECRETS[0],
        "consumer_secret": SECRETS[1],
        "onboarding_report_id": REPORT_ID,
        "base_url": url,
    }
    return SalesforceOrg(**{**fields, **changes})


def lms(url: str, **changes: Any) -> Lms:
    return Lms(**{"base_url": url, "api_key": SECRETS[2], "default_password": SECRETS[3], **changes})


def recurly(url: str | None, **changes: Any) -> RecurlySite:
    return RecurlySite(**{"subdomain": "acme", "api_key": SECRETS[4], "base_url": url, **changes})


def slack(url: str, **changes: Any) -> SlackWorkspace:
    return SlackWorkspace(**{"token": SECRETS[5], "signing_secret": SECRETS[6], "base_url": url, **changes})


def mail(host: str, port: int, **changes: Any) -> MailServer:
    fields = {
        "host": host,
        "port": port,
        "encryption": "none",
        "username": "robot",
        "password": MAIL_PASSWORD,
        "sender_name": "CS Operations",
        "sender_address": "cs@seller.example",
        "timeout_seconds": 5,
    }
    return MailServer(**{**fields, **changes})


def outreach(url: str, **changes: Any) -> OutreachApp:
    fields = {
        "client_id": "our app",
        "client_secret": OUTREACH_SECRET,
        "redirect_uri": "https://localhost/",
        "refresh_token": OUTREACH_TOKEN,
        "base_url": url,
        "token_url": f"{url}/token",
    }
    return OutreachApp(**{**fields, **changes})
