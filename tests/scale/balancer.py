"""haproxy in front of the API servers and of the receivers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_GENERAL = """\
defaults
  mode http
  timeout connect 2s
  timeout client 70s
  timeout server 70s
  timeout tunnel 1h
  retries 3
  option redispatch
"""
_FRONT = """
listen at-{port}
  bind 127.0.0.1:{port}
  balance roundrobin
  option httpchk GET {health}
  default-server check inter 500ms fall 2 rise 1
"""


@dataclass(frozen=True)
class Backend:
    """One of the processes that share an address."""

    name: str
    port: int

    @property
    def url(self) -> str:
        """Its own address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def health(self) -> str:
        """Where it says that it is alive."""
        return "/api/health" if self.name.startswith("api-") else "/health"


def write_configuration(file: Path, fronts: Mapping[int, Sequence[Backend]]) -> None:
    """Write haproxy's configuration: the backends behind each port, a request each in turn."""
    parts = [_GENERAL]
    for port, backends in fronts.items():
        parts.append(_FRONT.format(port=port, health=backends[0].health))
        parts += [f"  server {backend.name} 127.0.0.1:{backend.port}\n" for backend in backends]
    file.write_text("".join(parts))


def balancer_command(haproxy: str, file: Path) -> list[str]:
    """The command of haproxy in the foreground."""
    return [haproxy, "-db", "-f", str(file)]
