"""The allowance of calls."""

from typing import Final

from sandbox.salesforce.calls import Answer, Call


class Usage:
    """How many calls were made of those a day has; going over is answered only by a fault that was ordered."""

    most: Final = 15_000

    def __init__(self) -> None:
        self.made = 0

    def limits(self, _call: Call) -> Answer:
        """GET limits."""
        remaining = max(self.most - self.made, 0)
        return Answer(200, {"DailyApiRequests": {"Max": self.most, "Remaining": remaining}})

    @property
    def header(self) -> dict[str, str]:
        """What stands on every answer."""
        return {"Sforce-Limit-Info": f"api-usage={self.made}/{self.most}"}
