"""The names of runs that have no name of their record yet."""

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

LONGEST_IN_NAME = 100
"""Characters of a parameter that the name of a run shows."""


class _RunName(Formatter):
    """Fills the parameters into the name of a run, and says which one is missing."""

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[str, str]:
        field, names = super().get_field, field_name.split("|")
        texts = (" ".join(str(field(name, args, kwargs)[0] or "").split()) for name in names)
        missing = f"(no {names[0].removesuffix('_id')} given)"
        return next(filter(None, texts), missing)[:LONGEST_IN_NAME], field_name


def own_name(run_name: str, given: Mapping[str, Any]) -> str:
    """The name of a run that has none of its record yet: `Publications (no account given)`."""
    return _RunName().vformat(run_name, (), given).replace(" of (no ", " (no ")
