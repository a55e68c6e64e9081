"""Two versions of the policy are compared setting by setting (D-11)."""

from hypothesis import given
from hypothesis import strategies as st

from rules.health.policy_changes import LONGEST, SettingChange, policy_changes, settings_of

BEFORE = {"People": {"Sales": "#sales", "Members": {}}, "Books": {"Segments": [{"Name": "SMB"}, {"Name": "Big"}]}}
values = st.recursive(
    st.none() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
)


def test_each_setting_has_a_place_and_rows_count_from_one():
    assert settings_of(BEFORE) == {
        "People → Sales": "#sales",
        "People → Members": "none",
        "Books → Segments → 1 → Name": "SMB",
        "Books → Segments → 2 → Name": "Big",
    }


def test_what_changed_came_or_went_is_named():
    after = {"People": {"Sales": "#won", "Members": {"ana@x.example": "U1"}}, "Books": {"Segments": [{"Name": "SMB"}]}}
    assert policy_changes(settings_of(BEFORE), settings_of(after)) == (
        SettingChange("People → Sales", "#sales", "#won"),
        SettingChange("People → Members → ana@x.example", "not set", "U1"),
        SettingChange("People → Members", "none", "not set"),
        SettingChange("Books → Segments → 2 → Name", "Big", "not set"),
    )


def test_a_long_value_is_cut():
    (value,) = settings_of({"Long": "x" * 1000}).values()
    assert len(value) == LONGEST


@given(st.dictionaries(st.text("abc", min_size=1), values, max_size=4))
def test_a_policy_does_not_differ_from_itself(data):
    assert policy_changes(settings_of(data), settings_of(data)) == ()
