"""The stand-in Slack: one workspace, in which one bot speaks."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import seeds
from sandbox.errors import Refused
from sandbox.slack.app import App
from sandbox.slack.arguments import Arguments
from sandbox.slack.events import Events
from sandbox.slack.files import Files
from sandbox.slack.messages import Messages
from sandbox.slack.pages import SlackPages
from sandbox.slack.responses import Responses
from sandbox.slack.store import BOT, BOT_ID, TEAM, Workspace
from sandbox.slack.views import Views
from sandbox.state import SandboxState, effect

_SCOPES: Final = (
    "chat:write,chat:write.public,channels:history,channels:read,groups:read,im:write,im:history,"
    "users:read,users:read.email,files:read,files:write,metadata.message:read,commands"
)
_BOT_USER: Final = {"id": BOT, "team_id": TEAM, "name": "lifecycle", "real_name": "Lifecycle", "is_bot": True}
_LONGEST_PAGE: Final = 1000
_MOST_PEOPLE: Final = 8

Call = Callable[[Request, Arguments], dict[str, Any]]


class SlackSystem:
    """The Web API methods that the product uses, and the people who can be spoken to."""

    name = "slack"

    def __init__(self, sandbox: SandboxState) -> None:
        self._sandbox = sandbox
        self._workspace = Workspace()
        self._events = Events(sandbox, App(sandbox, self._workspace))
        messages, files = Messages(sandbox, self._workspace), Files(sandbox, self._workspace, self._events)
        views = Views(sandbox, self._workspace)
        self._methods: dict[str, Call] = {
            "auth.test": self._auth_test,
            "chat.postMessage": messages.post,
            "chat.update": messages.update,
            "chat.delete": messages.delete,
            "chat.getPermalink": messages.permalink,
            "conversations.history": messages.history,
            "conversations.replies": messages.replies,
            "conversations.list": self._list_channels,
            "conversations.info": self._channel_info,
            "conversations.open": self._open,
            "conversations.archive": self._archive,
            "conversations.leave": self._leave,
            "users.lookupByEmail": self._lookup,
            "users.info": self._user_info,
            "files.getUploadURLExternal": files.address,
            "files.completeUploadExternal": files.share,
            "files.info": files.info,
            "views.open": views.open,
        }
        self.routes = [
            Route("/api/upload/{file}", files.receive, methods=["POST"]),
            Route("/api/{method}", self._call, methods=["GET", "POST"]),
            Route("/files-pri/{file}/download/{name}", files.download),
            Route("/response/{token}", Responses(sandbox, self._workspace).answer, methods=["POST"]),
        ]
        self.pages = SlackPages(sandbox, self._workspace, views, files).routes

    def reset(self) -> None:
        """Forget everything."""
        self._events.stop()
        self._workspace.reset()

    def state(self) -> dict[str, Any]:
        """Channels with every message, members, files, the forms that are shown."""
        channels = [asdict(channel) for channel in self._workspace.channels.values()]
        return {
            "channels": channels,
            "members": list(self._workspace.members.values()),
            "files": list(self._workspace.files.values()),
            "views": [asdict(view) for view in self._workspace.views.values()],
        }

    def seed(self, records: dict[str, Any]) -> dict[str, Any]:
        """Add `members` (email, name, deleted) and `channels` (name, is_member, is_archived)."""
        seeds.check_kinds(self.name, records, ("members", "channels"))
        members = seeds.rows(self.name, "members", records, ("email", "name", "deleted"))
        channels = seeds.rows(self.name, "channels", records, ("name", "is_member", "is_archived"))
        try:
            return {
                "members": [self.add_member(**one) for one in members],
                "channels": [self._workspace.add_channel(**one).id for one in channels],
            }
        except TypeError as error:
            raise ValueError(f"slack: {error}") from None

    def add_member(self, email: str, name: str, *, deleted: bool = False) -> str:
        """Let a person into the workspace, and answer the member's id; a deleted one has left."""
        return self._workspace.add_member(email, name, deleted=deleted)

    async def _call(self, request: Request) -> Response:
        """Call a Web API method for the bearer of the token."""
        given = await Arguments.of(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not token or scheme.lower() != "bearer":
            raise Refused(200, "not_authed", "no token")
        if token != self._sandbox.credentials.slack_token:
            raise Refused(200, "invalid_auth", "wrong token")
        call = self._methods.get(request.path_params["method"])
        if call is None:
            raise Refused(200, "unknown_method", "no such method")
        return JSONResponse({"ok": True, **call(request, given)}, headers={"X-OAuth-Scopes": _SCOPES})

    def _auth_test(self, _request: Request, _given: Arguments) -> dict[str, Any]:
        bot = {"user": "lifecycle", "user_id": BOT, "bot_id": BOT_ID}
        return {"url": "https://sandbox.slack.example/", "team": "Sandbox", "team_id": TEAM, **bot}

    def _list_channels(self, _request: Request, given: Arguments) -> dict[str, Any]:
        kinds = given.text("types", "public_channel").split(",")
        found = [
            channel.view()
            for channel in self._workspace.channels.values()
            if ("im" if channel.is_im else "public_channel") in kinds
            and not (channel.is_archived and given.flag("exclude_archived"))
        ]
        limit, start = given.number("limit", 100, _LONGEST_PAGE), given.text("cursor", "0") or "0"
        if not start.isdecimal():
            raise Refused(200, "invalid_cursor", "the cursor is not one of ours")
        end = int(start) + limit
        following = str(end) if len(found) > end else ""
        return {"channels": found[int(start) : end], "response_metadata": {"next_cursor": following}}

    def _channel_info(self, _request: Request, given: Arguments) -> dict[str, Any]:
        return {"channel": self._workspace.channel(given.needed("channel", "channel_not_found")).view()}

    def _archive(self, request: Request, given: Arguments) -> dict[str, Any]:
        """Archive a channel, as a person may who cleans up."""
        channel = self._workspace.channel(given.needed("channel", "channel_not_found"))
        if channel.is_archived:
            raise Refused(200, "already_archived", "the channel is archived")
        channel.is_archived = True
        effect(request)
        return {}

    def _leave(self, request: Request, given: Arguments) -> dict[str, Any]:
        """Take the bot out of a channel."""
        channel = self._workspace.channel(given.needed("channel", "channel_not_found"))
        left, channel.is_member = channel.is_member, False
        if not left:
            return {"not_in_channel": True}
        effect(request)
        return {}

    def _open(self, request: Request, given: Arguments) -> dict[str, Any]:
        users = tuple(sorted(filter(None, given.text("users").split(","))))
        if not users:
            raise Refused(200, "users_list_not_supplied", "no users")
        if len(users) > _MOST_PEOPLE:
            raise Refused(200, "too_many_users", f"more than {_MOST_PEOPLE}")
        if set(users) - set(self._workspace.members):
            raise Refused(200, "user_not_found", "no such user")
        if any(self._workspace.members[user]["deleted"] for user in users):
            raise Refused(200, "user_disabled", "the user has left")
        channel, new = self._workspace.direct(users)
        if new:
            effect(request)
        return {"channel": {"id": channel.id}, "already_open": not new}

    def _lookup(self, _request: Request, given: Arguments) -> dict[str, Any]:
        member = self._workspace.member_by_email(given.needed("email", "users_not_found"))
        if member is None:
            raise Refused(200, "users_not_found", "no such user")
        return {"user": member}

    def _user_info(self, _request: Request, given: Arguments) -> dict[str, Any]:
        user_id = given.needed("user", "user_not_found")
        found = _BOT_USER if user_id == BOT else self._workspace.members.get(user_id)
        if found is None:
            raise Refused(200, "user_not_found", "no such user")
        return {"user": found}
