"""The calls we make to Salesforce, around simple-salesforce.

The client logs in at its first call, and again once when the session has ended.
Numbers with a fraction are Decimal. One client belongs to one thread.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from pydantic import SecretStr
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError
from simple_salesforce.util import Usage

from blocks.common.calls import vendor_call
from blocks.common.errors import UnexpectedResponse, VendorError
from blocks.common.masking import no_secrets
from blocks.common.responses import M, read
from blocks.salesforce.composite import Fields, Subrequest, api_name, bodies, body_of, checked_id, collections
from blocks.salesforce.errors import SYSTEM, from_network, from_salesforce
from blocks.salesforce.login import Login
from blocks.salesforce.responses import (
    Created,
    Description,
    Page,
    Report,
    child_relationships,
    page_of,
    plain_record,
)

T = TypeVar("T")

MAX_QUERIES = 5
_EXPIRED = "INVALID_SESSION_ID"


class SalesforceClient:
    """Reads and writes one Salesforce org. Raises only the classes of `blocks.common.errors`."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._salesforce: Salesforce | None = None

    @property
    def api_usage(self) -> tuple[int, int] | None:
        """The org's calls of the last 24 hours and its allowance, from the latest response; None when unknown."""
        usage = (self._salesforce.api_usage or {}).get("api-usage") if self._salesforce else None
        return (usage.used, usage.total) if isinstance(usage, Usage) and usage.total > 0 else None

    def query(self, soql: str) -> list[dict[str, Any]]:
        """All records of a query, every page of it.

        Records have no `attributes`; a child subquery becomes a list, empty when it has no rows.
        """
        return self._records(soql, self._page(lambda sf: sf.query(soql)))

    def queries(self, statements: Sequence[str]) -> list[list[dict[str, Any]]]:
        """The records of up to 5 queries, asked in one call, each as `query` returns them.

        The queries travel in the body, so they may be longer than an address.
        """
        if not 0 < len(statements) <= MAX_QUERIES:
            raise ValueError(f"A composite request holds 1 to {MAX_QUERIES} queries, not {len(statements)}")
        subrequests = [
            Subrequest("GET", f"query?q={quote(soql, safe='')}", f"query{number}")
            for number, soql in enumerate(statements)
        ]
        firsts = [page_of(body) for body in self.composite(subrequests)]
        return [self._records(soql, first) for soql, first in zip(statements, firsts, strict=True)]

    def get(self, sobject: str, record_id: str, fields: Sequence[str]) -> dict[str, Any]:
        """The named fields of one record.

        Raises:
            VendorRefused: with code NOT_FOUND or ENTITY_IS_DELETED when it is not there.
        """
        path = f"sobjects/{api_name(sobject)}/{checked_id(record_id)}"
        names = ",".join(api_name(field) for field in fields)
        record = self._call("get", lambda sf: sf.restful(path, params={"fields": names}))
        if not isinstance(record, dict):
            raise UnexpectedResponse(SYSTEM, "get: the response is not an object")
        return plain_record(record, frozenset(), self._rest_of)

    def describe(self, sobject: str) -> dict[str, Any]:
        """Salesforce's description of an object: `fields`, each with `name`, `type`, `updateable`."""
        path = f"sobjects/{api_name(sobject)}/describe"
        return self._read(Description, "describe", lambda sf: sf.restful(path)).model_dump()

    def report_lists(self, report_id: str, record_id: str) -> bool:
        """Whether the report's rows name the record (ONB-5).

        A report has at most 2,000 rows; when it is cut off, it is asked again for this record.
        """
        report = self._report(report_id, None)
        if (listed := report.lists(record_id)) or report.all_data:
            return listed
        return self._report(report_id, report.narrowed_to(checked_id(record_id))).lists(record_id)

    def composite(self, requests: Sequence[Subrequest]) -> list[dict[str, Any]]:
        """Up to 25 calls in one, all or none; the bodies of the responses in the same order.

        Raises:
            VendorRefused: naming the record and Salesforce's reason; nothing was stored.
            VendorUnavailable: a record is locked, or Salesforce is busy; nothing was stored unless `outcome_unknown`.
        """
        writes = any(request.method != "GET" for request in requests)
        body = body_of(self._login.api_version, requests)
        response = self._call("composite", lambda sf: sf.restful("composite", method="POST", json=body), writes=writes)
        with no_secrets(self._token):
            return bodies(response, requests, self._token)

    def change(self, records: Sequence[Fields], *also: Subrequest) -> list[dict[str, Any]]:
        """Write fields of many records in one call, all or none.

        Args:
            records: at most 800, each once.
            also: further calls to make in their order before the records are written.

        Returns:
            The bodies of the responses to the further calls.

        Raises:
            VendorRefused: naming the record and Salesforce's reason; nothing was stored.
            VendorUnavailable: a record is locked, or Salesforce is busy; nothing was stored unless `outcome_unknown`.
        """
        return self.composite([*also, *collections(records)])[: len(also)]

    def create(self, sobject: str, fields: Mapping[str, Any]) -> str:
        """Create one record and return its id.

        Raises:
            VendorUnavailable: with `outcome_unknown` when it may have been created: look for it before trying again.
        """
        path = f"sobjects/{api_name(sobject)}"
        fields = dict(fields)
        return self._read(Created, "create", lambda sf: sf.restful(path, method="POST", json=fields), writes=True).id

    def _report(self, report_id: str, narrowed: dict[str, Any] | None) -> Report:
        path, params = f"analytics/reports/{checked_id(report_id)}", {"includeDetails": "true"}
        method = "GET" if narrowed is None else "POST"
        return self._read(Report, "report", lambda sf: sf.restful(path, params=params, method=method, json=narrowed))

    def _read(self, model: type[M], call: str, request: Callable[[Salesforce], Any], *, writes: bool = False) -> M:
        response = self._call(call, request, writes=writes)
        with no_secrets(self._token):
            return read(model, SYSTEM, call, response)

    def _page(self, request: Callable[[Salesforce], Any]) -> Page:
        return page_of(self._call("query", request))

    def _next_page(self, url: str) -> Page:
        return self._page(lambda sf: sf.query_more(url, identifier_is_url=True))

    def _records(self, soql: str, first: Page) -> list[dict[str, Any]]:
        children = child_relationships(soql)
        return [plain_record(record, children, self._rest_of) for record in self._rest_of(first)]

    def _rest_of(self, first: Page) -> list[dict[str, Any]]:
        records, page = list(first.records), first
        seen: set[str] = set()
        while page.next_url is not None:
            if page.next_url in seen:
                raise UnexpectedResponse(SYSTEM, "query: the pages of the response repeat")
            seen.add(page.next_url)
            page = self._next_page(page.next_url)
            records.extend(page.records)
        return records

    def _call(self, call: str, request: Callable[[Salesforce], T], *, writes: bool = False) -> T:
        """Make one call; when the session has ended, log in and make the same call once more."""
        try:
            return self._attempt(call, request, writes=writes)
        except VendorError as error:
            if error.code != _EXPIRED:
                raise
        self._end_session()
        try:
            return self._attempt(call, request, writes=writes)
        except VendorError as error:
            if error.code == _EXPIRED:
                self._end_session()
            raise

    def _end_session(self) -> None:
        if self._salesforce is not None:
            self._login.session_over(self._salesforce)
            self._salesforce = None

    def _attempt(self, call: str, request: Callable[[Salesforce], T], *, writes: bool) -> T:
        if self._salesforce is None:
            self._salesforce = self._login.login()
        with no_secrets(self._token), vendor_call(SYSTEM, call):
            try:
                return request(self._salesforce)
            except SalesforceError as error:
                raise from_salesforce(call, error.status, error.content, writes=writes, secret=self._token) from None
            except requests.exceptions.JSONDecodeError:
                raise UnexpectedResponse(SYSTEM, f"{call}: the response is not JSON") from None
            except requests.RequestException as error:
                raise from_network(call, error, writes=writes) from None
            except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
                # simple-salesforce reads some fields of the parsed response itself.
                raise UnexpectedResponse(SYSTEM, f"{call}: the response is not as promised") from None

    @property
    def _token(self) -> SecretStr | None:
        return SecretStr(str(self._salesforce.session_id)) if self._salesforce else None
