"""Creating, changing and deleting records, with the checks the real org makes."""

from collections.abc import Mapping
from typing import Any

from sandbox.salesforce import ids, schema, values
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.schema.model import Field, Row, SObject
from sandbox.salesforce.store import Store
from sandbox.state import Clock

Body = Mapping[str, Any]
_ACTIVITIES = ("Task", "Event")


class Records:
    """The org's records as its API lets them be changed."""

    def __init__(self, store: Store, clock: Clock, user_id: str) -> None:
        self.store, self._clock, self.user_id = store, clock, user_id

    def create(self, known: SObject, body: Body) -> str:
        """Insert a record and answer its id."""
        given = self.read(known, body, creating=True)
        missing = [f.name for f in known.fields.values() if f.required and given.get(f.name, f.default) is None]
        if missing:
            _missing(missing)
        self._check_unique(known, given, "")
        return self.insert(known, given)

    def insert(self, known: SObject, given: Row) -> str:
        """Insert values that need no checking: of our own automations, of a world, of a seed."""
        record_id, number = self.store.tables[known.name].following()
        row = known.defaults | {name: value for name, value in given.items() if value is not None}
        row.update(dict.fromkeys(known.numbered, f"{number:08d}"))
        if "OwnerId" in known.fields:
            row.setdefault("OwnerId", self.user_id)
        now = self._now()
        row |= {"Id": record_id, "IsDeleted": False, "CreatedDate": now, "CreatedById": self.user_id}
        self.store.put(known.name, self._finish(known, row, now))
        return record_id

    def update(self, known: SObject, record_id: str, body: Body) -> bool:
        """Change a record; False when every value was already so."""
        row = self.existing(known, record_id)
        given = self.read(known, body, creating=False)
        cleared = [name for name, value in given.items() if value is None and known.fields[name].required]
        if cleared:
            _missing(cleared)
        changes = {name: value for name, value in given.items() if row.get(name) != value}
        if changes:
            self._check_unique(known, changes, record_id)
            self.change(known, row, changes)
        return bool(changes)

    def change(self, known: SObject, row: Row, changes: Row) -> None:
        """Replace a row by itself with some values changed."""
        now = self._now()
        stamped = {stamp: now for name, stamp in known.stamps.items() if name in changes}
        changed = {name: value for name, value in (row | changes | stamped).items() if value is not None}
        self.store.put(known.name, self._finish(known, changed, now))

    def delete(self, known: SObject, record_id: str) -> None:
        """Move a record to the bin."""
        if not known.writeable:
            raise SalesforceError("CANNOT_DELETE", f"You cannot delete a record of {known.name}")
        row = self.existing(known, record_id)
        self.change(known, row, {"IsDeleted": True})

    def existing(self, known: SObject, record_id: str) -> Row:
        """The live record behind an id of either length, or the refusal Salesforce would give."""
        row = self.store.tables[known.name].rows.get(own_id(known, record_id))
        if row is None:
            raise not_found(f"Provided external ID field does not exist or is not accessible: {record_id}")
        if row["IsDeleted"]:
            raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted", status=404, fields=[])
        return row

    def matching(self, known: SObject, field: Field, value: str) -> list[Row]:
        """The live records whose external id is this."""
        rows = self.store.tables[known.name].holding(field.name, [values.parse(field, value)])
        return [row for row in rows if not row["IsDeleted"]]

    def _now(self) -> str:
        return values.instant(self._clock.now().replace(microsecond=0))

    def _finish(self, known: SObject, row: Row, now: str) -> Row:
        row.update(LastModifiedDate=now, LastModifiedById=self.user_id, SystemModstamp=now)
        if known.derive:
            row.update(known.derive(row))
        if known.name in _ACTIVITIES:
            row["AccountId"] = self._account_of(row)
        return row

    def _account_of(self, activity: Row) -> str | None:
        """The account of what an activity is about, or else of whom it is with."""
        for name in ("WhatId", "WhoId"):
            found = self.store.named(activity.get(name))
            if found is not None:
                kind, record = found
                account = record["Id"] if kind == "Account" else record.get("AccountId") or record.get("Account__c")
                if account:
                    return str(account)
        return None

    def read(self, known: SObject, body: Body, *, creating: bool) -> Row:
        """The values of a body, checked one by one, under the fields' own spelling."""
        if not known.writeable:
            raise SalesforceError("INSUFFICIENT_ACCESS_OR_READONLY", f"{known.name} can not be written", status=403)
        fields = {name: _field(known, name) for name in body if name != "attributes"}
        locked = [f.name for f in fields.values() if not (f.createable if creating else f.updateable)]
        if locked:
            raise SalesforceError(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                f"Unable to create/update fields: {', '.join(locked)}. Please check the security settings of "
                "this field and verify that it is read/write for your profile or permission set.",
                fields=locked,
            )
        given = {field.name: values.parse(field, body[name]) for name, field in fields.items()}
        self._check_references(known, given)
        return given

    def _check_references(self, known: SObject, given: Row) -> None:
        for name, value in given.items():
            if value is not None and known.fields[name].type == "reference" and not self._pointed(value):
                raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=[name])

    def _pointed(self, record_id: str) -> bool:
        found = self.store.named(record_id)
        return found is not None and not found[1]["IsDeleted"]

    def _check_unique(self, known: SObject, given: Row, own: str) -> None:
        for name, value in given.items():
            if value is None or not known.fields[name].unique:
                continue
            for row in self.matching(known, known.fields[name], value):
                if row["Id"] != own:
                    raise SalesforceError(
                        "DUPLICATE_VALUE",
                        f"duplicate value found: {name} duplicates value on record with id: {row['Id']}",
                        fields=[name],
                    )


def own_id(known: SObject, record_id: str) -> str:
    """An id of this very object, as 18 characters."""
    read = ids.normal(record_id)
    if read is None:
        raise SalesforceError(
            "MALFORMED_ID", f"{known.name} ID: id value of incorrect type: {record_id}", fields=["Id"]
        )
    if read[:3] != known.prefix:
        raise SalesforceError("MALFORMED_ID", f"{known.name} ID: id value of incorrect type: {read}", fields=["Id"])
    return read


def object_or_404(name: str) -> SObject:
    """An object named in a path."""
    known = schema.object_named(name)
    if known is None:
        raise not_found()
    return known


def _field(known: SObject, name: str) -> Field:
    field = known.field_named(name)
    if field is None:
        raise SalesforceError("INVALID_FIELD", f"No such column '{name}' on sobject of type {known.name}")
    return field


def _missing(names: list[str]) -> None:
    raise SalesforceError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(names)}]", fields=names)
