"""A process of its own that needs Outreach's access token: says `ready`, waits for a line, and tells what it read."""

import asyncio
import sys

from prefect.logging import disable_run_logger

from tasks.outreach.login import outreach


async def ask() -> str:
    with disable_run_logger():
        user = await (await outreach()).user_by_email("ada@seller.example")
    return user.email if user else "nobody"


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    say("ready")
    sys.stdin.readline()
    say(asyncio.run(ask()))
