"""The version of the code that a process has imported: of our modules and of the installed packages."""

import site
import sys
from pathlib import Path

PACKAGES = ("flows", "tasks", "blocks", "rules", "deployments", "__main__")
"""Our packages that a flow run imports."""


def code_version() -> str:
    """A text that changes when a module of ours that this process has imported changes, or a package is installed."""
    ours = [module for name, module in [*sys.modules.items()] if name.partition(".")[0] in PACKAGES]
    files = sorted(file for module in ours if (file := getattr(module, "__file__", None)))
    return ";".join(map(_stamp, (*files, *site.getsitepackages())))


def _stamp(path: str) -> str:
    """The time and size of a file or folder; "" if it is gone."""
    try:
        found = Path(path).stat()
    except OSError:
        return ""
    return f"{found.st_mtime_ns}-{found.st_size}"
