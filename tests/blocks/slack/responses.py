"""What Slack answers, for the local server to say."""

from tests.blocks.vendor import says


def refuses(error, status=200, **more):
    return says({"ok": False, "error": error, **more}, status)


def messages(*items, cursor=""):
    return says(
        {"ok": True, "messages": list(items), "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}
    )
