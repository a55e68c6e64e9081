"""What a test of shadow mode or of the kill switch looks at."""

from typing import Any

from tests.support.sandbox import SandboxProcess

POLICY = "lifecycle-policy"
"""The block with the mode, for `override`."""
_LOGINS = ("/oauth/token", "/services/oauth2/token")


def written(sandbox: SandboxProcess, since: int) -> list[dict[str, Any]]:
    """What changed anything in any system; a login changes nothing that is anybody's."""
    return [one for one in sandbox.effects(since=since) if not one["path"].endswith(_LOGINS)]
