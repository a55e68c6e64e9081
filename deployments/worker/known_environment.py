"""The worker's settings as variables, computed once: Prefect computes them twice for each run, 50 ms each time."""

from typing import Any

from prefect.settings import Settings

Options = tuple[tuple[str, Any], ...]


def remember_environment() -> None:
    """Make Prefect in this process convert the same settings to variables only once; they cannot change."""
    convert, known = Settings.to_environment_variables, dict[Options, tuple[Settings, dict[str, str]]]()

    def converted(self: Settings, **options: Any) -> dict[str, str]:
        key = tuple(sorted(options.items()))
        settings, variables = known.get(key, (None, {}))
        if settings is not self:
            variables = convert(self, **options)
            known[key] = self, variables
        return dict(variables)

    Settings.to_environment_variables = converted  # type: ignore[method-assign,assignment]
