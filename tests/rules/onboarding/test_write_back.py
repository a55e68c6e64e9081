"""ONB-11 and ONB-4: what is written to the account and the opportunity."""

from urllib.parse import unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from rules.common.records import Change
from rules.onboarding.write_back import SIGNUP_FIELDS, account_changes, billing_url, opportunity_changes
from tests.rules.builders.sales import (
    ACCOUNT_ID,
    OPPORTUNITY_ID,
    good_sale,
    levels,
    with_account,
    with_contract,
    with_opportunity,
)

TEMPLATE = "https://{subdomain}.recurly.com/accounts/{code}"
URL = f"https://acme.recurly.com/accounts/{ACCOUNT_ID}"
codes = st.none() | st.sampled_from(["", "48213", "rec-1", URL, "old"])


def changes_of(account):
    return account_changes(account, "48213", "rec-1", URL)


def test_onb_11_all_three_codes_are_written_to_an_account_that_has_none():
    record = f"Account {ACCOUNT_ID}"
    assert changes_of(good_sale().account) == (
        Change("Salesforce", record, "LMS Company Id", "", "48213", "ONB-11"),
        Change("Salesforce", record, "Recurly Account Id", "", "rec-1", "ONB-11"),
        Change("Salesforce", record, "Recurly Billing URL", "", URL, "ONB-11"),
    )


@given(codes, codes, codes)
def test_onb_11_only_what_differs_is_written_and_a_second_time_nothing(company_id, recurly_id, url):
    sale = with_account(good_sale(), lms_company_id=company_id, recurly_account_id=recurly_id, recurly_billing_url=url)
    wrong = [(company_id, "48213"), (recurly_id, "rec-1"), (url, URL)]
    changes = changes_of(sale.account)
    assert [(change.before, change.after) for change in changes] == [
        (old or "", new) for old, new in wrong if old != new
    ]
    written = with_account(sale, lms_company_id="48213", recurly_account_id="rec-1", recurly_billing_url=URL)
    assert changes_of(written.account) == ()


def test_onb_11_the_billing_url_is_the_staff_page_of_the_account():
    assert billing_url(TEMPLATE, "acme", ACCOUNT_ID) == URL


@given(st.text(min_size=1))
def test_onb_11_whatever_the_code_it_stays_one_part_of_the_path(code):
    parts = urlsplit(billing_url(TEMPLATE, "acme", code))
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("https", "acme.recurly.com", "", "")
    assert parts.path.count("/") == 2
    assert unquote(parts.path.rpartition("/")[2]) == code


@given(levels, levels | st.none() | st.sampled_from(["", "gold"]))
def test_onb_4_the_opportunity_is_corrected_to_the_contract_and_only_if_it_differs(agreed, written):
    level = agreed.strip().lower()
    sale = with_contract(with_opportunity(good_sale(), service_level=written), service_level=agreed)
    changes = opportunity_changes(sale.opportunity, sale.contract)
    if (written or "").strip().lower() == level:
        assert changes == ()
    else:
        before = (written or "").strip()
        record = f"Opportunity {OPPORTUNITY_ID}"
        assert changes == (Change("Salesforce", record, "Service Level", before, level, "ONB-4"),)


def test_onb_4_without_a_level_in_the_contract_the_opportunity_is_left_alone():
    sale = with_contract(good_sale(), service_level=None)
    assert opportunity_changes(sale.opportunity, sale.contract) == ()


def test_onb_6_the_sign_up_has_the_fields_of_the_form_besides_the_password():
    assert set(SIGNUP_FIELDS.values()) == {
        "accountId",
        "companyName",
        "firstName",
        "lastName",
        "phone",
        "email",
        "userCount",
        "locationCount",
        "planAmount",
        "billingStartDate",
    }
