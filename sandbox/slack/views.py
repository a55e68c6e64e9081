"""The forms that the app shows to members: opened by it, filled in and sent or closed by them."""

from collections.abc import Mapping
from typing import Any, Final

import httpx
from starlette.requests import Request

from sandbox.slack.app import NO_ANSWER, NOBODY_LISTENS, App
from sandbox.slack.arguments import Arguments
from sandbox.slack.store import APP, BOT_ID, TEAM, View, Workspace
from sandbox.slack.view_content import inputs, read_view
from sandbox.state import SandboxState, effect

SHORTCUTS: Final = {"publication_request": "Request a publication change"}
"""The global shortcuts that are registered with the app: what they are called, by their callback_id."""

_LONGEST_INPUT: Final = 3_000
_TROUBLE: Final = "We had some trouble connecting. Try again?"


class Views:
    """The forms of one workspace; a member has one at a time."""

    def __init__(self, sandbox: SandboxState, workspace: Workspace) -> None:
        self._sandbox = sandbox
        self._workspace = workspace
        self._app = App(sandbox, workspace)

    def open(self, request: Request, given: Arguments) -> dict[str, Any]:
        """`views.open`: show a form to the member whose interaction the trigger comes from."""
        trigger_id = given.needed("trigger_id")
        content = read_view(given)
        user = self._workspace.triggers.exchange(trigger_id)
        view = View(self._workspace.new_id("V"), user, content)
        self._workspace.views[user] = view
        effect(request)
        return {"view": _shown(view)}

    async def shortcut(self, callback_id: str, user: str) -> None:
        """Tell the app that a member chose a shortcut; keep a warning to the member when it took no notice."""
        self._workspace.shortcut_warnings.pop(user, None)
        told = {"callback_id": callback_id, "action_ts": self._workspace.next_ts(self._sandbox.clock.now())}
        if await self._app.tell("shortcut", user, told) is None:
            self._workspace.shortcut_warnings[user] = NO_ANSWER if self._app.listens else NOBODY_LISTENS

    async def submit(self, view: View, entered: Mapping[str, str]) -> None:
        """Send what was entered, by block, to the app, and follow its answer; what is incomplete is not sent."""
        view.values = {block["block_id"]: _value(block, entered) for block in inputs(view.content)}
        view.errors, view.trouble = _incomplete(view), ""
        if not view.errors:
            self._follow(view, await self._app.tell("view_submission", view.user, {"view": _shown(view)}))
        view.revision += 1

    def close(self, view: View) -> None:
        """Take the form away; the app is not told."""
        if self._workspace.views.get(view.user) is view:
            del self._workspace.views[view.user]

    def _follow(self, view: View, answer: httpx.Response | None) -> None:
        match _asked(answer):
            case {"response_action": "errors", "errors": dict(errors)} if errors.keys() <= view.values.keys():
                view.errors = {block: str(text) for block, text in errors.items()}
            case {"response_action": "clear"} | None:
                self.close(view)
            case _:
                view.trouble = _TROUBLE


def _asked(answer: httpx.Response | None) -> object:
    """What the app wants done with the form: None when it says nothing, "" when that cannot be understood."""
    if answer is None:
        return ""
    try:
        return answer.json() if answer.content else None
    except ValueError:
        return ""


def _shown(view: View) -> dict[str, Any]:
    """The form as Slack describes it to its app."""
    return {
        "id": view.id,
        "team_id": TEAM,
        **view.content,
        "state": {"values": view.values},
        "hash": f"{view.id}.{view.revision}",
        "root_view_id": view.id,
        "app_id": APP,
        "bot_id": BOT_ID,
    }


def _value(block: dict[str, Any], entered: Mapping[str, str]) -> dict[str, Any]:
    element = block["element"]
    text = entered.get(block["block_id"], "").replace("\r\n", "\n")
    if element["type"] == "static_select":
        chosen = next((one for one in element["options"] if one["value"] == text), None)
        return {element["action_id"]: {"type": element["type"], "selected_option": chosen}}
    return {element["action_id"]: {"type": element["type"], "value": text or None}}


def _incomplete(view: View) -> dict[str, str]:
    """What Slack itself finds wrong, by block."""
    errors = {}
    for block in inputs(view.content):
        (value,) = view.values[block["block_id"]].values()
        entered, longest = value.get("selected_option") or value.get("value"), block["element"].get("max_length")
        if not entered and not block.get("optional"):
            errors[block["block_id"]] = "Please complete this required field."
        elif isinstance(entered, str) and len(entered) > (longest or _LONGEST_INPUT):
            errors[block["block_id"]] = f"This has more than {longest or _LONGEST_INPUT} characters."
    return errors
