from tests.browser.conftest import browser, page, pytest_collection_modifyitems

__all__ = ["browser", "page", "pytest_collection_modifyitems"]
