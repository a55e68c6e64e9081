"""The names of members for people: Slack sends only the handle of who pressed a button."""

import asyncio
import logging
from typing import Final

from pydantic import BaseModel

from webhooks.slack.web_api import SlackCallError, SlackWebApi

logger = logging.getLogger(__name__)

# A press has 2.5 s for everything; the name is not worth more of them.
SECONDS: Final = 0.7


class _User(BaseModel):
    real_name: str = ""


class _UserResponse(BaseModel):
    user: _User


class MemberNames:
    """Looks up each member once. One per process."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    async def name(self, slack: SlackWebApi, member: str, otherwise: str) -> str:
        """The full name of a member.

        Args:
            slack: Slack's Web API.
            member: the member's id.
            otherwise: the name if Slack has no other, or does not answer in time.
        """
        if member not in self._known:
            try:
                async with asyncio.timeout(SECONDS):
                    response = await slack.call(_UserResponse, "users.info", data={"user": member})
            except (SlackCallError, TimeoutError) as error:
                logger.warning("a name was not found", extra={"record": f"Member {member}", "reason": repr(error)})
                return otherwise
            self._known[member] = response.user.real_name.strip() or otherwise
        return self._known[member]
