"""The systemd units as data: what each starts, and with which environment."""

import shlex
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path

from tests.docs.ends_table import PROJECT

FOLDER = PROJECT / "deployments" / "systemd"
INSTALLED = "/opt/lifecycle/.venv/bin/"
"""Where the units find the project's programs."""
INSTANCE = "8710"
"""The instance that a template stands for here: a port, or a number."""


class Repeating(dict[str, str]):
    """A section in which a repeated key adds a line, as in systemd."""

    def __setitem__(self, key: str, value: str) -> None:
        old = self.get(key)
        super().__setitem__(key, old + value if isinstance(old, list) and isinstance(value, list) else value)


@dataclass(frozen=True)
class Unit:
    """One unit.

    Attributes:
        command: the words of `ExecStart`, with an instance in place of `%i`.
        environment_files: the names of its files in `environment/`.
        settings: the section `[Service]`.
    """

    name: str
    command: list[str]
    environment_files: list[str]
    settings: dict[str, str]


def units() -> list[Unit]:
    """Every unit."""
    return [_unit(file) for file in sorted(FOLDER.glob("*.service"))]


def common() -> dict[str, str]:
    """The section `[Service]` that all units share."""
    return _service(FOLDER / "lifecycle-.service.d" / "common.conf")


def environment(*names: str) -> dict[str, str]:
    """The variables of files in `environment/`, as systemd reads them."""
    lines = [line for name in names for line in (FOLDER / "environment" / name).read_text("utf-8").splitlines()]
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value.strip('"') for name, _, value in pairs}


def _unit(file: Path) -> Unit:
    service = _service(file)
    words = shlex.split(service["ExecStart"].replace("%i", INSTANCE).replace("%H", "host"))
    files = [Path(line).name for line in service["EnvironmentFile"].splitlines() if line]
    return Unit(file.name, words, files, service)


def _service(file: Path) -> dict[str, str]:
    parser = RawConfigParser(strict=False, dict_type=Repeating, empty_lines_in_values=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(file, encoding="utf-8")
    return dict(parser["Service"])
