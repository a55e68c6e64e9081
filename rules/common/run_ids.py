"""The ids of flow runs, as people enter them: by themselves, or in the address of a run's page."""

import re

_RUN_ID = re.compile(r"(?<![0-9a-f-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f-])")


def run_ids_in(text: str) -> list[str]:
    """Return each id in a text once, in lower case and in order."""
    return list(dict.fromkeys(_RUN_ID.findall(text.lower())))
