"""Lists of records: filters, pages, and the count for those who ask for it."""

import re
from typing import Any, Final

from starlette.requests import Request

from sandbox.errors import Refused
from sandbox.outreach.store import KINDS, Record

_PAGE: Final = 50
_LARGEST: Final = 1000
_FILTER: Final = re.compile(r"filter\[(\w+)\](?:\[(id)\])?(\[\])?")


def page(request: Request, kind: str, records: list[Record], system: str) -> dict[str, Any]:
    """A page of the records that the request asks for.

    `filter[emails]=a@b.c`, `filter[account][id]=7`; several values stand behind each other with commas, or, with
    `newFilterSyntax=true`, in parameters of their own: `filter[name][]=One, two`. `count=true` brings the count.

    Raises:
        Refused: the kind has no such filter, or the page's size is none.
    """
    found = _filtered(request, kind, records)
    size = request.query_params.get("page[size]", str(_PAGE))
    if not size.isdecimal() or not 1 <= int(size) <= _LARGEST:
        raise Refused(422, "validationError", f"page[size] is a number from 1 to {_LARGEST}.")
    after = request.query_params.get("page[after]", "0")
    later = [record for record in found if record["id"] > int(after if after.isdecimal() else 0)]
    shown = later[: int(size)]
    links = {}
    if len(later) > len(shown):
        here = request.url.replace(path=f"/{system}{request.url.path}")
        links["next"] = str(here.include_query_params(**{"page[after]": shown[-1]["id"]}))
    meta = {"count": len(found)} if request.query_params.get("count") == "true" else {}
    return {"data": shown, "links": links, "meta": meta}


def _filtered(request: Request, kind: str, records: list[Record]) -> list[Record]:
    new = request.query_params.get("newFilterSyntax") == "true"
    wanted: dict[tuple[str, bool], set[str]] = {}
    for name, value in request.query_params.multi_items():
        if not name.startswith("filter["):
            continue
        match = _FILTER.fullmatch(name)
        if match is None or not _known(kind, match[1], by_id=bool(match[2])) or bool(match[3]) != new:
            raise Refused(422, "validationError", f"{name} is no filter of {kind}.")
        values = [value] if new else value.split(",")
        wanted.setdefault((match[1], bool(match[2])), set()).update(values)
    return [record for record in records if all(_has(record, *where, values) for where, values in wanted.items())]


def _known(kind: str, name: str, *, by_id: bool) -> bool:
    return name in KINDS[kind].relations if by_id else name in ("id", *KINDS[kind].filters)


def _has(record: Record, name: str, by_id: bool, wanted: set[str]) -> bool:  # noqa: FBT001 - a part of the filter's name
    if by_id:
        target = record["relationships"][name]["data"]
        return target is not None and str(target["id"]) in wanted
    value = record["id"] if name == "id" else record["attributes"].get(name)
    values = value if isinstance(value, list) else [value]
    return any(_written(one) in wanted for one in values)


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
