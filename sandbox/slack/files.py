"""Files: the app uploads one in three steps, a person at once; who has the app's token downloads it."""

from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from sandbox.errors import Refused
from sandbox.slack.arguments import Arguments
from sandbox.slack.events import Events
from sandbox.slack.store import BOT, TEAM, Channel, File, Workspace
from sandbox.state import SandboxState, effect

LARGEST: Final = 20_000_000
"""Bytes of one file."""
_ROOM: Final = 200_000_000
"""Bytes of all files."""
_KINDS: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
_OURS: Final = ("received", "shared_in")
"""What the stand-in keeps of a file, and Slack does not tell."""
_LOGIN: Final = "<!DOCTYPE html><html><head><title>Slack</title></head><body><h1>Sign in to Sandbox</h1></body></html>"


class Files:
    """The files of one workspace."""

    def __init__(self, sandbox: SandboxState, workspace: Workspace, events: Events) -> None:
        self._sandbox = sandbox
        self._workspace = workspace
        self._events = events

    def address(self, request: Request, given: Arguments) -> dict[str, Any]:
        """`files.getUploadURLExternal`."""
        name, length = given.needed("filename"), given.needed("length")
        if not length.isdecimal() or not int(length):
            raise Refused(200, "invalid_arguments", "length is the number of bytes")
        if int(length) > LARGEST:
            raise Refused(200, "file_upload_size_restricted", f"more than {LARGEST} bytes")
        file = self._made(f"{request.base_url}", name, BOT, int(length))
        effect(request)
        return {"upload_url": f"{request.base_url}api/upload/{file['id']}", "file_id": file["id"]}

    async def receive(self, request: Request) -> Response:
        """Take the bytes of a file."""
        file = self._workspace.files.get(request.path_params["file"])
        body = await request.body()
        if file is None or len(body) < file["size"] or not self._keep(file, body):
            return PlainTextResponse("Upload failed", 400)
        effect(request)
        return PlainTextResponse(f"OK - {len(body)}")

    def share(self, request: Request, given: Arguments) -> dict[str, Any]:
        """`files.completeUploadExternal`: show the files in a channel, under one comment."""
        asked = given.parsed("files", "invalid_arguments")
        if not isinstance(asked, list) or not asked or not all(isinstance(one, dict) for one in asked):
            raise Refused(200, "invalid_arguments", "files is a list of id and title")
        files = [self._workspace.files.get(str(one.get("id"))) for one in asked]
        shared = [one for one in files if one is not None and one["received"]]
        if len(shared) < len(asked):
            raise Refused(200, "file_not_found", "a file was never uploaded")
        channel_id, thread_ts = given.text("channel_id"), given.text("thread_ts") or None
        channel = self._workspace.channel(channel_id) if channel_id else None
        if channel and thread_ts is not None and channel.message(thread_ts) is None:
            raise Refused(200, "thread_not_found", "no such parent message")
        for file, told in zip(shared, asked, strict=True):
            file["title"] = told.get("title", file["title"])
        if channel:
            self._announce(channel, BOT, shared, given.text("initial_comment"), thread_ts)
        effect(request)
        return {"files": [{"id": file["id"], "title": file["title"]} for file in shared]}

    def info(self, _request: Request, given: Arguments) -> dict[str, Any]:
        """`files.info`."""
        file = self._workspace.files.get(given.needed("file", "file_not_found"))
        if file is None or not file["received"]:
            raise Refused(200, "file_not_found", "no such file")
        return {"file": shown_file(file), "comments": []}

    async def download(self, request: Request) -> Response:
        """`url_private_download`: for whoever has no token that holds, the page to sign in, as if all were well."""
        file = self._workspace.files.get(request.path_params["file"].removeprefix(f"{TEAM}-"))
        if request.headers.get("authorization") != f"Bearer {self._sandbox.credentials.slack_token}":
            return HTMLResponse(_LOGIN)
        if file is None or not file["received"]:
            return PlainTextResponse("File not found", 404)
        return attachment(file, self._workspace.contents[file["id"]])

    def take(self, base_url: str, channel: Channel, user: str, name: str, content: bytes) -> bool:
        """Share what a member uploads; whether there was something, and room for it."""
        file = self._made(base_url, name, user, len(content))
        if not self._keep(file, content):
            del self._workspace.files[file["id"]]
            return False
        self._announce(channel, user, [file], "", None)
        return True

    def _made(self, base_url: str, name: str, user: str, size: int) -> File:
        file_id, filetype = self._workspace.new_id("F"), name.rpartition(".")[2].lower()
        address = f"{base_url}slack/files-pri/{TEAM}-{file_id}/download/{quote(name, safe='')}"
        file: File = {
            "id": file_id,
            "created": int(self._sandbox.clock.now().timestamp()),
            "name": name,
            "title": name,
            "mimetype": _KINDS.get(filetype, "application/octet-stream"),
            "filetype": filetype,
            "user": user,
            "size": size,
            "url_private": address,
            "url_private_download": address,
            "received": 0,
            "shared_in": None,
            "shares": {"public": {}},
        }
        self._workspace.files[file_id] = file
        return file

    def _keep(self, file: File, content: bytes) -> bool:
        taken = sum(map(len, self._workspace.contents.values()))
        if not content or len(content) > LARGEST or taken + len(content) > _ROOM:
            return False
        self._workspace.contents[file["id"]] = content
        file["received"] = len(content)
        return True

    def _announce(self, channel: Channel, user: str, files: list[File], text: str, thread_ts: str | None) -> None:
        now = self._sandbox.clock.now()
        posted = self._workspace.post(channel, now, {"user": user, "text": text, "files": files}, thread_ts)
        for file in files:
            file["shared_in"] = channel.id
            file["shares"]["public"].setdefault(channel.id, []).append(_share(channel, posted["ts"], thread_ts))
            self._events.file_shared(file, channel, user, posted["ts"])


def _share(channel: Channel, ts: str, thread_ts: str | None) -> dict[str, Any]:
    """Where a file is in a channel: the message that brought it, and the thread of which that is a part."""
    share = {"ts": ts, "channel_name": channel.name, "team_id": TEAM, "reply_count": 0}
    return share if thread_ts is None else {**share, "thread_ts": thread_ts}


def shown_file(file: File) -> File:
    """The file as Slack describes it."""
    shown = {name: value for name, value in file.items() if name not in _OURS}
    return {**shown, "channels": [file["shared_in"]] if file["shared_in"] else []}


def attachment(file: File, content: bytes) -> Response:
    """The bytes, for a browser to save under the file's name."""
    named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(str(file['name']), safe='')}"}
    return Response(content, headers=named, media_type=file["mimetype"])
