"""Files: a version makes its document, and a document is linked to a record once."""

from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.records import Body, Records
from sandbox.salesforce.schema.around import DOCUMENT, LINK, VERSION
from sandbox.salesforce.schema.model import Row, SObject


class RecordsAndFiles(Records):
    """Records, with what Salesforce does by itself when a file is uploaded."""

    def create(self, known: SObject, body: Body) -> str:
        """Insert a record; a new file gets its document, and is linked where it was published."""
        if known is LINK:
            self._check_link(body)
        record_id = super().create(known, body)
        if known is VERSION:
            self._publish(self.existing(VERSION, record_id))
        return record_id

    def _publish(self, version: Row) -> None:
        document = version.get("ContentDocumentId")
        if document is None:
            document = self.insert(DOCUMENT, {"Title": version.get("Title") or version["PathOnClient"]})
            self._link(document, self.user_id, "I")
            if "FirstPublishLocationId" in version:
                self._link(document, version["FirstPublishLocationId"], "V")
        for older in list(self.store.tables[VERSION.name].holding("ContentDocumentId", [document])):
            self.change(VERSION, older, {"IsLatest": False})
        self.change(VERSION, version, {"ContentDocumentId": document, "IsLatest": True})
        self.change(DOCUMENT, self.existing(DOCUMENT, document), {"LatestPublishedVersionId": version["Id"]})

    def _link(self, document: str, record_id: str, share: str) -> None:
        link = {"ContentDocumentId": document, "LinkedEntityId": record_id, "ShareType": share}
        self.insert(LINK, link | {"Visibility": "AllUsers"})

    def _check_link(self, body: Body) -> None:
        wanted = self.read(LINK, body, creating=True)
        for link in self.store.tables[LINK.name].holding("ContentDocumentId", [wanted.get("ContentDocumentId")]):
            if link["LinkedEntityId"] == wanted.get("LinkedEntityId") and not link["IsDeleted"]:
                raise SalesforceError(
                    "DUPLICATE_VALUE",
                    "duplicate value found: LinkedEntityId duplicates value on record with id: " + link["Id"],
                    fields=["LinkedEntityId"],
                )
