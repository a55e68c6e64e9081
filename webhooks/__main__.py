"""`python -m webhooks`: runs the receiver."""

import argparse
import sys

import uvicorn
from pydantic import ValidationError

from webhooks.app import create_app
from webhooks.common.connections import server_config
from webhooks.common.logs import log_as_json_lines
from webhooks.common.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; return 2 and print the faults when the settings are missing or wrong."""
    description = "Receives events from Salesforce and Slack; starts and wakes flow runs."
    parser = argparse.ArgumentParser(prog="python -m webhooks", description=description)
    parser.add_argument("--host", help="default: RECEIVER_HOST, else 127.0.0.1")
    parser.add_argument("--port", type=int, help="default: RECEIVER_PORT, else 8710; 0 takes a free port")
    options = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    try:
        settings = Settings(**options)
    except ValidationError as error:
        sys.stderr.write(_describe(error))
        return 2
    log_as_json_lines()
    uvicorn.Server(server_config(create_app(settings), host=settings.host, port=settings.port)).run()
    return 0


def _describe(error: ValidationError) -> str:
    faults = ((str(each["loc"][0]), each["msg"]) for each in error.errors())
    lines = (f"  {name if name.isupper() else f'RECEIVER_{name.upper()}'}: {message}" for name, message in faults)
    return "\n".join(("These settings of the receiver are missing or wrong:", *lines, ""))


if __name__ == "__main__":
    sys.exit(main())
