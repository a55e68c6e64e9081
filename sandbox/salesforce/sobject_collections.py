"""The resource `composite/sobjects`: up to 200 records in one call, answered row by row."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

from sandbox.salesforce import schema
from sandbox.salesforce.calls import Answer, Call
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.records import Records, object_or_404
from sandbox.salesforce.schema.model import SObject
from sandbox.salesforce.sobjects import external_id

Row = dict[str, Any]
_MOST: Final = 200
_MOST_CHUNKS: Final = 10
_ROLLED_BACK = SalesforceError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
    fields=[],
)


class Collections:
    """Create, change, upsert and delete many."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def create(self, call: Call) -> Answer:
        """POST composite/sobjects."""

        def one(record: Row) -> Row:
            return _done(self._records.create(_typed(record), _values(record)))

        return self._each(call, one)

    def update(self, call: Call) -> Answer:
        """PATCH composite/sobjects."""

        def one(record: Row) -> Row:
            known = _typed(record)
            record_id = next((value for key, value in record.items() if key.lower() == "id"), None)
            if not isinstance(record_id, str):
                raise SalesforceError("MISSING_ARGUMENT", "Id not specified in an update call", fields=["Id"])
            row = self._records.existing(known, record_id)
            self._records.update(known, row["Id"], _values(record))
            return _done(row["Id"])

        return self._each(call, one)

    def upsert(self, call: Call, name: str, field_name: str) -> Answer:
        """PATCH composite/sobjects/{Obj}/{ExtField}."""
        known = object_or_404(name)
        field = external_id(known, field_name)

        def one(record: Row) -> Row:
            values = _values(record)
            key = values.get(field.name)
            if not isinstance(key, str) or not key:
                raise SalesforceError("MISSING_ARGUMENT", f"{field.name} not specified", fields=[field.name])
            rows = self._records.matching(known, field, key)
            if len(rows) > 1:
                raise SalesforceError("DUPLICATE_EXTERNAL_ID", f"{field.name}: more than one record found")
            if not rows:
                return _done(self._records.create(known, values)) | {"created": True}
            self._records.update(known, rows[0]["Id"], values)
            return _done(rows[0]["Id"]) | {"created": False}

        return self._each(call, one)

    def delete(self, call: Call) -> Answer:
        """DELETE composite/sobjects?ids=a,b."""

        def one(record_id: str) -> Row:
            known = schema.BY_PREFIX.get(record_id[:3])
            if known is None:
                raise SalesforceError("MALFORMED_ID", f"malformed id {record_id}", fields=["Id"])
            self._records.delete(known, record_id)
            return _done(record_id)

        listed = [one_id.strip() for one_id in call.query.get("ids", "").split(",") if one_id.strip()]
        every = call.query.get("allOrNone", "").lower() == "true"
        return Answer(200, self._run(_counted(listed), one, every=every))

    def _each(self, call: Call, act: Callable[[Row], Row]) -> Answer:
        body = call.json_object()
        records = body.get("records")
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise SalesforceError("JSON_PARSER_ERROR", "records must be a list of objects")
        _check_chunks(_counted(records))
        return Answer(200, self._run(records, act, every=body.get("allOrNone") is True))

    def _run(self, things: list[Any], act: Callable[[Any], Row], *, every: bool) -> list[Row]:
        rows: list[Row] = []
        try:
            with self._records.store.transaction():
                rows.extend(self._one(thing, act) for thing in things)
                if every and not all(row["success"] for row in rows):
                    raise _ROLLED_BACK
        except SalesforceError as no:
            rolled_back = {"success": False, "errors": [no.row()]}
            return [rolled_back if row["success"] else row for row in rows]
        return rows

    def _one(self, thing: Any, act: Callable[[Any], Row]) -> Row:
        try:
            with self._records.store.transaction():
                return act(thing)
        except SalesforceError as no:
            return {"success": False, "errors": [no.row()]}


def _done(record_id: str) -> Row:
    return {"id": record_id, "success": True, "errors": []}


def _typed(record: Row) -> SObject:
    name = _type(record)
    known = schema.object_named(name)
    if known is None:
        raise SalesforceError("INVALID_TYPE", f"sObject type '{name}' is not supported.", fields=[])
    return known


def _type(record: Row) -> str:
    attributes = record.get("attributes")
    return str(attributes.get("type")) if isinstance(attributes, dict) else ""


def _values(record: Row) -> Row:
    return {name: value for name, value in record.items() if name.lower() not in ("attributes", "id")}


def _counted(things: list[Any]) -> list[Any]:
    if len(things) > _MOST:
        raise SalesforceError(
            "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {_MOST} records into this call"
        )
    return things


def _check_chunks(records: list[Row]) -> None:
    types = [_type(record) for record in records]
    changes = sum(one != following for one, following in pairwise(types))
    if changes >= _MOST_CHUNKS:
        raise SalesforceError("TOO_MANY_CHUNKS", f"Cannot have more than {_MOST_CHUNKS} chunks in a single operation")
