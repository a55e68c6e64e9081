"""How the properties of the rules are tried."""

from hypothesis import HealthCheck, settings

# How long a try takes says how busy the machine is, nothing about the rule.
settings.register_profile("rules", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rules")
