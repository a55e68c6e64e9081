"""Titles and descriptions for the dashboard's form of a procedure.

Prefect itself shows each parameter's name in the code and ignores the title and description in its annotation.
"""

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

from prefect.flows import Flow
from pydantic.fields import FieldInfo


def form_fields(flow: Flow[..., Any]) -> dict[str, dict[str, str]]:
    """Title and description of each parameter, from its annotation."""
    hints = get_type_hints(flow.fn, include_extras=True)
    return {name: _field(name, hints[name]) for name in flow.parameters.properties}


def _field(name: str, hint: Any) -> dict[str, str]:
    field = next(_annotations(hint), FieldInfo())
    title = field.title or name.replace("_", " ").capitalize()
    return {"title": title} | ({"description": field.description} if field.description else {})


def _annotations(hint: Any) -> Iterator[FieldInfo]:
    """The pydantic fields of a parameter's annotation, then those of its parts."""
    yield from (field for field in getattr(hint, "__metadata__", ()) if isinstance(field, FieldInfo))
    for part in get_args(hint):
        yield from _annotations(part)
