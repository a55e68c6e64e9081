"""Sign-up forms, as a client of the LMS gets them."""

from tests.blocks.blocks import ACCOUNT

FORM = {"accountId": ACCOUNT, "companyName": "Acme & Söhne", "email": "jane@x.org"}
COMPLETE_FORM = {
    "accountId": ACCOUNT,
    "companyName": "Acme Clinics",
    "firstName": "Jane",
    "lastName": "Roe",
    "phone": "+1 212 555 0100",
    "email": "jane@acme.example",
    "userCount": "26",
    "locationCount": "2",
    "planAmount": "1250.10",
    "billingStartDate": "2026-01-16",
}
