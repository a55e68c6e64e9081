"""Read back the values that a run wrote, and the final state of a run that finds others (REC-3)."""

from collections.abc import Mapping, Sequence
from typing import Any

from prefect import State
from prefect.states import Failed

from rules.common.accepted import Field, SkippedStep
from rules.common.records import Company
from rules.onboarding.verification import Differences, Value, field_differences
from tasks.core.steps import gather_all, read_task
from tasks.lms.companies import read_company
from tasks.salesforce.writes import present_values

OUT_OF_SYNC = "Out of sync"
"""The final state of a run that wrote everything, and then read other values back."""


@read_task("Verify {label} in Salesforce and the LMS")
async def verify_onboarding(
    expected: Mapping[Field, Value], company_id: str, skipped: Sequence[SkippedStep] = ()
) -> tuple[Differences, Company]:
    """The differences in Salesforce, and the company in the LMS; one call to each system.

    Args:
        expected: the values that the run wrote, by record and field.
        company_id: of the LMS.
        skipped: the steps that a person has skipped.

    Raises:
        VendorRefused: the LMS has no such company.
    """
    present, company = await gather_all(present_values(expected), read_company.fn(company_id))
    return field_differences(expected, present, skipped), company


@read_task("Verify {label} in Salesforce")
async def verify_assignment(expected: Mapping[Field, Value], skipped: Sequence[SkippedStep]) -> Differences:
    """The differences between Salesforce and the values that the run wrote."""
    return field_differences(expected, await present_values(expected), skipped)


def out_of_sync(name: str, differences: Sequence[str]) -> State[Any]:
    """The final state of a run that read back other values than it wrote."""
    summary = f"{name}: a system does not have the values that the run wrote. {' '.join(differences)}"
    return Failed(name=OUT_OF_SYNC, message=f"{summary} To write them again, press Retry.")
