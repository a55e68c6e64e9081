"""The credentials of a sandbox stack: created once per stack folder, for the sandbox, the blocks and the receiver."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deployments.stack.private import make_private

ORGANIZATION_ID = "00D000000000001EAA"


@dataclass(frozen=True)
class SandboxCredentials:
    """The credentials that the sandbox and the receiver of one stack accept. They are no secrets."""

    salesforce_consumer_key: str
    salesforce_consumer_secret: str
    lms_api_key: str
    lms_default_password: str
    recurly_api_key: str
    slack_token: str
    slack_signing_secret: str
    outreach_client_id: str
    outreach_client_secret: str
    outreach_refresh_token: str
    receiver_token: str
    receiver_bearer: str

    def for_sandbox(self) -> dict[str, str]:
        """The environment of the sandbox's process."""
        known = {key: value for key, value in asdict(self).items() if not key.startswith(("receiver", "lms_default"))}
        return {f"SANDBOX_{key.upper()}": value for key, value in known.items()} | {
            "SANDBOX_ORGANIZATION_ID": ORGANIZATION_ID
        }

    def for_receiver(self) -> dict[str, str]:
        """The environment of the receiver's process."""
        return {
            "RECEIVER_TOKEN": self.receiver_token,
            "RECEIVER_BEARER": self.receiver_bearer,
            "RECEIVER_ORGANIZATION_ID": ORGANIZATION_ID,
        }

    def as_printed(self) -> dict[str, dict[str, Any]]:
        """The credentials in the shape that `lifecycle up --json` prints."""
        return {
            "salesforce": {
                "consumer_key": self.salesforce_consumer_key,
                "consumer_secret": self.salesforce_consumer_secret,
                "organization_id": ORGANIZATION_ID,
            },
            "lms": {"api_key": self.lms_api_key},
            "recurly": {"api_key": self.recurly_api_key},
            "slack": {"token": self.slack_token, "signing_secret": self.slack_signing_secret},
            "outreach": {
                "client_id": self.outreach_client_id,
                "client_secret": self.outreach_client_secret,
                "refresh_token": self.outreach_refresh_token,
            },
            "receiver": {"token": self.receiver_token, "bearer": self.receiver_bearer},
        }


def credentials_of(folder: Path) -> SandboxCredentials:
    """The credentials in the stack's folder; missing ones are created at its start."""
    file = folder / "sandbox-credentials.json"
    kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    names = SandboxCredentials.__dataclass_fields__
    new = {name: f"{_PREFIX.get(name, '')}{secrets.token_hex(16)}" for name in names if name not in kept}
    credentials = SandboxCredentials(**{name: kept.get(name) or new[name] for name in names})
    if new:
        make_private(folder)
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(credentials), indent=1))
    return credentials


_PREFIX = {"slack_token": "xoxb-", "lms_default_password": "Welcome-"}
