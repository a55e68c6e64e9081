"""Whether a command in a deployment file is one that this project and Prefect have."""

from importlib.util import find_spec
from pathlib import PurePath

from cyclopts import App, CycloptsError
from prefect.cli._app import _app as prefect_app

from deployments.cli import app as lifecycle_app
from tests.docs.ends_table import PROJECT

OPTIONS_IN_SOURCE = ("webhooks",)
"""Modules that read their own command line."""


def fault(command: list[str]) -> str:
    """What is wrong with a command; empty if nothing is."""
    program, *rest = command
    match PurePath(program).name, rest:
        case "prefect", words:
            return _refused(prefect_app, words)
        case "lifecycle", words:
            return _refused(lifecycle_app, words)
        case "python", ["-m", module, *options]:
            return _fault_of_module(module, options)
    return f"{program} is none of our programs"


def _fault_of_module(module: str, options: list[str]) -> str:
    if find_spec(module) is None or find_spec(f"{module}.__main__") is None:
        return f"python -m {module} cannot run"
    if module not in OPTIONS_IN_SOURCE:  # the worker gives its options to Prefect
        return _refused(prefect_app, ["worker", "start", "--pool", "any", *options])
    source = PROJECT.joinpath(*module.split("."), "__main__.py").read_text(encoding="utf-8")
    unknown = [option for option in options if option.startswith("-") and f'"{option}"' not in source]
    return f"{module} has no {unknown}" if unknown else ""


def _refused(app: App, words: list[str]) -> str:
    try:
        app.parse_args(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return str(error)
    return ""
