"""The calls of an onboarding, each of which may meet a fault."""

CALLS = {
    "log-in": ("salesforce", "/oauth2/token", 0),
    "sale": ("salesforce", "/query", 0),
    "report": ("salesforce", "/analytics/reports", 0),
    "username": ("lms", "/api/users", 0),
    "sign-up": ("lms", "/signup/preSign", 0),
    "modules": ("lms", "/permissions", 0),
    "billing": ("recurly", "/accounts", 0),
    "notice": ("slack", "chat.postMessage", 0),
    "contracts": ("salesforce", "/query", 1),
    "team and books": ("salesforce", "/composite", 0),
    "assignment": ("salesforce", "/composite", 1),
    "word to the CSM": ("slack", "chat.postMessage", 1),
    "onboarding record": ("salesforce", "/query", 2),
    "filling in": ("salesforce", "/composite", 2),
    "reading back": ("salesforce", "/composite", 3),
}
"""Every vendor call of the onboarding of a new customer: system, path, and how many of that path come before it."""
