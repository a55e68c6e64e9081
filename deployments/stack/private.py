"""Only its own user may read a stack's files: a database with secrets, results, logs, credentials."""

import os
from pathlib import Path

OWN = 0o077
"""The rights of the group and of others, which files of a stack never have."""


def create_private_files() -> None:
    """Make new files of this process and its children readable by their user alone."""
    os.umask(OWN)


def make_private(folder: Path) -> None:
    """Create the folder, and remove the rights of others on it and on everything in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~OWN)
