"""What the workspace keeps: members, channels with their messages, files."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Final, NamedTuple

from sandbox.errors import Refused
from sandbox.slack.triggers import Triggers

BOT: Final = "U0000000BOT"
BOT_ID: Final = "B0000000BOT"
TEAM: Final = "T0000000001"
APP: Final = "A0000000001"

Message = dict[str, Any]
File = dict[str, Any]


@dataclass
class Channel:
    """A channel or a direct conversation.

    Attributes:
        messages: what everybody sees, oldest first.
        ephemeral: what one member alone sees, oldest first.
    """

    id: str
    name: str
    is_im: bool = False
    is_member: bool = True
    is_archived: bool = False
    users: tuple[str, ...] = ()
    messages: list[Message] = field(default_factory=list)
    ephemeral: list[Message] = field(default_factory=list)

    def message(self, ts: str) -> Message | None:
        """The message of that ts."""
        return next((one for one in self.messages if one["ts"] == ts), None)

    def thread(self, ts: str) -> list[Message]:
        """The parent of that ts, then its replies."""
        return [one for one in self.messages if ts in (one["ts"], one["thread_ts"])]

    def view(self) -> dict[str, Any]:
        """The channel as Slack describes it."""
        described: dict[str, Any] = {
            "id": self.id,
            "is_im": self.is_im,
            "is_channel": not self.is_im,
            "is_private": self.is_im,
            "is_archived": self.is_archived,
        }
        if self.is_im:
            return {**described, "user": ",".join(self.users)}
        return {**described, "name": self.name, "name_normalized": self.name, "is_member": self.is_member}


@dataclass
class ResponseUrl:
    """What a `response_url` stands for: an answer to the member who pressed a button of a message.

    Attributes:
        since: when the button was pressed.
        used: how often the address was posted to.
    """

    channel: Channel
    message: Message
    user: str
    since: datetime
    used: int = 0


class Pressed(NamedTuple):
    """One member's press of one button."""

    channel: str
    ts: str
    action_id: str
    user: str


@dataclass
class View:
    """A form that the app shows to a member.

    Attributes:
        content: as the app gave it.
        values: what was entered when it was last sent, by block and action.
        errors: what was found wrong with that, by block.
        trouble: what the member is told of the whole form.
        revision: grows whenever what is shown changes.
    """

    id: str
    user: str
    content: dict[str, Any]
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str = ""
    revision: int = 0


class Workspace:
    """Members by id and address, channels by id, uploaded files by id.

    Attributes:
        contents: the bytes of a file, by its id.
        responses: by the token in their address.
        warnings: what a member was told of a press that no app took, until the next press.
        triggers: what forms are opened with.
        views: the form that is shown to a member, by the member's id.
        shortcut_warnings: what a member was told of a shortcut that no app took, by the member's id.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything; two channels are there from the beginning, and the bot is in both."""
        self.channels: dict[str, Channel] = {}
        self.members: dict[str, dict[str, Any]] = {}
        self.files: dict[str, File] = {}
        self.contents: dict[str, bytes] = {}
        self.responses: dict[str, ResponseUrl] = {}
        self.warnings: dict[Pressed, str] = {}
        self.triggers = Triggers()
        self.views: dict[str, View] = {}
        self.shortcut_warnings: dict[str, str] = {}
        self._by_email: dict[str, dict[str, Any]] = {}
        self._numbers = count(1)
        self._last_ts = 0
        for name in ("sales", "cs-operations"):
            self.add_channel(name)

    def add_channel(self, name: str, *, is_member: bool = True, is_archived: bool = False) -> Channel:
        """Make a public channel, or answer the one of that name."""
        existing = self.named(name)
        if existing is not None:
            return existing
        channel = Channel(f"C{next(self._numbers):010}", name, is_member=is_member, is_archived=is_archived)
        self.channels[channel.id] = channel
        return channel

    def add_member(self, email: str, name: str, *, deleted: bool = False) -> str:
        """Let a person in, and answer the id; an address is let in once. A deleted member has left."""
        known = self._by_email.get(email.lower())
        if known is not None:
            known["deleted"] = deleted
            return str(known["id"])
        profile = {"email": email, "real_name": name, "display_name": name}
        handle = email.partition("@")[0].lower()
        member: dict[str, Any] = {
            "id": f"U{next(self._numbers):010}",
            "team_id": TEAM,
            "name": handle,
            "real_name": name,
            "deleted": deleted,
            "is_bot": False,
            "profile": profile,
        }
        self.members[member["id"]] = self._by_email[email.lower()] = member
        return str(member["id"])

    def member_by_email(self, email: str) -> dict[str, Any] | None:
        """The member of this address, unless the person has left; case makes no difference."""
        member = self._by_email.get(email.lower())
        return None if member is None or member["deleted"] else member

    def named(self, name: str) -> Channel | None:
        """The public channel of this name, with or without its hash sign."""
        wanted = name.removeprefix("#")
        return next((one for one in self.channels.values() if one.name == wanted and not one.is_im), None)

    def channel(self, channel_id: str) -> Channel:
        """The channel of this id, or Slack's refusal."""
        if channel_id not in self.channels:
            raise Refused(200, "channel_not_found", "no such channel")
        return self.channels[channel_id]

    def direct(self, users: tuple[str, ...]) -> tuple[Channel, bool]:
        """The direct conversation with these members, and whether it is new."""
        for channel in self.channels.values():
            if channel.is_im and channel.users == users:
                return channel, False
        channel = Channel(f"D{next(self._numbers):010}", "", is_im=True, users=users)
        self.channels[channel.id] = channel
        return channel, True

    def post(self, channel: Channel, now: datetime, content: Message, thread_ts: str | None) -> Message:
        """Let the bot, or the member that the content names, say something in a channel, or in a thread of it."""
        message = {
            "ts": self.next_ts(now),
            "thread_ts": thread_ts,
            "user": BOT,
            "text": "",
            "blocks": [],
            "metadata": None,
            **content,
        }
        channel.messages.append(message)
        return message

    def edit(self, message: Message, now: datetime, content: Message) -> bool:
        """Give a message other content, in which blocks that are not named are gone; whether anything changed."""
        content = {"blocks": [], **content}
        if all(message[name] == value for name, value in content.items()):
            return False
        message.update(content)
        message["edited"] = {"user": BOT, "ts": self.next_ts(now)}
        return True

    def new_id(self, kind: str) -> str:
        """An unused id: the kind's letter and digits."""
        return f"{kind}{next(self._numbers):010}"

    def next_ts(self, now: datetime) -> str:
        """A ts that no message has and that is later than every other."""
        self._last_ts = max(int(now.timestamp() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06}"
