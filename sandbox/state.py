"""What the stand-ins share: credentials, the day, the journal, the org's habits, the mail that was sent."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, Final, Literal, NamedTuple, Protocol, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.routing import Route

from sandbox.faults import Faults
from sandbox.journal import Journal

SOON: Final = 0.05
"""Seconds until an automation that comes soon has acted."""
LATE: Final = 8.0
"""Seconds until an automation that comes late has acted."""

RecurlyScenario = Literal["soon", "late", "never", "by_name", "twice"]


@dataclass(frozen=True)
class Credentials:
    """What the stand-ins accept. The defaults are fixed and public: they open nothing but a sandbox."""

    salesforce_consumer_key: str
    salesforce_consumer_secret: str
    salesforce_username: str
    organization_id: str
    lms_api_key: str
    recurly_api_key: str
    slack_token: str
    slack_signing_secret: str
    outreach_client_id: str
    outreach_client_secret: str
    outreach_refresh_token: str
    smtp_user: str
    smtp_password: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Take each value from `SANDBOX_<NAME>`, otherwise its default."""
        defaults = {
            "organization_id": "00D000000000001EAA",
            "salesforce_username": "integration@sandbox.example",
            "slack_token": "xoxb-sandbox-bot",
            # Without a user the mail server asks for no login.
            "smtp_user": "",
            "smtp_password": "",
        }
        names = [field.name for field in fields(cls)]
        return cls(
            **{
                name: environ.get(f"SANDBOX_{name.upper()}", defaults.get(name, f"sandbox-{name.replace('_', '-')}"))
                for name in names
            }
        )

    def secrets(self) -> tuple[str, ...]:
        """The values that must never be written down."""
        public = {
            "organization_id",
            "salesforce_username",
            "salesforce_consumer_key",
            "outreach_client_id",
            "smtp_user",
        }
        values = (getattr(self, field.name) for field in fields(self) if field.name not in public)
        return tuple(value for value in values if value)


class Clock:
    """The stand-ins' date: the real one in the organization's time zone until another is set."""

    def __init__(self, zone: str = "America/New_York") -> None:
        self.zone: Final = ZoneInfo(zone)
        self._day: date | None = None

    def set(self, day: date | None) -> None:
        """Make it `day` from now on; None goes back to the real date."""
        self._day = day

    def today(self) -> date:
        """The date in the organization's time zone."""
        return self._day or datetime.now(self.zone).date()

    def now(self) -> datetime:
        """The instant in UTC: today's date with the real time of day of the organization."""
        local = datetime.now(self.zone)
        return datetime.combine(self.today(), local.timetz()).astimezone(UTC)


class Behaviour(BaseModel):
    """How the org's own automations act from now on.

    Attributes:
        recurly_account: the Recurly account after a sign-up; `by_name`: under another code but the same
            company name, `twice`: two of these.
        onboarding_record: the Customer Onboarding record after the three (NEW) fields are set.
        clears: a field that an automation of the org empties whenever it was filled: `Account.CS_Status__c`.
        outbound_messages: how the outbound messages are delivered.
        report_omits: opportunities that the Onboarding Report leaves out.
        outbound_url: where the outbound messages go; None keeps them waiting.
        interactions_url: where Slack sends pressed buttons; None: nothing listens.
        events_url: where Slack sends the events of its channels; None: nothing listens.
        outreach_token_seconds: for so long after a login to Outreach the next one is refused.
        outreach_access_seconds: how long an access token of Outreach lives, from the next login on.
        outreach_refresh_seconds: the same of a refresh token; usually 14 days.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    recurly_account: RecurlyScenario = "soon"
    onboarding_record: Literal["soon", "late", "never"] = "soon"
    clears: str = ""
    outbound_messages: Literal["on", "off", "duplicate", "shuffle"] = "on"
    report_omits: list[str] = []
    outbound_url: str | None = None
    interactions_url: str | None = None
    events_url: str | None = None
    outreach_token_seconds: float = 60
    outreach_access_seconds: float = 7200
    outreach_refresh_seconds: float = 14 * 86_400


class Attachment(NamedTuple):
    """A file of a mail."""

    name: str
    kind: str
    content: bytes


class System(Protocol):
    """A stand-in of one outside system."""

    name: str
    routes: list[Route]

    def reset(self) -> None:
        """Forget everything."""

    def state(self) -> dict[str, Any]:
        """The whole state as JSON, without secrets."""

    def seed(self, records: dict[str, Any]) -> dict[str, Any]:
        """Put records there and answer with their ids; ValueError says what is wrong with them."""


class SandboxState:
    """Everything the stand-ins share; one per process.

    Attributes:
        mails: every mail that reached a person: to, from, subject, kind, at, body; what came by SMTP also has
            message_id, calendar, attachments, and its number in the journal, n.
        undelivered: the same of mails to addresses that nobody has.
        recurly_scenarios: by Salesforce account id, before `behaviour.recurly_account` is asked.
        attachments: the files of each mail that came by SMTP, by its n.
        latencies: seconds added to each answer, by system.
        seed: what the generated world is made from.
        skipped_ids: by so many numbers the ids of Salesforce's records lie behind those of a first world.
        dashboard_url: where Prefect's dashboard is; None: this sandbox has none.
    """

    def __init__(
        self,
        credentials: Credentials,
        outbound_url: str | None = None,
        interactions_url: str | None = None,
        events_url: str | None = None,
        dashboard_url: str | None = None,
    ) -> None:
        self.dashboard_url: Final = dashboard_url
        self.credentials: Final = credentials
        self.clock: Final = Clock()
        self.journal: Final = Journal(credentials.secrets())
        self.faults: Final = Faults()
        self.systems: Final[dict[str, System]] = {}
        self.mails: Final[list[dict[str, Any]]] = []
        self.undelivered: Final[list[dict[str, Any]]] = []
        self.attachments: Final[dict[int, list[Attachment]]] = {}
        self.latencies: Final[dict[str, float]] = {}
        self.recurly_scenarios: Final[dict[str, RecurlyScenario]] = {}
        self.seed, self.skipped_ids = 7, 0
        self._usual: Final = Behaviour(
            outbound_url=outbound_url, interactions_url=interactions_url, events_url=events_url
        )
        self._pending: Final[set[asyncio.TimerHandle]] = set()
        self.behaviour = self._usual.model_copy(deep=True)

    def add(self, *systems: System) -> None:
        """Let the systems move in."""
        self.systems.update({system.name: system for system in systems})

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Run the action on the event loop after a delay, unless the sandbox is reset before."""

        def act() -> None:
            self._pending.discard(handle)
            action()

        handle = asyncio.get_running_loop().call_later(seconds, act)
        self._pending.add(handle)

    def mail(
        self, *, to: str, sender: str, subject: str, kind: str, body: str, delivered: bool = True, **details: Any
    ) -> None:
        """Note a mail that reached a person, or was sent and did not."""
        at = self.clock.now().isoformat(timespec="seconds")
        mail = {"to": to, "from": sender, "subject": subject, "kind": kind, "at": at, "body": body, **details}
        (self.mails if delivered else self.undelivered).append(mail)

    def reset(self, seed: int) -> None:
        """Forget everything, in the sandbox and in every system; what was to come later does not come."""
        for handle in self._pending:
            handle.cancel()
        self._pending.clear()
        self.seed = seed
        self.clock.set(None)
        self.behaviour = self._usual.model_copy(deep=True)
        self.faults.clear()
        for kept in (self.mails, self.undelivered, self.attachments, self.latencies, self.recurly_scenarios):
            kept.clear()
        for system in self.systems.values():
            system.reset()
        self.journal.clear()


def effect(request: Request) -> None:
    """Note in the journal that this request changed something."""
    request.scope["sandbox.entry"]["effect"] = True
