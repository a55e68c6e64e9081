"""Faults of the systems of a transition, whatever comes."""

from hypothesis import strategies as st

SYSTEMS = ("salesforce", "lms", "recurly", "outreach", "mail")


def some_faults(*systems):
    """Two to five faults of these systems."""
    fault = st.fixed_dictionaries(
        {
            "system": st.sampled_from(systems),
            "kind": st.sampled_from(["error", "drop_before", "drop_after"]),
            "times": st.integers(1, 6),
            "skip": st.integers(0, 8),
        }
    )
    return st.lists(fault, min_size=2, max_size=5)


def order(sandbox, ordered):
    """Let the systems meet them."""
    for one in ordered:
        # An answer of a login to Outreach that is lost needs an engineer: its tokens are gone.
        path = "/api/v2" if one["system"] == "outreach" else ""
        status = {"status": 503} if one["kind"] == "error" else {}
        sandbox.fault(path=path, **one, **status)
