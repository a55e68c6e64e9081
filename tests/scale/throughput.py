"""`python -m tests.scale.throughput`: sales a second and CPU time by kind of part, with more and with fewer parts.

`BURST` is the number of sales of each burst. Nothing is disturbed. Prints a table, and all figures as a line of JSON.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from deployments.stack.stack import progress
from tests.scale.__main__ import temporary_folder
from tests.scale.cluster import Cluster, Size, running_cluster

WARM_UP = 2
"""Sales that are onboarded before each burst, so that everything is loaded."""
FULL = Size()


class Figures(NamedTuple):
    """A burst: its speed, and the CPU-seconds of a sale by kind of part. A worker's are those of its runs, too."""

    workers: int
    servers: int
    sales_a_second: float
    cpu_of_a_sale: dict[str, float]


def sizes(cluster: Cluster) -> Iterator[tuple[int, int]]:
    """The numbers of workers and servers, one after the other; the cluster has just these while each is measured."""
    yield 3, 2
    for workers in (2, 1):
        cluster.end(f"worker-{workers + 1}")
        yield workers, 2
    cluster.end("api-2")
    yield 1, 1
    for workers in (2, 3):
        cluster.restart(f"worker-{workers}")
        yield workers, 1


async def measure(cluster: Cluster, burst: int) -> list[Figures]:
    """The figures of a burst for each size."""
    # Prefect reads its settings when it is imported, so these are imported after they are set.
    onboarding, trials = import_module("benchmarks.burst"), import_module("tests.scale.trials")
    sales, usage = import_module("tests.scale.sales"), import_module("benchmarks.usage")
    latencies = import_module("benchmarks.sandbox_admin").LATENCIES
    sandbox, first, figures = trials.sandbox_of(cluster), 1, []
    await onboarding.accept_any_number_of_accounts()
    sandbox.control.post("/_control/latency", json=latencies).raise_for_status()
    async with import_module("prefect.client.orchestration").get_client() as client:
        for workers, servers in sizes(cluster):
            planted = sales.plant_sales(sandbox, WARM_UP + burst, first=first)
            opportunities, first = [sale.opportunity for sale in planted], first + len(planted)
            await onboarding.onboard(client, opportunities[:WARM_UP])
            with usage.watched(cluster.roots) as used:
                seconds = await onboarding.onboard(client, opportunities[WARM_UP:])
            figures.append(Figures(workers, servers, burst / seconds, of_a_sale(used.cpu, burst)))
            progress.print(f"  {json.dumps(figures[-1]._asdict())}", markup=False, soft_wrap=True)
    return figures


def of_a_sale(cpu: dict[str, float], sales: int) -> dict[str, float]:
    """The CPU-seconds of a sale by kind of part: `worker-1` and `worker-2` are of one kind."""
    kinds = Counter[str]()
    for name, seconds in cpu.items():
        kinds[name.rstrip("0123456789").rstrip("-")] += seconds / sales
    return dict(kinds)


def show(figures: list[Figures]) -> None:
    """Print the table, and the figures as JSON."""
    kinds = list(figures[0].cpu_of_a_sale)
    table = Table("Workers", "Servers", "Sales a second", "CPU of a sale", *kinds)
    for one in figures:
        cpu = [f"{one.cpu_of_a_sale.get(kind, 0):.2f}" for kind in kinds]
        total = f"{sum(one.cpu_of_a_sale.values()):.2f}"
        table.add_row(str(one.workers), str(one.servers), f"{one.sales_a_second:.2f}", total, *cpu)
    Console(highlight=False, soft_wrap=True).print(table)
    machine: dict[str, Any] = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
    sys.stdout.write(json.dumps({"bursts": [one._asdict() for one in figures], "machine": machine}) + "\n")


def main() -> None:
    """Start everything, measure, print."""
    with temporary_folder() as folder, running_cluster(folder, FULL) as cluster:
        show(asyncio.run(measure(cluster, int(os.environ.get("BURST", "24")))))


if __name__ == "__main__":
    main()
