"""How many simple requests a second the sandbox's one process bears, asked from another."""

import asyncio
import json
from urllib.parse import quote

import httpx

from deployments.stack.credentials import SandboxCredentials
from deployments.stack.settings import PROJECT, python

SECONDS = 5.0


async def rates(url: str, credentials: SandboxCredentials, opportunity_id: str, company_id: str) -> dict[str, float]:
    """Answers a second: an LMS company by its id, and a Salesforce query by id, one after the other."""
    token = await _token(url, credentials)
    soql = quote(f"SELECT Id, Name FROM Opportunity WHERE Id = '{opportunity_id}'")  # noqa: S608 - an id of ours
    return {
        "LMS company": await _rate(f"{url}/lms/api/companies/{company_id}", {"X-API-Key": credentials.lms_api_key}),
        "Salesforce query": await _rate(
            f"{url}/salesforce/services/data/v59.0/query?q={soql}", {"Authorization": f"Bearer {token}"}
        ),
    }


async def _token(url: str, credentials: SandboxCredentials) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.salesforce_consumer_key,
        "client_secret": credentials.salesforce_consumer_secret,
    }
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{url}/salesforce/services/oauth2/token", data=form)
        return str(answer.raise_for_status().json()["access_token"])


async def _rate(url: str, headers: dict[str, str]) -> float:
    process = await asyncio.create_subprocess_exec(
        python(), "-m", "benchmarks.load",
        cwd=PROJECT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    order = json.dumps({"url": url, "headers": headers, "seconds": SECONDS})
    printed, _ = await process.communicate(order.encode())
    if process.returncode:
        raise RuntimeError(f"The load on {url} ended with {process.returncode}")
    return float(printed)
