"""Writing to Outreach (contracts 5.2, 5.3): documents, owners, sequences that act, tasks."""

import pytest

from tests.sandbox.outreach_calls import ORG, TYPE, detail, document, error, log_in, to

BEN = to("user", 2)


class Api:
    """The API as a client that is logged in sees it."""

    def __init__(self, sandbox, client):
        self.sandbox, self._client = sandbox, client
        sandbox.seed(outreach=ORG)
        self._headers = {"Authorization": f"Bearer {log_in(sandbox, client).json()['access_token']}"}

    def call(self, method, path, body=None, **params):
        url, headers = f"{self.sandbox.url}/outreach/api/v2/{path}", self._headers | TYPE
        return self._client.request(method, url, json=body, params=params, headers=headers)

    def get(self, path, **params):
        return self.call("GET", path, **params).json()

    def post(self, path, body=None):
        return self.call("POST", path, body)

    def patch(self, path, body):
        return self.call("PATCH", path, body)

    def start(self, prospect=1, sequence=1, mailbox=2):
        relations = {"prospect": prospect, "sequence": sequence, "mailbox": mailbox}
        return self.post(
            "sequenceStates",
            document("sequenceState", relationships={name: to(name, number) for name, number in relations.items()}),
        )

    def task(self, **attributes):
        relations = {"owner": BEN, "subject": to("prospect", 1), "template": to("template", 1)}
        return self.post("tasks", document("task", attributes=attributes, relationships=relations))

    def effects(self):
        return len(self.sandbox.effects("outreach"))


@pytest.fixture
def api(stand_in, client):
    return Api(stand_in, client)


def owner(record):
    return record["relationships"]["owner"]["data"]["id"]


def test_what_is_sent_must_say_that_it_is_json_api(stand_in, client, api):
    url = f"{stand_in.url}/outreach/api/v2/prospects"
    before = api.effects()
    answer = client.post(url, json=document("prospect", attributes={}), headers=api._headers)
    assert error(answer) == (415, "unsupportedMediaType")
    assert api.effects() == before


def test_a_prospect_is_made_with_an_integer_id_and_a_link(api):
    relations = {"account": to("account", 1), "owner": BEN}
    attributes = {"firstName": "Kim", "lastName": "Day", "emails": ["kim@acme.example"]}
    answer = api.post("prospects", document("prospect", attributes=attributes, relationships=relations))
    made = answer.json()["data"]
    assert (answer.status_code, made["id"], owner(made)) == (201, 3, 2)
    assert made["links"]["self"].endswith("/prospects/3")
    assert api.get("prospects/3")["data"]["attributes"]["emails"] == ["kim@acme.example"]


def test_an_address_belongs_to_one_prospect(api):
    taken = document("prospect", attributes={"emails": ["JANE@acme.example"]})
    answer = api.post("prospects", taken)
    assert error(answer) == (422, "validationError")
    assert answer.json()["errors"][0]["title"] == "Validation Error"
    assert answer.json()["errors"][0]["source"] == {"pointer": "/data/attributes/emails"}
    assert error(api.patch("prospects/2", document("prospect", 2, **taken["data"]))) == (422, "validationError")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "/data"),
        ({"data": []}, "/data"),
        (document("person"), "/data/type"),
        (document("prospect", 1), "/data/id"),
        (document("prospect", attributes=[]), "/data/attributes"),
        (document("prospect", attributes={"shoeSize": 9}), "/data/attributes/shoeSize"),
        (document("prospect", attributes={"emails": "kim@acme.example"}), "/data/attributes/emails"),
        (document("prospect", attributes={"optedOut": "no"}), "/data/attributes/optedOut"),
        (document("prospect", relationships={"pet": None}), "/data/relationships/pet"),
        (document("prospect", relationships={"owner": to("user", "2")}), "/data/relationships/owner"),
        (document("prospect", relationships={"owner": to("user", 9)}), "/data/relationships/owner"),
        (document("prospect", relationships={"owner": to("account", 1)}), "/data/relationships/owner"),
    ],
)
def test_a_wrong_document_is_refused_with_the_place(api, body, where):
    before = api.effects()
    answer = api.post("prospects", body)
    assert error(answer) == (422, "validationError")
    assert answer.json()["errors"][0]["source"]["pointer"] == where
    assert api.effects() == before


@pytest.mark.parametrize("number", [None, 2, "1", True])
def test_what_is_patched_has_the_id_of_its_address(api, number):
    answer = api.patch("prospects/1", document("prospect", number, relationships={"owner": BEN}))
    assert answer.json()["errors"][0]["source"]["pointer"] == "/data/id"


def test_an_owner_is_changed_and_the_same_owner_changes_nothing(api):
    before = api.effects()
    for _ in range(2):
        answer = api.patch("prospects/1", document("prospect", 1, relationships={"owner": BEN}))
        assert (answer.status_code, owner(answer.json()["data"])) == (200, 2)
    assert api.effects() == before + 1


def test_an_accounts_new_owner_gets_its_open_tasks_and_nothing_else(api):
    theirs = {"owner": to("user", 1), "subject": to("prospect", 1)}
    for action in ("call", "email"):
        api.post("tasks", document("task", attributes={"action": action}, relationships=theirs))
    api.post(
        "tasks", document("task", attributes={"action": "call"}, relationships={**theirs, "subject": to("account", 1)})
    )
    api.post("tasks/1/actions/markComplete")
    api.patch("accounts/1", document("account", 1, relationships={"owner": BEN}))
    assert owner(api.get("accounts/1")["data"]) == 2
    assert [owner(task) for task in api.get("tasks")["data"]] == [1, 2, 2]
    assert [owner(one) for one in api.get("prospects")["data"]] == [1, 1]


def test_an_automated_sequence_sends_its_mail_at_once_from_the_mailbox(api):
    answer = api.start(sequence=1)
    state = answer.json()["data"]
    assert (answer.status_code, state["id"], state["attributes"]["state"]) == (201, 1, "active")
    (mail,) = api.sandbox.state("mail")["mails"]
    assert (mail["to"], mail["from"], mail["kind"]) == ("jane@acme.example", "ben@seller.example", "outreach sequence")
    assert (mail["subject"], mail["body"]) == ("Your new CSM", "I am Ben.")
    assert api.get("tasks")["data"] == []


def test_a_manual_step_waits_as_a_task_of_the_mailboxs_user_and_the_sequence_goes_on_when_it_is_done(api):
    api.start(sequence=2)
    (task,) = api.get("tasks", **{"filter[prospect][id]": 1})["data"]
    assert {name: task["attributes"][name] for name in ("taskType", "action", "state", "note")} == {
        "taskType": "sequence_step_email",
        "action": "email",
        "state": "incomplete",
        "note": "Adjust before sending",
    }
    assert owner(task) == 2
    assert api.sandbox.state("mail")["mails"] == []
    assert api.post("tasks/1/actions/markComplete").json()["data"]["attributes"]["state"] == "complete"
    _, call = api.get("tasks")["data"]
    assert (call["attributes"]["taskType"], call["attributes"]["action"]) == ("sequence_step_call", "call")
    api.post("tasks/2/actions/markComplete")
    assert api.get("sequenceStates/1")["data"]["attributes"]["state"] == "finished"


def test_two_posts_make_two_states_and_two_mails(api):
    api.start()
    api.start()
    asked = {"filter[prospect][id]": 1, "filter[sequence][id]": 1}
    assert [one["id"] for one in api.get("sequenceStates", **asked)["data"]] == [1, 2]
    assert api.get("sequenceStates", **asked | {"filter[sequence][id]": 2})["data"] == []
    assert len(api.sandbox.state("mail")["mails"]) == 2


@pytest.mark.parametrize(
    ("kind", "attributes", "told"),
    [
        ("prospects", {"emails": ["x@x.org"], "optedOut": True}, "opted out"),
        ("sequences", {"name": "Old", "enabled": False}, "not enabled"),
        ("mailboxes", {"email": "x@x.org", "userId": 1, "sendDisabled": True}, "not able to send"),
    ],
)
def test_what_cannot_be_sequenced_is_refused_with_the_reason(api, kind, attributes, told):
    (number,) = api.sandbox.seed(outreach={kind: [{"attributes": attributes}]})["outreach"][kind]
    before = api.effects()
    answer = api.start(**{{"prospects": "prospect", "sequences": "sequence", "mailboxes": "mailbox"}[kind]: number})
    assert error(answer) == (422, "validationError")
    assert told in detail(answer)
    assert api.effects() == before


def test_a_prospect_without_address_fails_in_the_sequence_with_the_reason(api):
    (number,) = api.sandbox.seed(outreach={"prospects": [{"attributes": {}}]})["outreach"]["prospects"]
    state = api.start(prospect=number).json()["data"]["attributes"]
    assert (state["state"], state["errorReason"]) == ("failed", "Prospect has no email address.")


def test_a_state_is_paused_resumed_and_finished_once_and_its_tasks_end_with_it(api):
    api.start(sequence=2)
    for action, after in (("pause", "paused"), ("resume", "active"), ("finish", "finished")):
        answer = api.post(f"sequenceStates/1/actions/{action}")
        assert (answer.status_code, answer.json()["data"]["attributes"]["state"]) == (200, after)
        assert error(api.post(f"sequenceStates/1/actions/{action}")) == (422, "validationError")
    assert [task["attributes"]["state"] for task in api.get("tasks")["data"]] == ["complete"]


@pytest.mark.parametrize("path", ["sequenceStates/9/actions/finish", "sequenceStates/1/actions/dance", "planets"])
def test_what_does_not_exist_cannot_be_acted_on(api, path):
    api.start()
    assert api.post(path).status_code in (404, 405)


def test_a_task_made_by_the_api_is_a_manual_one_of_its_owner(api):
    answer = api.task(action="email", note="Call them", dueAt="2026-01-05T14:00:00Z")
    task = answer.json()["data"]
    assert (answer.status_code, task["attributes"]["taskType"], owner(task)) == (201, "manual", 2)
    assert task["relationships"]["template"]["data"] == {"type": "template", "id": 1}
    assert task["relationships"]["prospect"]["data"] == {"type": "prospect", "id": 1}


@pytest.mark.parametrize(
    "wrong", [{"action": "dance"}, {}, {"action": "call", "note": 7}, {"action": "call", "dueAt": "soon"}]
)
def test_a_wrong_task_is_refused(api, wrong):
    assert error(api.task(**wrong)) == (422, "validationError")


def test_lists_are_filtered_by_several_values_and_counted_for_those_who_ask(api):
    found = api.get("prospects", **{"filter[id]": "2,1,7", "count": "true"})
    assert ([one["id"] for one in found["data"]], found["meta"]) == ([1, 2], {"count": 2})
    assert api.get("prospects", **{"filter[account][id]": "1,5"})["meta"] == {}
    assert len(api.get("accounts", **{"filter[customId]": "001000000000001AAA"})["data"]) == 1
    assert [one["id"] for one in api.get("mailboxes", **{"filter[userId]": "2"})["data"]] == [2]
    assert [one["id"] for one in api.get("templates", **{"filter[name]": "Hello"})["data"]] == [1]


def test_a_name_with_a_comma_is_found_by_the_new_syntax(api):
    api.sandbox.seed(outreach={"sequences": [{"attributes": {"name": "One, two"}}]})
    assert api.get("sequences", **{"filter[name]": "One, two"})["data"] == []
    found = api.get("sequences", **{"filter[name][]": "One, two", "newFilterSyntax": "true"})
    assert [one["id"] for one in found["data"]] == [3]


@pytest.mark.parametrize(
    "asked", [{"filter[note]": "x"}, {"filter[owner]": "1"}, {"filter[sequence][name]": "x"}, {"page[size]": "0"}]
)
def test_what_cannot_be_filtered_is_refused(api, asked):
    assert error(api.call("GET", "tasks", **asked)) == (422, "validationError")


def test_every_answer_tells_how_many_requests_are_left(api):
    first, second = (api.call("GET", "users").headers for _ in range(2))
    assert first["x-ratelimit-limit"] == "10000"
    assert int(first["x-ratelimit-remaining"]) == int(second["x-ratelimit-remaining"]) + 1


def test_a_lost_answer_has_had_its_effect(api):
    api.sandbox.fault("outreach", "drop_after", method="POST", path="/sequenceStates")
    with pytest.raises(Exception, match="disconnected"):
        api.start()
    assert len(api.get("sequenceStates")["data"]) == 1


@pytest.mark.parametrize(
    "records",
    [
        {"planets": []},
        {"tasks": [{"attributes": {}, "relationships": {"owner": {"data": {"type": "account", "id": 1}}}}]},
        {"tasks": [{"attributes": {}, "relationships": {"owner": 1}}]},
        {"tasks": [{"attributes": {}, "relationships": []}]},
        {"tasks": [{"attributes": {}, "colour": "red"}]},
    ],
)
def test_a_bad_seed_is_refused_with_a_reason(stand_in, records):
    answer = stand_in.control.post("/_control/seed", json={"outreach": records})
    assert answer.status_code == 400
    assert "outreach" in answer.json()["error"]
