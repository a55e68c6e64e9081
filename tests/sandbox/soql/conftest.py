import pytest

from tests.sandbox.soql.asking import fresh_org


@pytest.fixture
def org():
    return fresh_org()


@pytest.fixture
def three(org):
    """Three accounts: with everything, with little, with nothing."""
    org.plant("Account", Name="Alpha", Industry="Healthcare", MRR__c=100.0)
    org.plant("Account", Name="beta_x", Industry="Education", MRR__c=50.0)
    org.plant("Account", Name="Gamma%")
    return org
