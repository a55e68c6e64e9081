"""What a Salesforce org answers, for the local server to say."""

import json

from blocks.salesforce.composite import Subrequest
from tests.blocks import blocks
from tests.blocks.vendor import Reply, says

SOQL = "SELECT Id FROM Account WHERE Name = 'swordfish'"
TOKEN = Reply(
    body=json.dumps({"access_token": blocks.SECRETS[7], "instance_url": "https://acme.my.salesforce.com"}).encode()
)
EXPIRED = Reply(401, b'[{"message":"Session expired","errorCode":"INVALID_SESSION_ID"}]')
WRITE = Subrequest("PATCH", f"sobjects/Account/{blocks.ACCOUNT}", "account", {"LMS_Company_Id__c": "48213"})


def refuses(code, status=400, message="No", **more):
    return says([{"errorCode": code, "message": message, **more}], status)


def page(*records, next_url=None):
    following = {} if next_url is None else {"nextRecordsUrl": next_url}
    return says({"totalSize": len(records), "done": next_url is None, "records": records, **following})


def composite(*answers):
    return says(
        {
            "compositeResponse": [
                {"referenceId": ref, "httpStatusCode": status, "body": body, "httpHeaders": {}}
                for ref, status, body in answers
            ]
        }
    )
