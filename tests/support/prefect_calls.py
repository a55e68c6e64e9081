"""Prefect's API for code that polls it from outside an event loop."""

import os
from functools import cache
from typing import Any

import httpx


@cache
def _client() -> httpx.Client:
    """One for all calls: each client reads the certificates that TLS would need, which takes longer than a call."""
    return httpx.Client(trust_env=False)


def ask_prefect(path: str, **body: Any) -> Any:
    """Post to Prefect's API, as `/flow_runs/filter`; answers its JSON.

    Raises:
        httpx.HTTPStatusError: Prefect refuses it.
    """
    return _client().post(f"{os.environ['PREFECT_API_URL']}{path}", json=body).raise_for_status().json()
