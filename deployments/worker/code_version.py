"""The version of the code that a process has imported: of our modules and of the installed packages."""

import site
import sys
from pathlib import Path

PACKAGES = ("flows", "tasks", "blocks", "rules", "deployments", "__main__")
"""Our packages that a flow run imports."""
Version = tuple[tuple[int, int], ...]
"""The time and size of each file and folder."""


def code_version() -> Version:
    """What changes when a module of ours that this process has imported changes, or a package is installed."""
    ours = [module for name, module in [*sys.modules.items()] if name.partition(".")[0] in PACKAGES]
    files = sorted(file for module in ours if (file := getattr(module, "__file__", None)))
    return tuple(map(_stamp, (*files, *site.getsitepackages())))


def has_changed_since(seconds: float) -> bool:
    """Whether any of it has changed after a time (of `time.time`), for example while it was imported."""
    return max(code_version())[0] > seconds * 1e9


def _stamp(path: str) -> tuple[int, int]:
    """The time and size of a file or folder; zeros if it is gone."""
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
