"""What the dashboard's form says of a procedure's parameters.

Prefect calls each by its name in the code, and leaves out what its annotation says of it.
"""

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

from prefect.flows import Flow
from pydantic.fields import FieldInfo


def said_of(flow: Flow[..., Any]) -> dict[str, dict[str, str]]:
    """Title and description of each parameter, as its annotation has them."""
    hints = get_type_hints(flow.fn, include_extras=True)
    return {name: _said(name, hints[name]) for name in flow.parameters.properties}


def _said(name: str, hint: Any) -> dict[str, str]:
    field = next(_fields(hint), FieldInfo())
    title = field.title or name.replace("_", " ").capitalize()
    return {"title": title} | ({"description": field.description} if field.description else {})


def _fields(hint: Any) -> Iterator[FieldInfo]:
    """What is said of the parameter itself, and then of what it may be."""
    yield from (one for one in getattr(hint, "__metadata__", ()) if isinstance(one, FieldInfo))
    for part in get_args(hint):
        yield from _fields(part)
