"""The checksum of the code that a machine runs: of our modules and of the installed packages."""

import hashlib
import sysconfig
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = ("flows", "tasks", "blocks", "rules", "webhooks", "deployments")
"""The packages whose modules a flow run or the receiver imports."""
CHARACTERS = 12
"""Of the checksum that people compare."""


def code_checksum() -> str:
    """The same on two machines that run the same code; what changes only in memory or on the way to it is not seen."""
    checksum = hashlib.sha256()
    for part in (*_modules(), *_packages()):
        checksum.update(part)
    return checksum.hexdigest()[:CHARACTERS]


def _modules() -> Iterator[bytes]:
    """The place and the content of every module and template."""
    for folder in FOLDERS:
        for file in sorted((PROJECT / folder).rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                yield file.relative_to(PROJECT).as_posix().encode()
                yield file.read_bytes()


def _packages() -> Iterator[bytes]:
    """The name and version of every installed package, ours left out: it may be installed in two ways."""
    names = sorted(folder.name for folder in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))
    return (name.encode() for name in names if not name.startswith("customer_lifecycle-"))
