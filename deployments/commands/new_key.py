"""Encrypt Prefect's blocks with another key. Prefect itself can do nothing with blocks of an earlier key."""

import os
from typing import Any, Final

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

KEY: Final = "PREFECT_SERVER_ENCRYPTION_KEY"
NEW_KEY: Final = "LIFECYCLE_NEW_ENCRYPTION_KEY"
_BLOCKS: Final = sa.table("block_document", sa.column("id"), sa.column("data", sa.JSON))
_CONFIGURATION: Final = sa.table("configuration", sa.column("key"), sa.column("value", sa.JSON))
_OWN_KEY: Final = _CONFIGURATION.c.key == "ENCRYPTION_KEY"


class NotEncryptedAnew(Exception):
    """Raised when the database is as it was; the message says what to do."""


async def encrypt_anew() -> int:
    """Encrypt all blocks with the key in `LIFECYCLE_NEW_ENCRYPTION_KEY`, in one transaction; their number.

    The present key is that of the server's variable, else the one that the server keeps in its database, which is then
    deleted. No server may run meanwhile: it would save blocks with the present key.

    Raises:
        NotEncryptedAnew: a key is missing or wrong, or the database does not answer.
    """
    new = _fernet(NEW_KEY, os.environ.get(NEW_KEY, ""))
    engine = create_async_engine(str(PREFECT_API_DATABASE_CONNECTION_URL.value()))
    try:
        async with engine.begin() as database:
            return await _encrypt_in(database, new)
    except (SQLAlchemyError, OSError) as error:
        raise NotEncryptedAnew(f"The database does not answer ({type(error).__name__}). Nothing was changed.") from None
    finally:
        await engine.dispose()


async def _encrypt_in(database: AsyncConnection, new: Fernet) -> int:
    present = await _present_key(database)
    rows = (await database.execute(sa.select(_BLOCKS))).all()
    blocks = [(row.id, row.data) for row in rows if isinstance(row.data, str)]
    try:
        for block, data in blocks:
            encrypted = new.encrypt(present.decrypt(data.encode())).decode()
            await database.execute(sa.update(_BLOCKS).where(_BLOCKS.c.id == block).values(data=encrypted))
    except InvalidToken:
        raise NotEncryptedAnew(f"The blocks are not encrypted with {KEY}. Nothing was changed.") from None
    await database.execute(sa.delete(_CONFIGURATION).where(_OWN_KEY))
    return len(blocks)


async def _present_key(database: AsyncConnection) -> Fernet:
    if key := os.environ.get(KEY):
        return _fernet(KEY, key)
    kept: Any = await database.scalar(sa.select(_CONFIGURATION.c.value).where(_OWN_KEY))
    if kept is None:
        raise NotEncryptedAnew(f"No key is in the database. Set {KEY} to the present one. Nothing was changed.")
    return Fernet(kept["fernet_key"])


def _fernet(variable: str, key: str) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise NotEncryptedAnew(f"{variable} is no key. See docs/operations.md, Secrets. Nothing was changed.") from None
