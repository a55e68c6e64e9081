"""What SOQL refuses, and with which code (contracts 1.3, 1.7)."""

import pytest

from sandbox.salesforce.errors import SalesforceError
from tests.sandbox.soql.asking import ask, code


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT Nme FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Nme = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Account ORDER BY Nme", "INVALID_FIELD"),
        ("SELECT Id FROM Account GROUP BY Nme", "INVALID_FIELD"),
        ("SELECT Boss.Name FROM Account", "INVALID_FIELD"),
        ("SELECT Id, (SELECT Nme FROM Contacts) FROM Account", "INVALID_FIELD"),
        ("SELECT Id, (SELECT Id FROM Contacts WHERE Nme = 1) FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT Nme FROM Contact)", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE MRR__c = '5'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE IsWon = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = '2026-01-01'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = 2026-01-01T00:00:00Z", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Acount", "INVALID_TYPE"),
        ("SELECT Id, (SELECT Id FROM Contact) FROM Account", "INVALID_TYPE"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Nope)", "INVALID_TYPE"),
        ("", "MALFORMED_QUERY"),
        ("SELECT FROM Account", "MALFORMED_QUERY"),
        ("SELECT * FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name IN ()", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name == 'x'", "MALFORMED_QUERY"),
        (r"SELECT Id FROM Account WHERE Name = '\q'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = SOMEDAY", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = 2026-02-30", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = TODAY", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT 1 WHERE Name = 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT -1", "MALFORMED_QUERY"),
        ("SELECT Id, Id FROM Account", "MALFORMED_QUERY"),
        ("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY"),
        ("SELECT SUM(Name) FROM Account", "MALFORMED_QUERY"),
        ("SELECT NONSENSE(Name) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE COUNT(Id) > 1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE MRR__c > null", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT Name FROM Contact)", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account; DROP", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE MRR__c LIKE '5%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Id = 'nonsense'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Name INCLUDES ('x')", "INVALID_QUERY_FILTER_OPERATOR"),
    ],
)
def test_what_is_wrong_is_refused_with_salesforce_s_code(org, statement, expected):
    assert code(org, statement) == expected


def test_an_unknown_field_is_named_as_salesforce_names_it(org):
    with pytest.raises(SalesforceError, match="No such column 'Nme' on entity 'Account'"):
        ask(org, "SELECT Nme FROM Account")
