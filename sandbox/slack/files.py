"""Uploading a file in three steps: ask for an address, send the bytes there, share what was sent."""

from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.errors import Refused
from sandbox.house import House, effect
from sandbox.slack.arguments import Arguments
from sandbox.slack.store import Workspace


class Files:
    """The calls about files."""

    def __init__(self, house: House, workspace: Workspace) -> None:
        self._house = house
        self._workspace = workspace

    def address(self, request: Request, given: Arguments) -> dict[str, Any]:
        """`files.getUploadURLExternal`."""
        name, length = given.needed("filename"), given.needed("length")
        if not length.isdecimal() or not int(length):
            raise Refused(200, "invalid_arguments", "length is the number of bytes")
        file_id = self._workspace.new_id("F")
        self._workspace.files[file_id] = {
            "id": file_id,
            "name": name,
            "title": name,
            "size": int(length),
            "received": 0,
            "shared_in": None,
        }
        effect(request)
        return {"upload_url": f"{request.base_url}api/upload/{file_id}", "file_id": file_id}

    async def receive(self, request: Request) -> Response:
        """Take the bytes of a file; only their number is kept."""
        file = self._workspace.files.get(request.path_params["file"])
        body = await request.body()
        if file is None or len(body) < file["size"]:
            return PlainTextResponse("Upload failed", 400)
        file["received"] = len(body)
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
        channel_id = given.text("channel_id")
        for file, told in zip(shared, asked, strict=True):
            file.update(title=told.get("title", file["title"]), shared_in=channel_id or None)
        if channel_id:
            self._announce(channel_id, given, [str(file["id"]) for file in shared])
        effect(request)
        return {"files": [{"id": file["id"], "title": file["title"]} for file in shared]}

    def _announce(self, channel_id: str, given: Arguments, files: list[str]) -> None:
        content = {"text": given.text("initial_comment"), "files": files}
        thread_ts = given.text("thread_ts") or None
        self._workspace.post(self._workspace.channel(channel_id), self._house.clock.now(), content, thread_ts)
