"""The resource `sobjects`: one record at a time."""

import base64
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sandbox.salesforce import values
from sandbox.salesforce.calls import Answer, Call
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.files import RecordsAndFiles
from sandbox.salesforce.records import object_or_404
from sandbox.salesforce.schema.model import Field, Row, SObject
from sandbox.salesforce.soql.selection import Selection
from sandbox.salesforce.soql.syntax import Path

# Up to this version an upsert that changed a record answered without a body.
_SILENT_UPSERT = 45


class SObjects:
    """Create, read, change, delete and upsert."""

    def __init__(self, records: RecordsAndFiles) -> None:
        self._records = records

    def create(self, call: Call, name: str) -> Answer:
        """POST sobjects/{Obj}."""
        known = object_or_404(name)
        record_id = self._records.create(known, call.json_object())
        location = f"{call.base}/sobjects/{known.name}/{record_id}"
        return Answer(201, {"id": record_id, "success": True, "errors": []}, {"Location": location})

    def read(self, call: Call, name: str, record_id: str) -> Answer:
        """GET sobjects/{Obj}/{id}[?fields=A,B]."""
        known = object_or_404(name)
        return self._shown(call, known, self._records.existing(known, record_id))

    def update(self, call: Call, name: str, record_id: str) -> Answer:
        """PATCH sobjects/{Obj}/{id}."""
        known = object_or_404(name)
        _check_unmodified(call, self._records.existing(known, record_id))
        self._records.update(known, record_id, call.json_object())
        return Answer(204)

    def delete(self, _call: Call, name: str, record_id: str) -> Answer:
        """DELETE sobjects/{Obj}/{id}."""
        self._records.delete(object_or_404(name), record_id)
        return Answer(204)

    def content(self, _call: Call, name: str, record_id: str, field_name: str) -> Answer:
        """GET sobjects/ContentVersion/{id}/VersionData: the file itself."""
        known = object_or_404(name)
        field = known.field_named(field_name)
        if field is None or field.type != "base64":
            raise not_found()
        row = self._records.existing(known, record_id)
        return Answer(200, raw=base64.b64decode(row.get(field.name, "")))

    def read_by(self, call: Call, name: str, field_name: str, value: str) -> Answer:
        """GET sobjects/{Obj}/{ExtField}/{value}."""
        known = object_or_404(name)
        rows = self._matching(known, field_name, value)
        if not rows:
            raise not_found(f"The requested resource does not exist: {field_name}/{value}")
        return self._several(call, known, rows) if len(rows) > 1 else self._shown(call, known, rows[0])

    def upsert(self, call: Call, name: str, field_name: str, value: str) -> Answer:
        """PATCH sobjects/{Obj}/{ExtField}/{value}: 201 created, 200 updated, 300 several."""
        known, body = object_or_404(name), call.json_object()
        field = external_id(known, field_name)
        if any(key.lower() == field.name.lower() for key in body):
            raise SalesforceError(
                "INVALID_FIELD", f"The {field.name} field should not be specified in the sobject data."
            )
        rows = self._matching(known, field_name, value)
        if len(rows) > 1:
            return self._several(call, known, rows)
        if rows:
            self._records.update(known, rows[0]["Id"], body)
            return _upserted(call, known, rows[0]["Id"], created=False)
        if field.type == "id" or call.query.get("updateOnly", "").lower() == "true":
            raise not_found(f"No record was found with {field.name} {value}")
        return _upserted(call, known, self._records.create(known, body | {field.name: value}), created=True)

    def _matching(self, known: SObject, field_name: str, value: str) -> list[Row]:
        field = external_id(known, field_name)
        if field.type == "id":
            return [self._records.existing(known, value)]
        return self._records.matching(known, field, value)

    def _shown(self, call: Call, known: SObject, row: Row) -> Answer:
        _check_unmodified(call, row)
        selection = Selection(known)
        wanted = call.query.get("fields")
        for name in wanted.split(",") if wanted else known.fields:
            selection.add(Path((name.strip(),)))
        return Answer(200, selection.render(self._records.store, row, call.base))

    def _several(self, call: Call, known: SObject, rows: list[Row]) -> Answer:
        return Answer(300, [f"{call.base}/sobjects/{known.name}/{row['Id']}" for row in rows])


def external_id(known: SObject, name: str) -> Field:
    """A field by which records can be addressed."""
    field = known.field_named(name)
    if field is None or not (field.external_id or field.unique or field.type == "id"):
        raise not_found("Provided external ID field does not exist or is not accessible: " + name)
    return field


def _upserted(call: Call, known: SObject, record_id: str, *, created: bool) -> Answer:
    if not created and int(call.version[1:].split(".")[0]) <= _SILENT_UPSERT:
        return Answer(204)
    body = {"id": record_id, "success": True, "errors": [], "created": created}
    location = f"{call.base}/sobjects/{known.name}/{record_id}"
    return Answer(201 if created else 200, body, {"Location": location} if created else {})


def _check_unmodified(call: Call, row: Row) -> None:
    wanted = call.headers.get("if-unmodified-since")
    if wanted is not None and values.read_instant(row["LastModifiedDate"]) > _http_date(wanted):
        raise SalesforceError("PRECONDITION_FAILED", "The record was modified since " + wanted, status=412)


def _http_date(text: str) -> datetime:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        raise SalesforceError("INVALID_HEADER", f"Invalid value for header If-Unmodified-Since: {text}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
