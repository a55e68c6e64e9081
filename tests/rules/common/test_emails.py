"""ONB-9: the super admin's e-mail is already a username; ONB-6: what an e-mail address is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.emails import EmailDecision, decide, donotuse, email_fault, plus, same_address, valid_email
from rules.common.records import LmsUser
from tests.rules.builders.sales import emails

company_ids = st.none() | st.sampled_from(["1", "2"])
holders = st.builds(
    LmsUser,
    id=st.just("9"),
    email=emails,
    kind=st.sampled_from(["demo", "trial", "customer", "partner"]),
    status=st.sampled_from(["active", "inactive"]),
    company_id=company_ids,
)


def holder(kind="customer", status="active", company_id="1"):
    return LmsUser("9", "jane@x.org", kind, status, company_id)


def test_onb_9_a_demo_holder_becomes_donotuse_before_the_domain():
    assert donotuse("jane@x.org") == "janeDONOTUSE@x.org"


def test_onb_9_the_second_donotuse_is_numbered():
    assert donotuse("jane@x.org", 2) == "janeDONOTUSE2@x.org"


def test_onb_9_a_valid_holder_keeps_the_address_and_the_new_user_gets_plus_one():
    assert [plus("jane@x.org", n) for n in (1, 2, 3)] == ["jane+1@x.org", "jane+2@x.org", "jane+3@x.org"]


@given(emails, st.sets(st.integers(1, 99), min_size=2))
def test_onb_9_other_addresses_keep_the_domain_are_valid_and_all_differ(email, numbers):
    made = [make(email, n) for make in (donotuse, plus) for n in numbers]
    assert len({address.casefold() for address in (*made, email)}) == len(made) + 1
    for address in made:
        assert address.rpartition("@")[2] == email.rpartition("@")[2]
        assert address.startswith(email.rpartition("@")[0])
        assert valid_email(address)


@pytest.mark.parametrize("make", [donotuse, lambda text: plus(text, 1)])
def test_text_without_an_at_sign_has_no_other_address(make):
    with pytest.raises(ValueError, match="it has no @"):
        make("jane")


def test_onb_9_an_address_nobody_holds_is_free():
    assert decide(None, None) is EmailDecision.FREE
    assert decide(None, "1") is EmailDecision.FREE


@pytest.mark.parametrize("kind", ["demo", "trial"])
def test_onb_9_a_demo_or_trial_holder_is_renamed(kind):
    assert decide(holder(kind), None) is EmailDecision.RENAME_HOLDER
    assert decide(holder(kind, "inactive"), "2") is EmailDecision.RENAME_HOLDER


@pytest.mark.parametrize("status", ["active", "inactive"])
def test_onb_9_any_other_holder_keeps_the_address(status):
    assert decide(holder(status=status), None) is EmailDecision.TAKE_PLUS
    assert decide(holder(status=status), "2") is EmailDecision.TAKE_PLUS


def test_onb_9_the_customers_own_user_is_no_conflict():
    assert decide(holder(company_id="1"), "1") is EmailDecision.OURS


def test_onb_9_a_holder_without_a_company_is_not_ours_before_we_have_one():
    assert decide(holder(company_id=None), None) is EmailDecision.TAKE_PLUS


@given(holders, company_ids)
def test_onb_9_nobody_but_a_demo_or_trial_user_ever_loses_an_address(user, own_company_id):
    decision = decide(user, own_company_id)
    is_own = own_company_id is not None and user.company_id == own_company_id
    assert (decision is EmailDecision.RENAME_HOLDER) == (user.kind in ("demo", "trial") and not is_own)
    assert (decision is EmailDecision.OURS) == is_own
    assert decision is not EmailDecision.FREE


@given(emails)
def test_usernames_are_the_same_whatever_their_case(email):
    assert same_address(email, f" {email.upper()} ")
    assert not same_address(email, plus(email, 1))


@given(emails)
def test_onb_6_ordinary_addresses_are_valid(email):
    assert valid_email(email)


@pytest.mark.parametrize(
    "text", ["", "jane", "jane@", "@x.org", "jane@x", "a b@x.org", "a@b@x.org", "jane@x.org, j@y.org"]
)
def test_onb_6_other_text_is_not(text):
    assert not valid_email(text)


def test_onb_6_an_address_has_at_most_254_characters():
    domain = "@" + ".".join(["d" * 60] * 3) + ".org"
    assert valid_email("x" * (254 - len(domain)) + domain)
    assert not valid_email("x" * (255 - len(domain)) + domain)


@given(st.text())
def test_onb_6_no_text_without_an_at_sign_and_a_dotted_domain_is_an_address(text):
    domain = text.rpartition("@")[2]
    assert not valid_email(text) or ("@" in text and "." in domain)


def test_onb_6_an_address_of_a_trial_org_is_valid_and_a_placeholder_is_not():
    assert valid_email("jane@clinic.test")
    assert not valid_email("jane@clinic.invalid")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jane.doe@zw\u200b.example", "U+200B (zero width space) at position 12"),
        ("\ufeffjane@x.org", "U+FEFF"),
        ("j\u0430ne@x.org", "cyrillic small letter a) at position 2"),
        ("mailto:jane@x.org", "begins with mailto"),
        ("Jane Doe <jane@x.org>", "angle brackets"),
        ("jane@x.org; joe@x.org", "several addresses"),
        ("jane@x.org joe@x.org", "several addresses"),
        ("jane doe@x.org", "a space"),
        ("j" * 65 + "@x.org", "65 characters are before the @: the limit is 64"),
        (".jane@x.org", "dot"),
        ("jane.@x.org", "dot"),
        ("jane@x..org", "dot"),
        ("jane@x.org.", "dot"),
        ("jane", "not an e-mail address"),
    ],
)
def test_onb_6_what_is_wrong_with_an_address_is_said_in_words(text, said):
    assert said in email_fault(text)


@given(emails)
def test_onb_6_nothing_is_wrong_with_ordinary_addresses(email):
    assert email_fault(email) == ""
