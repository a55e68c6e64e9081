"""The access token of Outreach, shared by many processes: one process logs in, the others read the stored token.

A refresh token works once. A process that finds no valid token takes the lock, reads the block again, logs in, and
stores the new tokens before it uses them. If it is killed between login and storage, the tokens are lost: the next
login is refused, and its message says that the app must be authorized again.
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
    """A client of Outreach; it logs in when necessary."""
    return (await connection(OutreachApp)).client(access_token)


async def access_token(refused: SecretStr | None = None) -> SecretStr:
    """An access token that is valid for at least a minute.

    Args:
        refused: a token that Outreach did not accept; the result is another one.

    Raises:
        CredentialsRejected: the block is wrong, or the app must be authorized again.
        VendorUnavailable: Outreach does not answer, or the lock is not free in time.
    """
    for read in (connection, _read_block):
        if token := (await read(OutreachApp)).token(refused):
            return token
    # The caller may be cancelled; the tokens of a login that has begun must be stored.
    return await asyncio.shield(asyncio.ensure_future(_log_in(refused)))


@read_task("Keep the login to Outreach alive")
async def keep_outreach_login() -> None:
    """Log in if the access token has expired; without a block of Outreach, do nothing.

    A refresh token expires after 14 days without a login. Call this daily, because accounts may move less often.
    """
    try:
        await stored(OutreachApp, BLOCK_NAME)
    except CredentialsRejected:
        return
    await access_token()


async def _log_in(refused: SecretStr | None) -> SecretStr:
    async with lock(OUTREACH_LOGIN):
        app = await _read_block(OutreachApp)
        if token := app.token(refused):
            return token
        tokens = await app.log_in()
        await app.keep(tokens)
    return tokens.access


async def _read_block(kind: type[OutreachApp]) -> OutreachApp:
    """The stored block, not the one that the run has read before."""
    return await stored(kind, BLOCK_NAME)
