"""The Slack app's manifest against the code: the scopes of the methods that are called, and the receiver's routes."""

import re
from pathlib import Path

import pytest
import yaml

from blocks.slack import block
from deployments.commands.slack_manifest import FILE, NotAnAddress, manifest
from webhooks.app import create_app
from webhooks.slack.file_shared import FILE_SHARED
from webhooks.slack.publication_form import CALLBACK

ROOT = Path(__file__).parents[3]
METHOD = re.compile(r'"((?:auth|chat|conversations|files|users|views|reactions|pins|team|usergroups)\.[A-Za-z.]+)"')
SCOPES = {
    "auth.test": set(),
    "chat.getPermalink": set(),
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": {"channels:history"},
    "conversations.info": {"channels:read"},
    "conversations.list": {"channels:read"},
    "conversations.replies": {"channels:history"},
    "files.completeUploadExternal": {"files:write"},
    "files.getUploadURLExternal": {"files:write"},
    "files.info": {"files:read"},
    "users.info": {"users:read"},
    "users.lookupByEmail": {"users:read.email"},
    "views.open": set(),
}
"""The scopes of each method in public channels (https://docs.slack.dev/reference/methods)."""


def ours():
    return yaml.safe_load(manifest("https://lifecycle.example.com"))


def called():
    folders = ("blocks/slack", "webhooks/slack", "tasks/slack")
    return {name for one in folders for path in (ROOT / one).glob("*.py") for name in METHOD.findall(path.read_text())}


def test_the_scopes_are_those_of_the_methods_that_are_called_and_of_what_the_app_offers():
    assert called() == SCOPES.keys()
    of_methods = set().union(*SCOPES.values())
    # A shortcut needs `commands`, the event file_shared `files:read`.
    assert set(ours()["oauth_config"]["scopes"]["bot"]) == of_methods | {"commands", "files:read"}


def test_the_check_asks_for_the_same_scopes():
    scopes = ours()["oauth_config"]["scopes"]["bot"]
    assert sorted(scopes) == sorted(block._SCOPES)
    assert "user" not in ours()["oauth_config"]["scopes"]


def test_the_addresses_are_routes_of_the_receiver():
    settings = ours()["settings"]
    addresses = {settings["interactivity"]["request_url"], settings["event_subscriptions"]["request_url"]}
    assert addresses == {f"https://lifecycle.example.com/slack/{name}" for name in ("interactions", "events")}
    source = Path(create_app.__code__.co_filename).read_text()
    assert all(f'"/slack/{name}"' in source for name in ("interactions", "events"))


def test_shortcut_and_event_are_those_that_the_receiver_takes():
    assert [one["callback_id"] for one in ours()["features"]["shortcuts"]] == [CALLBACK]
    assert ours()["settings"]["event_subscriptions"]["bot_events"] == [FILE_SHARED]
    assert ours()["settings"]["socket_mode_enabled"] is False


def test_names_and_descriptions_are_as_long_as_slack_takes_them():
    shown, shortcut = ours()["display_information"], ours()["features"]["shortcuts"][0]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert len(shortcut["name"]) <= 24
    assert len(shortcut["description"]) <= 150


@pytest.mark.parametrize("address", ["http://x.example", "x.example", "https://", "https://x.example/path", ""])
def test_an_address_that_slack_cannot_call_is_refused(address):
    with pytest.raises(NotAnAddress, match="like https://lifecycle"):
        manifest(address)


def test_no_placeholder_is_left():
    assert "RECEIVER_HOST" in FILE.read_text()
    assert "RECEIVER_HOST" not in manifest("https://lifecycle.example.com:8443/")
