"""The number of simple requests that the sandbox's one process answers in a second."""

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from http.client import OK, HTTPConnection
from multiprocessing import get_context
from urllib.parse import quote, urlsplit

import httpx

from deployments.stack.stack import Stack

SECONDS = 5.0
CONNECTIONS = 4


async def sandbox_rates(stack: Stack, opportunity_id: str, company_id: str) -> dict[str, float]:
    """Answers a second: an LMS company by its id, then a Salesforce query by id."""
    url, credentials = stack.settings.sandbox_url, stack.credentials
    login = {
        "grant_type": "client_credentials",
        "client_id": credentials.salesforce_consumer_key,
        "client_secret": credentials.salesforce_consumer_secret,
    }
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{url}/salesforce/services/oauth2/token", data=login)
    token = answer.raise_for_status().json()["access_token"]
    soql = quote(f"SELECT Id, Name FROM Opportunity WHERE Id = '{opportunity_id}'")  # noqa: S608 - an id of the sandbox
    query = f"{url}/salesforce/services/data/v59.0/query?q={soql}"
    return {
        "LMS company": await _rate(f"{url}/lms/api/companies/{company_id}", {"X-API-Key": credentials.lms_api_key}),
        "Salesforce query": await _rate(query, {"Authorization": f"Bearer {token}"}),
    }


async def _rate(url: str, headers: dict[str, str]) -> float:
    """Ask from another process, so that this one takes no time from the sandbox."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return await asyncio.get_running_loop().run_in_executor(process, answers_a_second, url, headers)


def answers_a_second(url: str, headers: dict[str, str]) -> float:
    """Ask an address on several connections for some seconds; returns the answers in a second."""
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        return sum(threads.map(_ask, [url] * CONNECTIONS, [headers] * CONNECTIONS)) / SECONDS


def _ask(url: str, headers: dict[str, str]) -> int:
    parts, end, answers = urlsplit(url), time.perf_counter() + SECONDS, 0
    connection = HTTPConnection(parts.netloc, timeout=30)
    while time.perf_counter() < end:
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != OK:
            raise RuntimeError(f"{parts.path} answered {answer.status}")
        answers += 1
    return answers
