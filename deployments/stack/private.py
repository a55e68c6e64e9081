"""What a stack keeps is for its own user: a database with secrets, results, logs, credentials."""

import os
from pathlib import Path

OWN = 0o077
"""The rights that files and folders of ours never have: those of the group and of everybody."""


def create_private_files() -> None:
    """From now on, files and folders of this process and of those it starts are of its user alone."""
    os.umask(OWN)


def make_private(folder: Path) -> None:
    """Make a folder of this user alone, and all that an earlier version has left in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~OWN)
