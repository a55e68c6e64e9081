"""The commands that check an outside system against the contract it has with us: `lifecycle contract-test`."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

contract_test_app = App(name="contract-test", help="Check a system's server against its contract with this project.")


@contract_test_app.command
def lms(
    *,
    url: str,
    api_key_file: Path | None = None,
    keep: bool = False,
    test_server: Annotated[bool, Parameter(name="--yes-this-is-a-test-server", negative="")] = False,
) -> int:
    """Check a test server of the LMS against docs/going-live/lms-openapi.yaml. This creates companies there.

    It takes about a minute at most. It exits with 1 if a check failed, and with 2 if none could be made.

    Args:
        url: the server's address, for example https://lms-test.example.com.
        api_key_file: a file with the API key. Without it, the key is the value of LMS_API_KEY.
        keep: leave the companies of the checks active, to look at them.
        test_server: write also to a server that holds more than five companies.
    """
    from rich.console import Console

    from deployments.contract.lms import Unusable, contract_test, key_from

    try:
        key = key_from(api_key_file, os.environ.get("LMS_API_KEY", ""))
    except Unusable as unusable:
        sys.stderr.write(f"lifecycle: {unusable}\n")
        return 2
    return asyncio.run(contract_test(url, key, Console(), keep=keep, is_test_server=test_server))
