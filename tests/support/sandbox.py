"""A sandbox process of a test's own: on a free port, asked and ordered over HTTP, stopped by its id."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from sandbox.state import Credentials

_ROOT = Path(__file__).parents[2]
_READY_SECONDS = 120
_STOP_SECONDS = 60


@dataclass
class SandboxProcess:
    """A running sandbox.

    Attributes:
        url: its base URL, `http://127.0.0.1:<port>`; the systems are below it: `{url}/lms`.
        credentials: what its systems accept.
        control: a client for the control calls.
        smtp_port: where its mail server listens, on 127.0.0.1.
    """

    url: str
    credentials: Credentials
    control: httpx.Client
    process: subprocess.Popen[str]
    smtp_port: int

    def journal(self, system: str = "", since: int = 0) -> list[dict[str, Any]]:
        """The requests received, in order."""
        answer = self._get("/_control/journal", system=system, since=since)
        return list(answer["entries"])

    def last(self) -> int:
        """The number of the newest request."""
        return int(self._get("/_control/journal", system="", since=2**31)["last"])

    def effects(self, system: str = "", since: int = 0) -> list[dict[str, Any]]:
        """The requests that changed something."""
        return [entry for entry in self.journal(system, since) if entry["effect"]]

    def state(self, system: str) -> dict[str, Any]:
        """The whole state of one system."""
        return self._get("/_control/state", system=system)

    def fault(self, system: str, kind: str, **more: Any) -> None:
        """Let coming requests meet a fault: method, path, times, skip, seconds, status, code."""
        self._post("/_control/faults", {"system": system, "kind": kind, **more})

    def faults(self) -> list[dict[str, Any]]:
        """The faults that still stand."""
        return list(self._get("/_control/faults")["faults"])

    def clear_faults(self) -> None:
        """Withdraw every fault."""
        self.control.delete("/_control/faults").raise_for_status()

    def reset(self, world: str = "empty", **more: Any) -> None:
        """Make a fresh world."""
        self._post("/_control/reset", {"world": world, **more})

    def behaviour(self, **habits: Any) -> dict[str, Any]:
        """Change how the org's own automations act; answers how they act now."""
        return self._post("/_control/behaviour", habits)

    def clock(self, today: str) -> None:
        """Set the stand-ins' date, ISO."""
        self._post("/_control/clock", {"today": today})

    def seed(self, **records: dict[str, Any]) -> dict[str, Any]:
        """Put records there, by system; answers their ids."""
        return self._post("/_control/seed", records)

    def until(self, system: str, holds: Callable[[dict[str, Any]], Any], seconds: float = 120) -> dict[str, Any]:
        """The state of a system once the condition holds for it; fails when it does not in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            state = self.state(system)
            if holds(state):
                return state
            time.sleep(0.1)
        raise AssertionError(f"{system} did not get there within {seconds} s: {state}")

    def stop(self) -> None:
        """End the process."""
        self.control.close()
        self.process.terminate()
        self.process.wait(_STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _get(self, path: str, **params: Any) -> dict[str, Any]:
        return dict(self.control.get(path, params=params).raise_for_status().json())

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.control.post(path, json=body)
        assert answer.status_code == httpx.codes.OK, f"{path}: {answer.text}"
        return dict(answer.json())


def start_sandbox(world: str = "empty", **env: str) -> SandboxProcess:
    """Start a sandbox on a free port; `env` are environment variables (`SANDBOX_RECEIVER_URL=…`)."""
    environ = {**os.environ, **env}
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--smtp-port", "0", "--world", world]
    process = subprocess.Popen(command, cwd=_ROOT, env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ready = process.stdout.readline()
    assert ready, f"the sandbox ended with {process.wait(_READY_SECONDS)} before it was ready"
    told = json.loads(ready)
    control = httpx.Client(base_url=told["sandbox"], trust_env=False, timeout=60)
    own = Credentials.from_environment(environ)
    return SandboxProcess(told["sandbox"], own, control, process, port_of(told["smtp"]))


def port_of(url: str) -> int:
    """The port that a URL names."""
    port = urlsplit(url).port
    assert port, url
    return port
