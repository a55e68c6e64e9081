"""The resource `query`: a statement's rows, page by page."""

import re
from collections import OrderedDict
from typing import Any, Final

from sandbox.salesforce import ids
from sandbox.salesforce.calls import Answer, Call
from sandbox.salesforce.errors import SalesforceError, malformed_query
from sandbox.salesforce.soql.engine import Result, run
from sandbox.salesforce.store import Store
from sandbox.state import Clock

_LARGEST_PAGE: Final = 2_000
_SMALLEST_PAGE: Final = 200
_KEPT: Final = 100


class Queries:
    """Runs statements, and keeps the rows of those that take several pages."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._following = ids.counter("01g")
        self._kept: OrderedDict[str, tuple[Result, int]] = OrderedDict()

    def query(self, call: Call) -> Answer:
        """GET query?q=…, the first page."""
        return self._first(call, deleted=False)

    def query_all(self, call: Call) -> Answer:
        """GET queryAll?q=…: the bin too."""
        return self._first(call, deleted=True)

    def page(self, call: Call, locator: str, start: str) -> Answer:
        """GET a nextRecordsUrl."""
        if locator not in self._kept:
            raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
        result, size = self._kept[locator]
        return Answer(200, self._page(call, result, int(start), size, locator))

    def _first(self, call: Call, *, deleted: bool) -> Answer:
        if not call.query.get("q", "").strip():
            raise malformed_query("A query string has to be specified")
        result = run(self._store, self._clock, call.query["q"], deleted=deleted)
        size = _page_size(call.headers.get("sforce-query-options", ""))
        locator = self._keep(result, size) if len(result.rows) > size else ""
        return Answer(200, self._page(call, result, 0, size, locator))

    def _keep(self, result: Result, size: int) -> str:
        locator = self._following()
        self._kept[locator] = result, size
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return locator

    def _page(self, call: Call, result: Result, start: int, size: int, locator: str) -> dict[str, Any]:
        end = start + size
        done = end >= len(result.rows)
        page: dict[str, Any] = {"totalSize": result.total, "done": done}
        if not done:
            page["nextRecordsUrl"] = f"{call.base}/query/{locator}-{end}"
        page["records"] = [result.render(row, call.base) for row in result.rows[start:end]]
        return page


def _page_size(options: str) -> int:
    asked = re.search(r"batchSize\s*=\s*(\d+)", options)
    return min(max(int(asked[1]), _SMALLEST_PAGE), _LARGEST_PAGE) if asked else _LARGEST_PAGE
