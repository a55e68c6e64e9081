"""Which part of the org answers which path below `/services/data/vNN.0/`."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.salesforce import describe
from sandbox.salesforce.calls import Answer, Call, said
from sandbox.salesforce.composite import Composite
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.files import RecordsAndFiles
from sandbox.salesforce.queries import Queries
from sandbox.salesforce.reports import Reports
from sandbox.salesforce.sobject_collections import Collections
from sandbox.salesforce.sobjects import SObjects
from sandbox.salesforce.store import Store
from sandbox.salesforce.usage import Usage
from sandbox.state import SandboxState

Handler = Callable[..., Answer]
_NAME: Final = r"(?P<name>\w+)"
_EXTERNAL: Final = r"(?P<field_name>\w+)/(?P<value>.+)"


class Resources:
    """Answers calls; each in a transaction of its own, so that a refused one leaves nothing behind."""

    def __init__(self, sandbox: SandboxState, store: Store, records: RecordsAndFiles, usage: Usage) -> None:
        self._store = store
        one, many = SObjects(records), Collections(records)
        queries, reports = Queries(store, sandbox.clock), Reports(store, sandbox)
        several = Composite(store, self.answer, usage)
        table: dict[str, Mapping[str, Handler]] = {
            "": {"GET": describe.resources},
            "limits": {"GET": usage.limits},
            "query": {"GET": queries.query},
            "queryAll": {"GET": queries.query_all},
            r"query(?:All)?/(?P<locator>01g\w+)-(?P<start>\d+)": {"GET": queries.page},
            # The Salesforce CLI asks here for objects of developers' orgs; this one has none of them.
            "tooling/query": {"GET": queries.query},
            "sobjects": {"GET": describe.every_object},
            f"sobjects/{_NAME}": {"GET": describe.one_object, "POST": one.create},
            f"sobjects/{_NAME}/describe": {"GET": describe.fields},
            f"sobjects/{_NAME}/(?P<record_id>[^/]+)": {
                "GET": one.read,
                "PATCH": one.update,
                "DELETE": one.delete,
            },
            rf"sobjects/{_NAME}/(?P<record_id>068\w+)/(?P<field_name>\w+)": {"GET": one.content},
            f"sobjects/{_NAME}/{_EXTERNAL}": {"GET": one.read_by, "PATCH": one.upsert},
            "analytics/reports": {"GET": reports.listed},
            r"analytics/reports/(?P<report_id>\w+)": {"GET": reports.run, "POST": reports.run},
            "composite": {"POST": several.composite},
            "composite/batch": {"POST": several.batch},
            "composite/sobjects": {"POST": many.create, "PATCH": many.update, "DELETE": many.delete},
            rf"composite/sobjects/{_NAME}/(?P<field_name>\w+)": {"PATCH": many.upsert},
        }
        self._table = [(re.compile(path, re.DOTALL), handlers) for path, handlers in table.items()]

    def answer(self, call: Call) -> Answer:
        """Answer a call, or refuse it in Salesforce's words."""
        try:
            handler, names = self._handler(call)
            with self._store.transaction():
                return handler(call, **names)
        except SalesforceError as no:
            return said(no)

    def _handler(self, call: Call) -> tuple[Handler, dict[str, Any]]:
        for path, handlers in self._table:
            found = path.fullmatch(call.path)
            if found is None:
                continue
            if call.method not in handlers:
                allowed = ",".join(sorted(handlers))
                raise SalesforceError(
                    "METHOD_NOT_ALLOWED",
                    f"HTTP Method '{call.method}' not allowed. Allowed are {allowed}",
                    status=405,
                )
            return handlers[call.method], found.groupdict()
        raise not_found()
