"""Property tests run without a deadline: a shared machine is slow at times, which is no fault."""

from hypothesis import settings

settings.register_profile("project", deadline=None)
settings.load_profile("project")
