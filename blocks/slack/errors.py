"""Slack's error codes as our errors, by who must act."""

import re
from typing import Any
from urllib.error import URLError

from slack_sdk.web import SlackResponse

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorError, VendorRefused, VendorUnavailable
from blocks.common.http import retry_after

SYSTEM = "Slack"

_SERVER_ERROR = 500
_TOO_MANY = 429
_CODE = re.compile(r"[a-z][a-z0-9_]{1,60}")
_EDIT = "edit Blocks → Slack workspace → Bot Token"

_PASSING = {"ratelimited", "rate_limited", "service_unavailable", "team_added_to_org"}
"""The call was not processed; the same call may succeed in a moment."""
_OUTCOME_UNKNOWN = {"fatal_error", "internal_error", "request_timeout"}
"""The server failed, perhaps after it had posted."""

_CREDENTIALS = {
    "invalid_auth": _EDIT,
    "not_authed": _EDIT,
    "token_revoked": _EDIT,
    "token_expired": _EDIT,
    "account_inactive": _EDIT,
    "not_allowed_token_type": f"a bot token is needed: {_EDIT}",
    "missing_scope": "the app lacks a scope. Add it under OAuth & Permissions and install the app again",
    "no_permission": "the app may not do this in this workspace",
    "org_login_required": "the workspace is being moved: wait until Slack is done",
    "access_denied": "the app may not do this in this workspace",
}

_ADVICE = {
    "channel_not_found": "The app cannot see this channel. Create it, invite the app, or edit the policy block",
    "not_in_channel": "Invite the app to the channel (/invite), then press Retry",
    "is_archived": "The channel is archived: unarchive it, or choose another in the policy block",
    "restricted_action": "Only some members may post in this channel: allow the app, or choose another channel",
    "users_not_found": "No member of the workspace has this e-mail address",
    "file_not_found": "Slack has no such file, or the app is not in its channel. Share the file there again",
    "file_deleted": "Somebody deleted the file. Share it again",
    "storage_limit_reached": "The workspace has no storage left for files: delete some, then press Retry",
}


def from_slack(method: str, response: SlackResponse, *, writes: bool) -> VendorError:
    """Our error for a response that says no."""
    status: int = response.status_code
    data: Any = response.data
    error = data.get("error") if isinstance(data, dict) else None
    code = error if isinstance(error, str) and _CODE.fullmatch(error) else ""
    if status == _TOO_MANY or code in _PASSING:
        wait = retry_after({name: str(value) for name, value in response.headers.items()})
        return VendorUnavailable(
            SYSTEM, f"{method}: Slack is too busy ({code})", retry_after=wait, code=code, status=status
        )
    if status >= _SERVER_ERROR or code in _OUTCOME_UNKNOWN:
        return VendorUnavailable(
            SYSTEM, f"{method}: HTTP {status} ({code or 'no code'})", outcome_unknown=writes, code=code, status=status
        )
    if not code:
        return UnexpectedResponse(
            SYSTEM, f"{method}: the response is not one of Slack's (HTTP {status})", status=status
        )
    if code in _CREDENTIALS:
        needed = data.get("needed")
        scope = f": {needed}" if isinstance(needed, str) and re.fullmatch(r"[a-z:._, ]{1,80}", needed) else ""
        return CredentialsRejected(SYSTEM, f"{method}: {_CREDENTIALS[code]} ({code}{scope})", code=code, status=status)
    return VendorRefused(SYSTEM, f"{method}: {_ADVICE.get(code, 'refused')} ({code})", code=code, status=status)


def from_network(method: str, error: Exception, *, writes: bool) -> VendorUnavailable:
    """Our error for a request that got no complete response."""
    if isinstance(error, URLError):
        # Raised while connecting or sending: Slack did not get the whole request.
        return VendorUnavailable(SYSTEM, f"{method}: no connection")
    problem = "no answer in time" if isinstance(error, TimeoutError) else "the connection was lost before the answer"
    return VendorUnavailable(SYSTEM, f"{method}: {problem}", outcome_unknown=writes)
