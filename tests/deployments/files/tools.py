"""Programs that check deployment files. Not every machine has them; in CI a missing one is a failure."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PLACES = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin"
REQUIRED = bool(os.environ.get("LIFECYCLE_REQUIRE_DEPLOYMENT_TOOLS"))


def program(name: str) -> str:
    """The path of a program."""
    return shutil.which(name, path=PLACES) or name


def needs_program(name: str) -> pytest.MarkDecorator:
    """Skip a test without a program."""
    there = shutil.which(name, path=PLACES)
    return pytest.mark.skipif(not (there or REQUIRED), reason=f"{name} is not installed (make deployment-tools)")


def needs_module(name: str) -> pytest.MarkDecorator:
    """Skip a test without a Python package."""
    there = find_spec(name)
    return pytest.mark.skipif(not (there or REQUIRED), reason=f"{name} is not installed (make deployment-tools)")
