"""The records of a sale whose change may settle a question about it."""

from dataclasses import replace

from tests.rules.builders.sales import ACCOUNT_ID, CONTACT_ID, CONTRACT_ID, OPPORTUNITY_ID, good_sale


def test_every_record_of_a_sale_has_a_tag():
    assert good_sale().record_tags == (
        f"opportunity:{OPPORTUNITY_ID}",
        f"account:{ACCOUNT_ID}",
        f"contract:{CONTRACT_ID}",
        f"contact:{CONTACT_ID}",
    )


def test_a_record_that_is_missing_has_none():
    bare = replace(good_sale(), account=None, contract=None, primary_contacts=())
    assert bare.record_tags == (f"opportunity:{OPPORTUNITY_ID}",)
