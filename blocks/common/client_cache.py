"""One client per thread or event loop and block content, kept until the process ends (D-7).

Objects that all threads share, like a token, are kept per block content only.
"""

import asyncio
import hashlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from prefect.blocks.core import Block
from pydantic import SecretStr

C = TypeVar("C")

_here = threading.local()
_everywhere: dict[str, Any] = {}
_building = threading.Lock()
_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Any]] = WeakKeyDictionary()


def fingerprint(block: Block) -> str:
    """A digest of the block's fields, which reveals no secret; an edited block has another one."""
    digest = hashlib.sha256(type(block).__qualname__.encode())
    for name in sorted(type(block).model_fields):
        value = getattr(block, name)
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        digest.update(f"{name}={plain!r};".encode())
    return digest.hexdigest()


def per_thread(block: Block, build: Callable[[], C]) -> C:
    """The client of this thread for this block, built at first use."""
    clients: dict[str, C] = _here.__dict__.setdefault("clients", {})
    return _kept(clients, block, build)


def per_loop(block: Block, build: Callable[[], C]) -> C:
    """The client of the running event loop for this block, built at first use.

    Raises:
        RuntimeError: when no event loop is running.
    """
    clients: dict[str, C] = _loops.setdefault(asyncio.get_running_loop(), {})
    return _kept(clients, block, build)


def per_process(block: Block, build: Callable[[], C]) -> C:
    """The object that all threads share for this block, built at first use."""
    shared: dict[str, C] = _everywhere
    with _building:
        return _kept(shared, block, build)


def _kept(clients: dict[str, C], block: Block, build: Callable[[], C]) -> C:
    key = fingerprint(block)
    if key not in clients:
        clients[key] = build()
    return clients[key]
