"""What every call refuses: a wrong key, and the id of no record."""

from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr

from deployments.contract.document import Contract, Operation
from deployments.contract.trial import Check, Trial

WRONG = SecretStr("wrong-key-of-the-contract-test")
NOBODY = "contract-test-none"
"""An id of no record."""


def access_checks(contract: Contract) -> Iterator[Check]:
    """A check of the key for every call, and one of an unknown id for every call that answers 404."""
    for operation in contract.operations.values():
        yield Check(
            operation.id,
            "wrong_key",
            "A wrong API key is 401 unauthorized, whatever the request.",
            "Check X-API-Key before everything else.",
            _refuses_wrong_key,
        )
        if "404" in operation.responses:
            yield Check(
                operation.id,
                "unknown_id",
                "The id of no record is 404 not_found.",
                "Look up the record first. Answer with JSON, also where your framework answers 404 by itself.",
                _refuses_unknown_id,
            )


async def _refuses_wrong_key(trial: Trial) -> None:
    operation = trial.server.contract.operations[trial.operation]
    reply = await trial.call(NOBODY, api_key=WRONG, **_request(trial, operation))
    reply.expect(401, code="unauthorized")


async def _refuses_unknown_id(trial: Trial) -> None:
    operation = trial.server.contract.operations[trial.operation]
    (await trial.call(NOBODY, **_request(trial, operation))).expect(404, code="not_found")


def _request(trial: Trial, operation: Operation) -> dict[str, Any]:
    """A request of the right form."""
    requests: dict[str, dict[str, Any]] = {
        "signUp": {"data": trial.form(), "idempotency_key": trial.key()},
        "findCompanies": {"params": {"accountId": trial.account()}},
        "updateCompany": {"json": {"userCount": 30}},
        "setModules": {"json": {"modules": []}},
        "findUsers": {"params": {"email": trial.email()}},
        "updateUser": {"json": {"email": trial.email()}},
        "findPublications": {"params": {"companyId": NOBODY}},
        "createPublication": {"json": trial.publication(NOBODY), "idempotency_key": trial.key()},
        "updatePublication": {"json": {"publicationName": "South"}},
    }
    return requests.get(operation.id, {})
