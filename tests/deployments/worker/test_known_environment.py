"""The variables of the worker's settings are those that Prefect computes, for each kind of settings anew."""

import pytest
from prefect.settings import PREFECT_API_KEY, PREFECT_LOGGING_LEVEL, Settings, get_current_settings, temporary_settings

from deployments.worker.known_environment import remember_environment


@pytest.fixture(autouse=True)
def conversions(monkeypatch):
    """The settings that Prefect converts."""
    convert, converted = Settings.to_environment_variables, []

    def counted(self, **options):
        converted.append(self)
        return convert(self, **options)

    monkeypatch.setattr(Settings, "to_environment_variables", counted)
    remember_environment()
    return converted


def variables(**options):
    return get_current_settings().to_environment_variables(**options)


def test_the_same_settings_are_converted_once_and_nobody_changes_what_the_next_run_gets(conversions):
    first = variables(exclude_unset=True)
    usual = dict(first)
    first["PREFECT_ADDED"] = "by one run"
    assert variables(exclude_unset=True) == usual
    assert len(conversions) == 1


def test_other_settings_and_other_options_have_variables_of_their_own():
    usual = variables(exclude_unset=True)
    with temporary_settings({PREFECT_LOGGING_LEVEL: "ERROR", PREFECT_API_KEY: "secret"}):
        assert variables(exclude_unset=True)["PREFECT_LOGGING_LEVEL"] == "ERROR"
        assert variables(exclude_unset=True)["PREFECT_API_KEY"] == "secret"
        assert variables(exclude_unset=True, include_secrets=False)["PREFECT_API_KEY"] != "secret"
    assert variables(exclude_unset=True) == usual
    assert len(variables()) > len(usual)
