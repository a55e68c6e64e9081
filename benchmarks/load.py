"""`python -m benchmarks.load`: ask one address as fast as it answers, for some seconds; print how often.

A process of its own, so that the asking does not take time from the measured process.
"""

import argparse
import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit

CONNECTIONS = 4


def main() -> int:
    """Read `{"url", "headers", "seconds"}` from standard input; print answers a second; 1 when one was not a 200."""
    argparse.ArgumentParser(prog="python -m benchmarks.load", description=main.__doc__).parse_args()
    order = json.load(sys.stdin)
    counts: list[int] = []
    askers = [
        threading.Thread(target=_ask, args=(order["url"], order["headers"], order["seconds"], counts))
        for _ in range(CONNECTIONS)
    ]
    begun = time.perf_counter()
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    if len(counts) < CONNECTIONS:
        return 1
    sys.stdout.write(f"{sum(counts) / (time.perf_counter() - begun)}\n")
    return 0


def _ask(url: str, headers: dict[str, str], seconds: float, counts: list[int]) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    answered, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{parts.path} answered {answer.status}")
        answered += 1
    counts.append(answered)


if __name__ == "__main__":
    sys.exit(main())
