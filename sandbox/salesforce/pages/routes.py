"""The org as a person sees it in a browser: records whose fields can be changed, lists, a search, files."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.page import facts, link, not_there, page
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.org import Org
from sandbox.salesforce.pages import lists
from sandbox.salesforce.pages.files import download, download_button, newest_version
from sandbox.salesforce.pages.forms import api_value, fields_form, typed_values
from sandbox.salesforce.pages.words import address, label, list_address, object_label, object_of, shown, title
from sandbox.salesforce.schema import OBJECTS
from sandbox.salesforce.schema.model import Row, SObject
from sandbox.state import effect

_HERE: Final = "/salesforce"
_TABS: Final = ("Opportunity", "Account", "Contact", "Contract", "Customer_Onboarding__c", "User", "Case")


class RecordPages:
    """Pages under `/lightning`, where the links of messages and reports lead. No log-in: it is a sandbox."""

    def __init__(self, system: Any) -> None:
        self._system = system
        self.routes = [
            Route("/lightning/r/{record_id}/view", self.record, methods=["GET"]),
            Route("/lightning/r/{record_id}/view", self.change, methods=["POST"]),
            Route("/lightning/r/{record_id}/download", self.file, methods=["GET"]),
            Route("/lightning/r/{name}/{record_id}/view", self.record_of, methods=["GET"]),
            Route("/lightning/o/{name}/list", self.records, methods=["GET"]),
            Route("/lightning/o/{name}/new", self.blank, methods=["GET"]),
            Route("/lightning/o/{name}/new", self.create, methods=["POST"]),
            Route("/lightning/search", self.search, methods=["GET"]),
        ]
        self.pages = [Route("/salesforce", _home), Route("/salesforce/", _home)]

    @property
    def _org(self) -> Org:
        org: Org = self._system.org
        return org

    async def records(self, request: Request) -> Response:
        """The newest records of one object, or those that have the text `q`."""
        name = request.path_params["name"]
        if name not in OBJECTS:
            return not_there(f"The org has no object {name}.", here=_HERE)
        body = lists.object_list(self._org.store, OBJECTS[name], request.query_params.get("q", ""))
        return page(object_label(name, several=True), body, here=_HERE, path=_tabs(name))

    async def search(self, request: Request) -> Response:
        """Everything that has the text `q`; the record itself when it is an id."""
        query = request.query_params.get("q", "")
        if found := lists.exact(self._org.store, query):
            return RedirectResponse(found, 303)
        body = lists.search(self._org.store, query) or f"<p class='soft'>Nothing is called “{escape(query)}”.</p>"
        return page(f"Search: {query}", body, here=_HERE, path=_tabs())

    async def record(self, request: Request) -> Response:
        """One record with its fields and what belongs to it."""
        saved = request.query_params.get("saved", "")
        notice = f"<p class='notice' role='status'>Saved: {escape(saved)}.</p>" if saved else ""
        return self._shown(request.path_params["record_id"], notice)

    async def record_of(self, request: Request) -> Response:
        """The page of a record under the address that also names its object: the same page, if it is one of those."""
        name, record_id = request.path_params["name"], request.path_params["record_id"]
        found = object_of(self._org.store, record_id)
        if found is None or found[0].name != name:
            return not_there(f"There is no {name} {record_id} in this world.", here=_HERE)
        return RedirectResponse(address(record_id), 307)

    async def change(self, request: Request) -> Response:
        """Change fields as the API would: automations act and outbound messages are sent.

        The form has each field and, as `was:<field>`, what it showed; or one `field` and its `value`. `next` is the
        page of this sandbox that is shown then.
        """
        record_id, form = request.path_params["record_id"], await request.form()
        found = object_of(self._org.store, record_id)
        if found is None:
            return self._shown(record_id, "")
        known, typed = found[0], typed_values(found[0], form)
        if single := str(form.get("field", "")):
            typed = {single: str(form.get("value", ""))}
        if typed.keys() - known.fields.keys():
            return self._shown(record_id, _alert("There is no such field."))
        try:
            with self._org.store.transaction() as changes:
                self._org.records.update(known, record_id, _values(known, typed))
        except (SalesforceError, ValueError) as no:
            return self._shown(record_id, _alert(str(no)), typed)
        if changes:
            effect(request)
        names = ", ".join(label(known.fields[name]) for name in typed) if changes else "nothing was different"
        return RedirectResponse(_next(form) or f"view?{urlencode({'saved': names})}", 303)

    async def blank(self, request: Request) -> Response:
        """The form of a new record; the address may give values by the fields' names."""
        known = OBJECTS.get(request.path_params["name"])
        if known is None or known.name not in lists.CREATABLE:
            return not_there("Records of this kind are not made by hand.", here=_HERE)
        given = {name: value for name, value in request.query_params.items() if name in known.fields}
        return self._form(known, given, request.query_params.get("next", ""), "")

    async def create(self, request: Request) -> Response:
        """Make a record as the API would."""
        form = await request.form()
        known = OBJECTS.get(request.path_params["name"])
        if known is None or known.name not in lists.CREATABLE:
            return not_there("Records of this kind are not made by hand.", here=_HERE)
        typed = typed_values(known, form, creating=True)
        try:
            with self._org.store.transaction():
                made = self._org.records.create(
                    known, {k: v for k, v in _values(known, typed).items() if v is not None}
                )
        except (SalesforceError, ValueError) as no:
            return self._form(known, typed, str(form.get("next", "")), _alert(str(no)))
        effect(request)
        saved = urlencode({"saved": f"new {object_label(known.name)}"})
        return RedirectResponse(f"{_next(form) or address(made)}?{saved}", 303)

    async def file(self, request: Request) -> Response:
        """Save the file of a record."""
        found = object_of(self._org.store, request.path_params["record_id"])
        version = newest_version(self._org.store, found[1]) if found else None
        return download(version) if version else not_there("There is no such file.", here=_HERE)

    def _shown(self, record_id: str, notice: str, typed: Mapping[str, str] | None = None) -> Response:
        store, found = self._org.store, object_of(self._org.store, record_id)
        if found is None:
            return not_there(f"There is no record {record_id} in this world.", here=_HERE)
        known, row = found
        form = fields_form(store, known, row, typed or {}) if known.writeable else ""
        body = (
            f"{notice}{download_button(store, row)}{_elsewhere(known, row)}{_form(form, 'Save')}"
            f"{lists.related_lists(store, known, record_id)}{self._fixed(known, row)}"
        )
        path = f"{_tabs(known.name)}"
        return page(f"{object_label(known.name)}: {title(store, row)}", body, here=_HERE, path=path)

    def _form(self, known: SObject, given: Mapping[str, str], after: str, notice: str) -> Response:
        inputs = fields_form(self._org.store, known, dict(given), given, creating=True)
        hidden = f"<input type='hidden' name='next' value='{escape(after)}'>"
        body = notice + _form(inputs + hidden, f"Create {object_label(known.name)}")
        return page(f"New {object_label(known.name)}", body, here=_HERE, path=_tabs(known.name))

    def _fixed(self, known: SObject, row: Row) -> str:
        """What nobody changes by hand."""
        fields = [field for field in known.fields.values() if not field.updateable and field.type != "base64"]
        pairs = [(label(field), shown(self._org.store, field, row)) for field in fields]
        return f"<details><summary>System information</summary>{facts(pairs)}</details>"


async def _home(_request: Request) -> Response:
    return RedirectResponse(list_address("Opportunity"), 303)


def _tabs(here: str = "") -> str:
    """The lists of the org; the one whose object is shown is marked."""
    links = (link(list_address(name), object_label(name, several=True)) for name in _TABS)
    return " · ".join(f"<b>{one}</b>" if name == here else one for name, one in zip(_TABS, links, strict=True))


def _form(inputs: str, button: str) -> str:
    if not inputs:
        return ""
    return (
        f"<form method='post' class='sheet'><div class='fields'>{inputs}</div>"
        f"<div class='bar'><button class='primary'>{escape(button)}</button></div></form>"
    )


def _elsewhere(known: SObject, row: Row) -> str:
    """Where a record is in the other systems."""
    if known.name == "Contact" and row.get("Email"):
        address_of_mail = f"/mail?{urlencode({'q': row['Email']})}"
        return f"<p>{link(address_of_mail, 'Mail to this contact')}</p>"
    if known.name != "Account":
        return ""
    name = urlencode({"q": row.get("Name") or row["Id"]})
    company, billed = row.get("LMS_Company_Id__c"), row.get("Recurly_Account_Id__c")
    account = urlencode({"q": row["Id"]})
    places = (
        (f"/lms/companies/{company}" if company else f"/lms/companies?{account}", "LMS company"),
        (f"/recurly/app/accounts/{billed}" if billed else f"/recurly/app/accounts?{name}", "Recurly account"),
        (f"/outreach/prospects?{name}", "Outreach prospects"),
    )
    return f"<p>In other systems: {' · '.join(link(*place) for place in places)}</p>"


def _alert(text: str) -> str:
    return f"<p role='alert'>{escape(text)}</p>"


def _values(known: SObject, typed: Mapping[str, str]) -> dict[str, Any]:
    return {name: api_value(known.fields[name], value) for name, value in typed.items()}


def _next(form: FormData) -> str:
    """The page of this sandbox that the form names; "" for none, or for one that lies elsewhere."""
    wanted = str(form.get("next", ""))
    return wanted if re.fullmatch(r"/(?![/\\])[\w/.#?=&%-]*", wanted) else ""
