"""References between the subrequests of a composite: `@{acct.id}`, `@{q.records[0].Id}`."""

import re
from typing import Any, Final

_REFERENCE: Final = re.compile(r"@\{([A-Za-z][A-Za-z0-9_]*)\.([^{}]+)\}")
_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class MissingReference(Exception):
    """Raised when a subrequest leans on one that failed, or on a field its answer has not."""


def resolved(value: Any, results: dict[str, Any]) -> Any:
    """A JSON value with its references replaced; one that is the whole text keeps its type."""
    if isinstance(value, str):
        whole = _REFERENCE.fullmatch(value)
        if whole:
            return _looked_up(whole, results)
        return _REFERENCE.sub(lambda found: str(_looked_up(found, results)), value)
    if isinstance(value, list):
        return [resolved(one, results) for one in value]
    if isinstance(value, dict):
        return {name: resolved(one, results) for name, one in value.items()}
    return value


def _looked_up(found: re.Match[str], results: dict[str, Any]) -> Any:
    reference, path = found.groups()
    value = results.get(reference)
    for name, index in _STEP.findall(path):
        if index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif name and isinstance(value, dict) and name in value:
            value = value[name]
        else:
            raise MissingReference(f"Invalid reference specified. No value for {path} found in {reference}")
    return value
