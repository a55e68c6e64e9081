"""A team lead shares a workbook in the CSM channel in Slack: that starts its account transition (TRN-2).

The channel decides who may: its members are those who speak about clients there. What moves is decided later, by those
who may approve the plan. What an app shares starts nothing, ours least of all: the copies that go back are workbooks.
"""

import asyncio
import logging
from enum import StrEnum
from typing import Final

from pydantic import BaseModel

from webhooks.common.metrics import Metrics
from webhooks.runs.prefect_api import PrefectApi
from webhooks.runs.prefect_blocks import read_block
from webhooks.runs.prefect_runs import NewRun, PrefectRuns
from webhooks.slack.transition_upload import Upload
from webhooks.slack.web_api import SlackCallError, SlackWebApi

logger = logging.getLogger(__name__)

POLICY: Final = "lifecycle-policy/default"
# What the run cannot read it names in the thread of the file, with what to do: nobody waits for nothing.
ENDINGS: Final = (".xlsx", ".csv", ".xls", ".xlsb", ".xlsm", ".xltx", ".ods", ".fods", ".numbers", ".tsv", ".gsheet")
FILETYPES: Final = frozenset(["xlsx", "csv", "xls", "xlsb", "xlsm", "ods", "numbers", "tsv", "gsheet"])
MIMETYPES: Final = ("spreadsheet", "ms-excel", "text/csv", "tab-separated", "iwork-numbers", "apple.numbers")
TAG: Final = "account-transition"
# Deleted, or not for our eyes, since it was shared: telling us again would change nothing.
GONE: Final = ("file_not_found", "file_deleted", "channel_not_found", "user_not_found")


class UploadOutcome(StrEnum):
    """What became of a file."""

    STARTED = "workbook taken"
    KNOWN = "workbook known"
    NOT_OURS = "not ours"
    FAILED = "workbook not taken"


class _Policy(BaseModel):
    csm_channel: str = "#cs-operations"


class _Channel(BaseModel):
    name: str = ""


class _InChannel(BaseModel):
    channel: _Channel


class _File(BaseModel):
    name: str = ""
    user: str = ""
    filetype: str = ""
    mimetype: str = ""

    @property
    def is_spreadsheet(self) -> bool:
        """Whether a team lead would call it a workbook, by its name or by what Slack takes it for."""
        kind = self.mimetype.lower()
        return (
            self.name.lower().endswith(ENDINGS)
            or self.filetype.lower() in FILETYPES
            or any(one in kind for one in MIMETYPES)
        )


class _OfFile(BaseModel):
    file: _File


class _User(BaseModel):
    name: str = ""
    real_name: str = ""
    is_bot: bool = False


class _OfUser(BaseModel):
    user: _User


class WorkbookUploadHandler:
    """Starts account transitions. One per process."""

    def __init__(self, api: PrefectApi, runs: PrefectRuns, metrics: Metrics, deployment: str) -> None:
        self._api, self._runs, self._metrics, self._deployment = api, runs, metrics, deployment

    async def take(self, upload: Upload, slack: SlackWebApi) -> UploadOutcome:
        """Have the run exist that the file starts; being told of the file again is harmless.

        Raises:
            PrefectError: Prefect did not confirm it.
            SlackCallError: Slack did not give the facts about the file.
        """
        try:
            by = await self._sharer(upload, slack) if await self._is_for_us(upload, slack) else ""
        except SlackCallError as error:
            if error.reason not in GONE:
                raise
            by = ""
        return await self._start(upload, by) if by else UploadOutcome.NOT_OURS

    async def _is_for_us(self, upload: Upload, slack: SlackWebApi) -> bool:
        """Whether it is in the CSM channel, by the policy's id or name of it."""
        wanted = (await read_block(self._api, _Policy, POLICY, "run the bootstrap")).csm_channel
        if wanted == upload.channel or not wanted.startswith("#"):
            return wanted == upload.channel
        return (
            await slack.call(_InChannel, "conversations.info", data={"channel": upload.channel})
        ).channel.name == wanted[1:]

    async def _sharer(self, upload: Upload, slack: SlackWebApi) -> str:
        """Who shared it, as people know them; "" when it is no spreadsheet, or an app had a hand in it."""
        file = (await slack.call(_OfFile, "files.info", data={"file": upload.file})).file
        if not file.is_spreadsheet:
            return ""
        # Who shares a file need not be who uploaded it.
        sharers = dict.fromkeys(filter(None, (upload.user, file.user)))
        sharer, *others = await asyncio.gather(
            *(slack.call(_OfUser, "users.info", data={"user": user}) for user in sharers)
        )
        if sharer.user.is_bot or any(one.user.is_bot for one in others):
            return ""
        return sharer.user.real_name or sharer.user.name or upload.user

    async def _start(self, upload: Upload, by: str) -> UploadOutcome:
        run = await self._runs.start(
            NewRun(
                self._deployment,
                key=f"transition-upload:{upload.file}:{upload.shared_at}",
                parameters={"workbook": f"slack:{upload.file}"},
                tags=(TAG,),
                by=f"Slack ({by})",
            )
        )
        if run.is_new:
            self._metrics.created()
        became = UploadOutcome.STARTED if run.is_new else UploadOutcome.KNOWN
        logger.info("shared", extra={"record": f"File {upload.file}", "run": run.id, "outcome": became.value})
        return became
