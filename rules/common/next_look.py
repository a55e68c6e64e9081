"""The time of the next look for a record that another system creates by itself (ONB-12, CSM-5)."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 60.0
"""Seconds. A run is taken for dead two minutes after a heartbeat that no event of it follows."""
SHARE = 1 / 3
"""A pause is this share of the time waited so far: a run notices a record at most a third too late."""
WITHOUT_PROCESS = 4.0
"""Seconds. A pause of at least this length is spent without a process: the first one begins after 12 to 16 s."""


def pause_before_next_look(waited: float, patience: float) -> float | None:
    """The seconds until the next look, the last of which is at the end of the patience (ONB-12, CSM-5).

    Args:
        waited: seconds since the first look.
        patience: seconds to wait in all.

    Returns:
        The pause; None when the patience is over.
    """
    if waited >= patience:
        return None
    pause = min(max(waited * SHARE, SHORTEST_PAUSE), LONGEST_PAUSE)
    return min(pause, patience - waited)
