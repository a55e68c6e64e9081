"""The form in which the fields of a record are changed, and what was changed in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from starlette.datastructures import FormData

from sandbox.page import NONE
from sandbox.salesforce.pages.words import address, label, text, title
from sandbox.salesforce.schema.model import NUMBERS, Field, Row, SObject
from sandbox.salesforce.store import Store

_BEFORE: Final = "was:"
_MOST_CHOICES: Final = 300
_INPUTS: Final = {"date": "date", "email": "text", "phone": "tel"}
_KEYS_TO_ACCOUNT: Final = ("AccountId", "Account__c")


def editable(known: SObject, *, creating: bool = False) -> Iterator[Field]:
    """The fields of an object that a person may fill in."""
    for field in known.fields.values():
        if field.type != "base64" and (field.createable if creating else field.updateable):
            yield field


def fields_form(store: Store, known: SObject, row: Row, typed: Mapping[str, str], *, creating: bool = False) -> str:
    """The inputs of every editable field.

    Args:
        store: the records that can be chosen.
        known: the object.
        row: the record; of a new one, what decides which others can be chosen.
        typed: what a person typed that was not stored.
        creating: whether the record is new: its fields hold their defaults then.
    """
    before = known.defaults if creating else row
    return "".join(_field(store, field, row, before, typed) for field in editable(known, creating=creating))


def typed_values(known: SObject, form: FormData, *, creating: bool = False) -> dict[str, str]:
    """What was typed into the fields of a form that differs from what it showed first.

    A value that another user or a flow wrote meanwhile is so left as it is.
    """
    typed = {}
    for field in editable(known, creating=creating):
        if _BEFORE + field.name in form:
            now = ";".join(str(value) for value in form.getlist(field.name)).replace("\r\n", "\n")
            if now != str(form[_BEFORE + field.name]).replace("\r\n", "\n"):
                typed[field.name] = now
    return typed


def api_value(field: Field, typed: str) -> Any:
    """What was typed, as the API takes it.

    Raises:
        ValueError: it is no number.
    """
    if typed == "" and field.type != "boolean":
        return None
    if field.type in NUMBERS:
        try:
            return float(typed)
        except ValueError:
            raise ValueError(f"{label(field)}: {typed} is not a number.") from None
    return typed == "true" if field.type == "boolean" else typed


def _field(store: Store, field: Field, row: Row, stored: Row, typed: Mapping[str, str]) -> str:
    before = text(field, stored.get(field.name))
    now = typed.get(field.name, before)
    name, needed = escape(field.name), " *" if field.required else ""
    target = f" <a href='{address(escape(before))}'>open</a>" if field.targets and before else ""
    known = f"<input type='hidden' name='{_BEFORE}{name}' value='{escape(before)}'>"
    if field.type == "multipicklist":
        return (
            f"<div class='field'>{known}<fieldset aria-label='{escape(label(field))}'><div class='name'>"
            f"{escape(label(field))}<span class='api'>{name}</span></div>{_boxes(field, now)}</fieldset></div>"
        )
    # Two labels: people read the first, whoever writes a script the second.
    return (
        f"<div class='field'>{known}<div class='name'><label for='f-{name}'>{escape(label(field))}</label>{needed}"
        f"<label class='api' for='f-{name}'>{name}</label>{target}</div>{_input(store, field, row, now)}</div>"
    )


def _input(store: Store, field: Field, row: Row, now: str) -> str:
    known = f"id='f-{escape(field.name)}' name='{escape(field.name)}'"
    if field.type == "boolean":
        return _select(known, [("true", "Yes"), ("false", "No")], now or "false")
    if field.type == "picklist":
        values = dict.fromkeys(("", *field.values, now))
        return _select(known, [(one, one or NONE) for one in values], now)
    if field.type == "reference" and (records := list(_choices(store, field, row, now))):
        return _select(known, [("", NONE), *records], now)
    if field.type == "textarea":
        return f"<textarea {known} rows='3'>\n{escape(now)}</textarea>"
    kind = _INPUTS.get(field.type, "text")
    mode = " inputmode='decimal'" if field.type in NUMBERS else ""
    return f"<input {known} type='{kind}'{mode} value='{escape(now)}'>"


def _select(known: str, options: Sequence[tuple[str, str]], chosen: str) -> str:
    lines = "".join(
        f"<option value='{escape(value)}'{' selected' if value == chosen else ''}>{escape(shown)}</option>"
        for value, shown in options
    )
    return f"<select {known}>{lines}</select>"


def _boxes(field: Field, now: str) -> str:
    chosen = [part for part in now.split(";") if part]
    return "".join(
        f"<label><input type='checkbox' name='{escape(field.name)}' value='{escape(one)}'"
        f"{' checked' if one in chosen else ''}>{escape(one)}</label>"
        for one in dict.fromkeys((*field.values, *chosen))
    )


def _choices(store: Store, field: Field, row: Row, now: str) -> Iterator[tuple[str, str]]:
    """The records that a look-up may point to, if they are few: people, or what belongs to the same account."""
    if len(field.targets) != 1:
        return
    (target,) = field.targets
    rows = _candidates(store, target, row)
    if len(rows) > _MOST_CHOICES:
        return
    current = store.named(now)
    if current and current[1]["Id"] not in {one["Id"] for one in rows}:
        rows = [*rows, current[1]]
    yield from sorted(((str(one["Id"]), _choice(store, one)) for one in rows), key=lambda one: one[1].casefold())


def _candidates(store: Store, target: str, row: Row) -> list[Row]:
    account = next((str(row[name]) for name in _KEYS_TO_ACCOUNT if row.get(name)), "")
    sale = store.named(row.get("OpportunityId") or row.get("Opportunity__c"))
    account = account or (str(sale[1].get("AccountId") or "") if sale else "")
    table = store.tables[target]
    if target in ("Contact", "Contract", "Opportunity") and account:
        return _live(table.holding("AccountId", [account]))
    if len(table.rows) <= _MOST_CHOICES:
        return _live(table.rows.values())
    return []


def _live(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if not row["IsDeleted"]]


def _choice(store: Store, row: Row) -> str:
    more = [row.get(name) for name in ("Email", "Title", "Status", "StartDate")]
    if row.get("IsActive") is False:
        more.append("inactive")
    return " · ".join([title(store, row), *(str(one) for one in more if one)])
