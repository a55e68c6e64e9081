"""What the tests of the LMS send, and how they read its refusals."""

import httpx

ACCOUNT = "001000000000001AAA"
PERSON = {"email": "ann@acme.example", "firstName": "Ann", "lastName": "Lee", "role": "admin"}


def error(answer: httpx.Response) -> dict[str, object]:
    return dict(answer.json()["error"])
