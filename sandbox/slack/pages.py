"""The workspace as a person sees it in a browser, the press of a button, forms, and files."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.page import page
from sandbox.slack.app import NOBODY_LISTENS
from sandbox.slack.buttons import find_button
from sandbox.slack.files import LARGEST, Files, attachment
from sandbox.slack.forms import upload_form
from sandbox.slack.interactions import Interactions
from sandbox.slack.layout import Layout, whole_page
from sandbox.slack.modals import ENTERED, modal, shortcuts
from sandbox.slack.rendering import Viewer
from sandbox.slack.store import Channel, Message, View, Workspace
from sandbox.slack.views import SHORTCUTS, Views
from sandbox.state import SandboxState

_COOKIE: Final = "slack_member"
_SHOWN: Final = 200
"""Messages of a channel, with their threads, that are shown: the newest."""


class SlackPages:
    """The pages of one workspace. No log-in: it is a sandbox, and everybody may be anybody."""

    def __init__(self, sandbox: SandboxState, workspace: Workspace, views: Views, files: Files) -> None:
        self._sandbox = sandbox
        self._workspace = workspace
        self._views = views
        self._files = files
        self._interactions = Interactions(sandbox, workspace)
        self.routes = [
            Route("/slack", self.channel),
            Route("/slack/", self.channel),
            Route("/slack/channels/{channel}", self.channel),
            Route("/slack/press", self.press, methods=["POST"]),
            Route("/slack/shortcut", self.shortcut, methods=["POST"]),
            Route("/slack/submit", self.submit, methods=["POST"]),
            Route("/slack/close", self.close, methods=["POST"]),
            Route("/slack/upload", self.upload, methods=["POST"]),
            Route("/slack/files/{file}", self.file),
        ]

    async def channel(self, request: Request) -> Response:
        """Show a channel, the first one when none is named, to the member who was chosen."""
        first = next(iter(self._workspace.channels))
        channel = self._workspace.channels.get(request.path_params.get("channel", first))
        if channel is None:
            return page("Not there", "<p>The workspace has no such channel.</p>", 404)
        chosen = request.query_params.get("you")
        if chosen in self._people():
            answer = RedirectResponse(f"/slack/channels/{channel.id}", 303)
            answer.set_cookie(_COOKIE, str(chosen), path="/slack", samesite="lax")
            return answer
        return HTMLResponse(whole_page(self._layout(channel, request.cookies.get(_COOKIE, ""))))

    async def press(self, request: Request) -> Response:
        """Press a button: `channel`, `ts`, `action_id`, `user`. The page tells what came of it."""
        given = await request.form()
        asked = {name: str(given.get(name, "")) for name in ("channel", "ts", "action_id", "user")}
        channel = self._workspace.channels.get(asked["channel"])
        message = channel.message(asked["ts"]) if channel else None
        button = find_button(message, asked["action_id"]) if message else None
        if channel is None or message is None or button is None or asked["user"] not in self._people():
            return page("Not there", "<p>There is no such button any more, or no such member.</p>", 404)
        base_url = f"{request.base_url}slack"
        await self._interactions.press(base_url, channel, message, button, asked["user"])
        return RedirectResponse(f"/slack/channels/{channel.id}#m{message['ts']}", 303)

    async def shortcut(self, request: Request) -> Response:
        """Choose a shortcut: `callback_id`, `user`, and the `channel` one comes from."""
        given = await request.form()
        callback_id, user = str(given.get("callback_id", "")), str(given.get("user", ""))
        if callback_id not in SHORTCUTS or user not in self._people():
            return page("Not there", "<p>There is no such shortcut, or no such member.</p>", 404)
        await self._views.shortcut(callback_id, user)
        return _back(str(given.get("channel", "")))

    async def submit(self, request: Request) -> Response:
        """Send a form: `view`, and what was entered in each of its blocks."""
        given = {name: str(value) for name, value in (await request.form()).items()}
        view = self._view(given)
        if view is None:
            return page("Not there", "<p>The form is closed already.</p>", 404)
        entered = {name.removeprefix(ENTERED): text for name, text in given.items() if name.startswith(ENTERED)}
        await self._views.submit(view, entered)
        return _back(given.get("channel", ""))

    async def close(self, request: Request) -> Response:
        """Close a form: `view`."""
        given = {name: str(value) for name, value in (await request.form()).items()}
        view = self._view(given)
        if view is not None:
            self._views.close(view)
        return _back(given.get("channel", ""))

    async def upload(self, request: Request) -> Response:
        """Share a file: `channel`, `user`, `file`."""
        async with request.form(max_files=1) as given:
            channel = self._workspace.channels.get(str(given.get("channel", "")))
            user, file = str(given.get("user", "")), given.get("file")
            if channel is None or user not in self._people() or not isinstance(file, UploadFile):
                return page("Not there", "<p>There is no such channel or member, or no file.</p>", 404)
            content = await file.read(LARGEST + 1)
            if not self._files.take(f"{request.base_url}", channel, user, file.filename or "file", content):
                return page("Too large", f"<p>The file is empty, or has more than {LARGEST:,} bytes.</p>", 413)
        return RedirectResponse(f"/slack/channels/{channel.id}", 303)

    async def file(self, request: Request) -> Response:
        """Save a file."""
        file = self._workspace.files.get(request.path_params["file"])
        content = self._workspace.contents.get(request.path_params["file"])
        if file is None or content is None:
            return page("Not there", "<p>There is no such file.</p>", 404)
        return attachment(file, content)

    def _view(self, given: Mapping[str, str]) -> View | None:
        return next((one for one in self._workspace.views.values() if one.id == given.get("view")), None)

    def _people(self) -> dict[str, str]:
        """The names of those who are still there, by id, in their order."""
        present = [(one["real_name"], str(one["id"])) for one in self._workspace.members.values() if not one["deleted"]]
        return {user: name for name, user in sorted(present)}

    def _layout(self, channel: Channel, chosen: str) -> Layout:
        people = self._people()
        user = chosen if chosen in people else next(iter(people), "")
        talks = [one for one in self._workspace.channels.values() if not one.is_im or user in one.users]
        return Layout(
            title=self._title(channel),
            here=channel.id,
            channels={one.id: self._title(one) for one in talks},
            people=people,
            user=user,
            messages=self._messages(channel, user),
            upload=upload_form(channel.id, user),
            shortcuts=shortcuts(SHORTCUTS, user, channel.id, self._workspace.shortcut_warnings.get(user, "")),
            modal=modal(self._workspace.views.get(user), channel.id),
            notice="" if self._sandbox.behaviour.interactions_url else f"{NOBODY_LISTENS}: no interactions_url is set.",
        )

    def _title(self, channel: Channel) -> str:
        if not channel.is_im:
            return f"# {channel.name}"
        return ", ".join(str(self._workspace.members[user]["real_name"]) for user in channel.users)

    def _messages(self, channel: Channel, user: str) -> str:
        names = {one["id"]: f"@{one['real_name']}" for one in self._workspace.members.values()}
        names |= {one.id: f"#{one.name}" for one in self._workspace.channels.values() if not one.is_im}
        zone, warnings = self._sandbox.clock.zone, self._workspace.warnings
        viewer = Viewer(user, channel.id, zone, names, warnings)
        top, threads = _threads(channel, user)
        return "".join(viewer.message(one, threads[one["ts"]]) for one in top[-_SHOWN:])


def _back(channel: str) -> Response:
    return RedirectResponse(f"/slack/channels/{channel}" if channel.isalnum() else "/slack/", 303)


def _threads(channel: Channel, user: str) -> tuple[list[Message], dict[str, list[Message]]]:
    """The messages of the channel itself, and those of each thread by its parent's ts, as the member sees them."""
    told = [one for one in channel.ephemeral if one["user"] == user]
    seen = sorted([*channel.messages, *told], key=lambda one: tuple(map(int, one["ts"].split("."))))
    own = {one["ts"] for one in seen if one["thread_ts"] in (None, one["ts"])}
    threads: dict[str, list[Message]] = defaultdict(list)
    top = []
    for one in seen:
        # A reply whose parent was deleted stays readable.
        if one["ts"] in own or one["thread_ts"] not in own:
            top.append(one)
        else:
            threads[one["thread_ts"]].append(one)
    return top, threads
