"""The end of a service, planned or past, and its withdrawal: the same for companies and publications."""

from deployments.contract.trial import Trial

FAR, PAST = "2099-03-31", "2020-03-31"
_REASON = {"deactivationReason": "Contract test"}


async def planned_and_withdrawn(trial: Trial, record_id: str) -> None:
    """Plan an end, twice, and withdraw it.

    Raises:
        Mismatch: the record is not scheduled, or not active again.
    """
    planned = {"deactivateOn": FAR, **_REASON}
    for _ in range(2):
        reply = await trial.call(record_id, json=planned)
        reply.expect_fields(planned | {"status": "scheduled"}, reply.expect(200))
    reply = await trial.call(record_id, json={"deactivateOn": None, "deactivationReason": None})
    reply.expect_fields({"status": "active", "deactivateOn": None}, reply.expect(200))


async def ended_and_back(trial: Trial, record_id: str) -> None:
    """End a service by its last day and by its status, and start it again without and with a last day.

    Raises:
        Mismatch: status or last day are others after one of these changes.
    """
    steps = (
        ({"deactivateOn": PAST, **_REASON}, {"status": "inactive", "deactivateOn": PAST}),
        ({"status": "active"}, {"status": "active", "deactivateOn": None}),
        ({"status": "inactive"}, {"status": "inactive"}),
        ({"status": "active", "deactivateOn": FAR}, {"status": "scheduled", "deactivateOn": FAR}),
    )
    for changes, expected in steps:
        reply = await trial.call(record_id, json=changes)
        reply.expect_fields(expected, reply.expect(200))
