"""What holds for all tests of time."""

from hypothesis import HealthCheck, settings

# A busy machine is no failure: what must be quick is measured in processor time where it is
# promised.
settings.register_profile("schedule", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("schedule")
