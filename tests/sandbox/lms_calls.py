"""What the tests of the LMS send, and how they read its refusals."""

import httpx

ACCOUNT = "001000000000001AAA"


def error(answer: httpx.Response) -> dict[str, object]:
    return dict(answer.json()["error"])
