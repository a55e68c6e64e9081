"""The org as a person sees it in a browser: a record's page, whose fields can be changed, and lists of records."""

from collections.abc import Iterator
from html import escape
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.page import page
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import OBJECTS
from sandbox.salesforce.schema.model import NUMBERS, Field, Row, SObject
from sandbox.state import effect

LISTED: Final = 200


class RecordPages:
    """Pages under `/lightning`, where the links of messages and reports lead. No log-in: it is a sandbox."""

    def __init__(self, system: Any) -> None:
        self._system = system
        self.routes = [
            Route("/lightning/r/{record_id}/view", self.record, methods=["GET"]),
            Route("/lightning/r/{record_id}/view", self.change, methods=["POST"]),
            Route("/lightning/r/{name}/{record_id}/view", self.record_of, methods=["GET"]),
            Route("/lightning/o/{name}/list", self.records, methods=["GET"]),
        ]

    @property
    def _org(self) -> Org:
        org: Org = self._system.org
        return org

    async def records(self, request: Request) -> Response:
        """The first records of one object."""
        name = request.path_params["name"]
        if name not in OBJECTS:
            return page("Not there", f"<p>The org has no object {escape(name)}.</p>", status=404)
        rows = list(self._org.store.tables[name].rows.values())[:LISTED]
        lines = "".join(
            f"<tr><td>{_link(row)}</td><td>{escape(str(row.get('StageName') or ''))}</td></tr>" for row in rows
        )
        return page(name, f"<table>{lines}</table>")

    async def record(self, request: Request) -> Response:
        """One record, field by field."""
        return self._shown(request.path_params["record_id"], "")

    async def record_of(self, request: Request) -> Response:
        """The page of a record under the address that also names its object: the same page, if it is one of those."""
        name, record_id = request.path_params["name"], request.path_params["record_id"]
        found = self._found(record_id)
        if found is None or found[0].name != name:
            return page(
                "Not there", f"<p>There is no {escape(name)} {escape(record_id)} in this world.</p>", status=404
            )
        return RedirectResponse(f"../../{quote(record_id)}/view", 307)

    async def change(self, request: Request) -> Response:
        """Change one field as the API would: automations act and outbound messages are sent."""
        record_id = request.path_params["record_id"]
        found = self._found(record_id)
        form = await request.form()
        field = found[0].fields.get(str(form.get("field", ""))) if found else None
        if found is None or field is None:
            return self._shown(record_id, "There is no such field.")
        try:
            with self._org.store.transaction() as changes:
                self._org.records.update(found[0], record_id, {field.name: _value(field, str(form.get("value", "")))})
        except (SalesforceError, ValueError) as no:
            return self._shown(record_id, str(no))
        if changes:
            effect(request)
        return RedirectResponse("view", 303)

    def _found(self, record_id: str) -> tuple[SObject, Row] | None:
        for name, known in OBJECTS.items():
            row = self._org.store.tables[name].rows.get(record_id) if name in self._org.store.tables else None
            if row:
                return known, row
        return None

    def _shown(self, record_id: str, said: str) -> Response:
        found = self._found(record_id)
        if found is None:
            return page("Not there", f"<p>There is no record {escape(record_id)} in this world.</p>", status=404)
        known, row = found
        notice = f"<p role='alert'><b>{escape(said)}</b></p>" if said else ""
        lines = "".join(
            f"<tr><th>{escape(field.name)}</th><td>{_cell(field, row)}</td></tr>" for field in _fields(known)
        )
        related = " · ".join(
            f"<a href='../../o/{name}/list'>{name}</a>"
            for name in ("Opportunity", "Account", "Contract", "Contact", "User")
        )
        title = f"{known.name}: {row.get('Name') or row.get('ContractNumber') or record_id}"
        return page(title, f"{notice}<p>{related}</p><table>{lines}</table>")


def _fields(known: SObject) -> Iterator[Field]:
    return (field for field in known.fields.values() if field.type != "base64")


def _cell(field: Field, row: Row) -> str:
    value = row.get(field.name)
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if not field.updateable:
        return escape(text)
    follow = f" <a href='../{quote(text)}/view'>open</a>" if field.targets and text else ""
    name = escape(field.name, quote=True)
    return (
        f"<form method='post'><input type='hidden' name='field' value='{name}'>{_input(field, text)}"
        f"<button aria-label='Save {name}'>Save</button>{follow}</form>"
    )


def _input(field: Field, text: str) -> str:
    label = f"aria-label='{escape(field.name, quote=True)}'"
    if field.values and field.type == "picklist":
        choices = dict.fromkeys(("", *field.values, text))
        options = "".join(f"<option{' selected' if one == text else ''}>{escape(one)}</option>" for one in choices)
        return f"<select name='value' {label}>{options}</select>"
    return f"<input name='value' size='50' {label} value='{escape(text, quote=True)}'>"


def _value(field: Field, text: str) -> Any:
    """What was typed, as the API takes it."""
    if text == "" and field.type != "boolean":
        return None
    if field.type in NUMBERS:
        return float(text)
    return text == "true" if field.type == "boolean" else text


def _link(row: Row) -> str:
    label = row.get("Name") or row.get("ContractNumber") or row["Id"]
    return f"<a href='../../r/{quote(row['Id'])}/view'>{escape(str(label))}</a>"
