"""A Redis server of the trial's own."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr


def redis_command(url: SecretStr, folder: Path) -> list[str]:
    """The command of a server at the URL that loses nothing in a restart.

    Every write waits for the disk: the lease of a lock that is lost would never end.
    """
    folder.mkdir()
    port = urlsplit(url.get_secret_value()).port
    address = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
    return ["redis-server", *address, "--save", "", "--appendonly", "yes", "--appendfsync", "always"]
