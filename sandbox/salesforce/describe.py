"""What the org tells about itself: objects, fields, limits, versions."""

from typing import Any

from sandbox.salesforce import schema
from sandbox.salesforce.calls import Answer, Call
from sandbox.salesforce.records import object_or_404
from sandbox.salesforce.schema.model import Field, SObject

NEWEST, OLDEST = 65, 31


def every_object(call: Call) -> Answer:
    """GET sobjects."""
    known = [_summary(call, one) for one in schema.OBJECTS.values()]
    return Answer(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": known})


def one_object(call: Call, name: str) -> Answer:
    """GET sobjects/{Obj}."""
    return Answer(200, {"objectDescribe": _summary(call, object_or_404(name)), "recentItems": []})


def fields(call: Call, name: str) -> Answer:
    """GET sobjects/{Obj}/describe."""
    known = object_or_404(name)
    children = [
        {"childSObject": child.child, "field": child.field, "relationshipName": child.name}
        for child in schema.CHILDREN.get(known.name, {}).values()
    ]
    described = [_field(field) for field in known.fields.values()]
    return Answer(200, _summary(call, known) | {"fields": described, "childRelationships": children})


def versions() -> list[dict[str, str]]:
    """GET /services/data: what needs no token."""
    return [
        {"label": f"Release {number}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in range(OLDEST, NEWEST + 1)
    ]


def resources(call: Call) -> Answer:
    """GET the version itself."""
    names = ("sobjects", "query", "queryAll", "limits", "composite", "analytics")
    return Answer(200, {name: f"{call.base}/{name}" for name in names})


def _summary(call: Call, known: SObject) -> dict[str, Any]:
    url = f"{call.base}/sobjects/{known.name}"
    return {
        "name": known.name,
        "label": known.name.removesuffix("__c").replace("_", " "),
        "keyPrefix": known.prefix,
        "custom": known.name.endswith("__c"),
        "queryable": True,
        "retrieveable": True,
        "createable": known.writeable,
        "updateable": known.writeable,
        "deletable": known.writeable,
        "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
    }


def _field(field: Field) -> dict[str, Any]:
    options = [{"active": True, "defaultValue": False, "label": one, "value": one} for one in field.values]
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "length": field.length,
        "scale": field.scale,
        "nillable": not field.required,
        "createable": field.createable,
        "updateable": field.updateable,
        "calculated": field.custom and not field.createable,
        "custom": field.custom,
        "externalId": field.external_id,
        "idLookup": field.external_id or field.unique or field.type == "id",
        "unique": field.unique,
        "filterable": field.filterable,
        "autoNumber": field.auto_number,
        "defaultValue": field.default,
        "picklistValues": options,
        "restrictedPicklist": bool(options) and field.restricted,
        "referenceTo": list(field.targets),
        "relationshipName": field.relationship or None,
    }
