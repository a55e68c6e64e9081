"""Whatever is sent, the org answers as Salesforce would: it never breaks, and a refusal leaves nothing behind."""

import copy
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.salesforce.calls import Call
from sandbox.salesforce.org import REPORT_ID, Org
from sandbox.state import Credentials, SandboxState

BASE = "/services/data/v59.0/"
NAMES = st.sampled_from(
    ["Name", "LastName", "StageName", "CloseDate", "AccountId", "Id", "id", "attributes", "type", "Email", "MRR__c",
     "Services_Included__c", "IsPrimary", "records", "allOrNone", "compositeRequest", "method", "url", "referenceId",
     "body", "httpHeaders", "batchRequests", "richInput", "reportMetadata", "reportFilters", "column", "operator",
     "value", "haltOnError"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["Account", "Contact", "x", "", "GET", "POST", "PATCH", "2026-01-01", "001Hs0000000001IAA", "a", "@{a.id}",
     "@{a.records[3].Id}", "equals", "Opportunity.Id", f"{BASE}sobjects/Account", f"{BASE}composite/sobjects",
     f"{BASE}query?q=SELECT", "v59.0/limits"]
)  # fmt: skip
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.text(max_size=5))
BODIES = st.recursive(
    LEAVES, lambda part: st.one_of(st.lists(part, max_size=3), st.dictionaries(NAMES, part, max_size=5)), max_leaves=12
)
STEPS = st.lists(
    st.one_of(
        BODIES,
        st.fixed_dictionaries(
            {"method": WORDS, "url": WORDS, "referenceId": st.sampled_from("abc")},
            optional={"body": BODIES, "richInput": BODIES, "httpHeaders": BODIES},
        ),
    ),
    max_size=3,
)
RECORDS = st.lists(
    st.one_of(
        BODIES,
        st.fixed_dictionaries(
            {"attributes": st.one_of(BODIES, st.just({"type": "Account"}))}, optional={"Name": BODIES}
        ),
    ),
    max_size=3,
)
FILTERS = st.lists(st.fixed_dictionaries({"column": BODIES, "operator": BODIES, "value": BODIES}), max_size=2)
WHOLE = st.one_of(
    BODIES,
    st.fixed_dictionaries({"compositeRequest": STEPS, "allOrNone": st.booleans()}),
    st.fixed_dictionaries({"batchRequests": STEPS, "haltOnError": st.booleans()}),
    st.fixed_dictionaries({"records": RECORDS, "allOrNone": st.booleans()}),
    st.fixed_dictionaries({"reportMetadata": st.one_of(BODIES, st.fixed_dictionaries({"reportFilters": FILTERS}))}),
)
PATHS = st.sampled_from(
    ["sobjects/Account", "sobjects/Contact", "sobjects/Account/001Hs0000000001IAA", "sobjects/Opportunity",
     "sobjects/Account/LMS_Company_Id__c/7", "sobjects/ContentVersion", "sobjects/User/Username/x", "composite",
     "composite/batch", "composite/sobjects", "composite/sobjects/Account/LMS_Company_Id__c", "query", "limits",
     f"analytics/reports/{REPORT_ID}", "sobjects/Account/Id/x", "", "sobjects"]
)  # fmt: skip


@given(st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT"]), PATHS, WHOLE)
@settings(max_examples=60, deadline=None)
def test_any_call_is_answered_and_a_refused_one_changes_nothing(method, path, body):
    org = Org(SandboxState(Credentials.from_environment({})))
    org.store.listeners.clear()
    org.plant("Account", Name="Acme")
    before = {name: copy.copy(table.rows) for name, table in org.store.tables.items()}
    answer = org.resources.answer(Call(method, path, "v59.0", {"q": "x", "ids": "001Hs0000000001IAA"}, {}, body))
    assert 200 <= answer.status < 500
    json.dumps(answer.body)
    if answer.status >= 400:
        assert {name: table.rows for name, table in org.store.tables.items()} == before
        assert all(said["errorCode"] and said["message"] for said in answer.body)
