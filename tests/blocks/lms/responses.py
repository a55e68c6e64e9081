"""What an LMS answers, for the local server to say."""

from tests.blocks import blocks
from tests.blocks.vendor import says

COMPANY = {
    "id": "48213",
    "accountId": blocks.ACCOUNT,
    "name": "Acme",
    "status": "active",
    "deactivateOn": None,
    "modules": ["learning"],
    "userCount": 26,
    "locationCount": 2,
    "planAmount": "1250.10",
    "billingStartDate": "2026-01-16",
}
USER = {
    "id": "9",
    "email": "Jane@x.org",
    "firstName": "Jane",
    "lastName": "Roe",
    "companyId": None,
    "kind": "demo",
    "status": "active",
}


def refuses(status, code, **more):
    return says({"error": {"code": code, "message": "No", **more}}, status)
