"""Outreach's access token for many processes at once: one logs in, the others read what it stored.

A login uses the refresh token up. So whoever finds no token in force takes the turn, looks again, logs in and stores
the new pair before anybody uses it. A process that is killed between Outreach's answer and the storing loses the pair:
the next login is refused, and says that the app must be authorized anew.
"""

import asyncio

from pydantic import SecretStr

from blocks.common.errors import CredentialsRejected
from blocks.common.load_block import stored
from blocks.outreach.block import OutreachApp, OutreachClient
from tasks.core.connections import BLOCK_NAME, connection
from tasks.core.locks import OUTREACH_LOGIN, lock
from tasks.core.steps import read_task


async def outreach() -> OutreachClient:
    """A client of Outreach that logs in when it must."""
    return (await connection(OutreachApp)).client(access_token)


async def access_token(refused: SecretStr | None = None) -> SecretStr:
    """An access token that is in force for a minute at least.

    Args:
        refused: one that Outreach did not take; another one is given.

    Raises:
        WrongCredentials: the block is wrong, or the app must be authorized anew.
        VendorUnavailable: Outreach or the turn did not come.
    """
    for read in (connection, _now):
        if token := (await read(OutreachApp)).token(refused):
            return token
    # Whoever waits for this may be cancelled; the tokens of a login that was begun are stored nevertheless.
    return await asyncio.shield(asyncio.ensure_future(_log_in(refused)))


@read_task("Keep the login to Outreach alive")
async def keep_outreach_login() -> None:
    """Log in if the last login is over: nobody's refresh token lives longer than 14 days without one.

    Meant for something that is done every day, since accounts may move more rarely than that. Where there is no
    block of Outreach, there is no login to keep.
    """
    try:
        await stored(OutreachApp, BLOCK_NAME)
    except CredentialsRejected:
        return
    await access_token()


async def _log_in(refused: SecretStr | None) -> SecretStr:
    async with lock(OUTREACH_LOGIN):
        app = await _now(OutreachApp)
        if token := app.token(refused):
            return token
        tokens = await app.log_in()
        await app.keep(tokens)
    return tokens.access


async def _now(kind: type[OutreachApp]) -> OutreachApp:
    """The block as it is stored at this moment, whatever the run has read before."""
    return await stored(kind, BLOCK_NAME)
