"""Handles a workbook that a team lead shares in the CSM channel: starts its account transition (TRN-2).

Every member of the channel may start one, because people who approve the plan decide later what moves. A file that an
app shares starts nothing: the result files that we send back are workbooks too.
"""

import asyncio
import logging
from enum import StrEnum
from typing import Final

from pydantic import AliasChoices, AliasPath, BaseModel, Field

from webhooks.common.metrics import Metrics
from webhooks.runs.flow_runs import NewRun
from webhooks.runs.prefect_api import PrefectApi
from webhooks.runs.prefect_blocks import read_block
from webhooks.runs.prefect_runs import PrefectRuns
from webhooks.slack.file_shared import SharedFile
from webhooks.slack.web_api import SlackCallError, SlackWebApi

logger = logging.getLogger(__name__)

POLICY: Final = "lifecycle-policy/default"
TAG: Final = "account-transition"
# The run answers in the file's thread about formats that it cannot read, so those start a run too.
FILE_ENDINGS: Final = (
    ".xlsx",
    ".csv",
    ".xls",
    ".xlsb",
    ".xlsm",
    ".xltx",
    ".ods",
    ".fods",
    ".numbers",
    ".tsv",
    ".gsheet",
)
FILE_TYPES: Final = frozenset(["xlsx", "csv", "xls", "xlsb", "xlsm", "ods", "numbers", "tsv", "gsheet"])
MIME_TYPE_PARTS: Final = ("spreadsheet", "ms-excel", "text/csv", "tab-separated", "iwork-numbers", "apple.numbers")
# The file was deleted or is hidden from the bot: a repeated event cannot change that.
GONE: Final = ("file_not_found", "file_deleted", "channel_not_found", "user_not_found")


class UploadOutcome(StrEnum):
    """The result of a shared file, for logs and metrics."""

    STARTED = "workbook taken"
    KNOWN = "workbook known"
    NOT_OURS = "not ours"
    FAILED = "workbook not taken"


class _Policy(BaseModel):
    # A policy that was stored before it had sections has the channel outside.
    csm_channel: str = Field(
        "#cs-operations", validation_alias=AliasChoices("csm_channel", AliasPath("people", "csm_channel"))
    )


class _Channel(BaseModel):
    name: str = ""


class _ChannelResponse(BaseModel):
    channel: _Channel


class _File(BaseModel):
    name: str = ""
    user: str = ""
    filetype: str = ""
    mimetype: str = ""

    @property
    def is_spreadsheet(self) -> bool:
        """Whether its name, Slack's file type or its MIME type is that of a spreadsheet."""
        mime_type = self.mimetype.lower()
        return (
            self.name.lower().endswith(FILE_ENDINGS)
            or self.filetype.lower() in FILE_TYPES
            or any(part in mime_type for part in MIME_TYPE_PARTS)
        )


class _FileResponse(BaseModel):
    file: _File


class _User(BaseModel):
    name: str = ""
    real_name: str = ""
    is_bot: bool = False


class _UserResponse(BaseModel):
    user: _User


class WorkbookUploadHandler:
    """Starts account transitions. One per process."""

    def __init__(self, api: PrefectApi, runs: PrefectRuns, metrics: Metrics, deployment: str) -> None:
        self._api, self._runs, self._metrics, self._deployment = api, runs, metrics, deployment

    async def handle(self, file: SharedFile, slack: SlackWebApi) -> UploadOutcome:
        """Start the run of a workbook; ignore any other file. A repeated event is harmless.

        Raises:
            PrefectError: Prefect did not confirm that the run exists.
            SlackCallError: Slack did not give the facts about the file.
        """
        try:
            sharer = await self._sharer(file, slack) if await self._is_in_csm_channel(file, slack) else ""
        except SlackCallError as error:
            if error.reason not in GONE:
                raise
            sharer = ""
        return await self._start(file, sharer) if sharer else UploadOutcome.NOT_OURS

    async def _is_in_csm_channel(self, file: SharedFile, slack: SlackWebApi) -> bool:
        """Whether the policy names the file's channel, by its id or its name."""
        csm_channel = (await read_block(self._api, _Policy, POLICY, "run the bootstrap")).csm_channel
        if csm_channel == file.channel or not csm_channel.startswith("#"):
            return csm_channel == file.channel
        response = await slack.call(_ChannelResponse, "conversations.info", data={"channel": file.channel})
        return response.channel.name == csm_channel.removeprefix("#")

    async def _sharer(self, shared: SharedFile, slack: SlackWebApi) -> str:
        """Name of the person who shared the workbook; "" when it is no workbook, or an app uploaded or shared it."""
        file = (await slack.call(_FileResponse, "files.info", data={"file": shared.file})).file
        if not file.is_spreadsheet:
            return ""
        # One member may share a file that another member uploaded.
        member_ids = dict.fromkeys(filter(None, (shared.user, file.user)))
        calls = (slack.call(_UserResponse, "users.info", data={"user": member}) for member in member_ids)
        members = [response.user for response in await asyncio.gather(*calls)]
        if any(member.is_bot for member in members):
            return ""
        return members[0].real_name or members[0].name or shared.user

    async def _start(self, file: SharedFile, sharer: str) -> UploadOutcome:
        run = await self._runs.start(
            NewRun(
                self._deployment,
                key=f"transition-upload:{file.file}:{file.shared_at}",
                parameters={"workbook": f"slack:{file.file}", "preview": False},
                tags=(TAG,),
                by=f"Slack ({sharer})",
            )
        )
        if run.is_new:
            self._metrics.count_created_run()
        outcome = UploadOutcome.STARTED if run.is_new else UploadOutcome.KNOWN
        logger.info("shared", extra={"record": f"File {file.file}", "run": run.id, "outcome": outcome.value})
        return outcome
