"""Every part is replaced while sales are closed: no message is lost, and nothing is done twice."""

from collections import Counter
from pathlib import Path

import pytest

from tests.support.closing import SaleIds, close, hire, open_sale
from tests.support.haproxy import balancer
from tests.support.outcome import messages, welcomes
from tests.support.parts import PATIENCE, Parts, parts, postgres
from tests.support.ports import free_port
from tests.support.warm_worker import until

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(2400)]

AT_ONCE, BATCHES = 2, 5
DRAIN = {"LIFECYCLE_DRAIN_SECONDS": "240"}


class Sales:
    """Sales that are closed in batches; `closed` are those so far."""

    def __init__(self, stack: Parts) -> None:
        self._stack, self.closed = stack, list[SaleIds]()
        stack.sandbox.behaviour(outbound_messages="off")
        self._open = [open_sale(stack.sandbox, f"Rolling Clinic {number}") for number in range(AT_ONCE * BATCHES)]
        stack.sandbox.behaviour(outbound_messages="on")

    def close_some(self) -> list[SaleIds]:
        """Close the next batch."""
        batch = self._open[len(self.closed) :][:AT_ONCE]
        for sale in batch:
            close(self._stack.sandbox, sale.opportunity)
        self.closed += batch
        return batch

    def begun(self, batch: list[SaleIds]) -> None:
        """Wait until each of them has a run that is running, or has ended."""
        for sale in batch:
            self._stack.becomes(sale.opportunity, "RUNNING", "COMPLETED")

    def refused(self) -> list[dict[str, object]]:
        """The messages that were sent, and not accepted yet."""
        pending = self._stack.sandbox.state("salesforce")["outbound"]["pending"]
        return [one for one in pending if one["attempts"]]


def test_every_part_is_replaced_while_sales_close_and_each_sale_is_onboarded_once(tmp_path: Path):
    with parts(tmp_path, **DRAIN) as stack, postgres() as database:
        sandbox, environment, ports = stack.sandbox, stack.environment(database), (free_port(), free_port())
        hire(sandbox, 2)
        server = stack.server(environment).start()
        stack.connect()
        stack.lifecycle(environment, "bootstrap", "--sandbox")
        old, sales = stack.worker(environment, "old").start(), Sales(stack)
        receivers = [stack.receiver(environment, port, f"receiver-{port}").start() for port in ports]
        with balancer(tmp_path, stack.receiver_port, list(ports)):
            for receiver in receivers:
                batch = sales.close_some()
                receiver.stop()
                sales.begun(batch)  # by the other one
                receiver.start()
            sales.begun(sales.close_some())
            old.terminate()  # with runs in progress
            new = stack.worker(environment, "new").start()
            until(lambda: "started!" in new.log, "the new worker has started")
            batch = sales.close_some()
            assert old.ends() == 0
            sales.begun(batch[:1])  # in progress while the server is away
            server.stop()
            sales.close_some()
            until(sales.refused, "a message is refused")
            server.start()
            stack.connect()
            runs = [stack.becomes(sale.opportunity, "COMPLETED", "FAILED", "CRASHED") for sale in sales.closed]
            until(lambda: not sales.refused(), "every message is accepted", PATIENCE)
        assert len(runs) == AT_ONCE * BATCHES
        assert Counter((run["state_name"], run["run_count"]) for run in runs) == {("Completed", 1): len(runs)}
        assert sandbox.state("salesforce")["outbound"]["dropped"] == 0
        assert len(sandbox.state("lms")["companies"]) == len(runs)
        addresses = [f"jane@rolling-clinic-{number}.example" for number in range(len(runs))]
        assert Counter(len(welcomes(sandbox, address)) for address in addresses) == {1: len(runs)}
        keys = Counter(str(message["metadata"]) for message in messages(sandbox) if message["metadata"])
        assert {key: times for key, times in keys.items() if times > 1} == {}
