"""The process whose memory and time `benchmarks.reconciliation` measures: it prints its figures as JSON."""

import asyncio
import json
import sys
import time

from prefect import flow

from blocks.recurly.block import RecurlySite
from rules.onboarding.write_back import billing_url
from rules.reconciliation.client_state import Standards
from rules.reconciliation.drift import drift_of
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.onboarding.permission_matrix import read_matrix
from tasks.reconciliation.reading import list_recurly, list_sequences, read_clients_after, sources_from


@flow(name="read every client", persist_result=False)
async def read_all() -> dict[str, float]:
    """Read every client and look for drift; the number of clients and of drift, and the seconds."""
    standards, started = await _standards(), time.perf_counter()
    sources = await sources_from(list_recurly(), list_sequences())
    figures = {"clients": 0, "drift": 0, "not_read": len(sources.unavailable)}
    seconds_of_lists, after, more = time.perf_counter() - started, "", True
    while more:
        page = await read_clients_after(after, sources)
        figures["clients"] += len(page.states)
        figures["drift"] += sum(1 for state in page.states for _ in drift_of(state, standards))
        after, more = page.last, page.more
    return {**figures, "seconds_of_lists": seconds_of_lists, "seconds": time.perf_counter() - started}


async def _standards() -> Standards:
    policy, site, read = await load_policy(), await connection(RecurlySite), await read_matrix.fn()
    return Standards(
        today=policy.today,
        windows=policy.windows,
        matrix=read.matrix,
        locations=policy.location_count,
        no_welcome=policy.no_welcome,
        billing_url=lambda code: billing_url(site.billing_url_template, site.subdomain, code),
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(read_all())))
