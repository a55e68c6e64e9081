"""The settings of a command, which Prefect reads when it is imported."""

import os
import warnings

from deployments.stack.settings import StackSettings, running_settings


def command_settings() -> StackSettings:
    """The stack's settings. Sets Prefect's variables in the environment where they are not set yet."""
    settings = running_settings()
    for name, value in settings.prefect_environment().items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings(action="ignore"):  # Prefect warns of a stack's folder that is not there
        _send_no_events()
    return settings


def _send_no_events() -> None:
    """Send no events to Prefect. A command executes no run, and Prefect warns at its end of events not sent yet."""
    from prefect.events.clients import NullEventsClient
    from prefect.events.worker import EventsWorker

    EventsWorker.set_client_override(NullEventsClient)
