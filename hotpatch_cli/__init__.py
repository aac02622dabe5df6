"""Windows Server Hotpatch: eligibility, track, calendar, restart windows and plans."""

__version__ = "0.1.0"
