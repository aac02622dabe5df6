"""When a machine may restart: Patch Tuesday, time zones, maintenance windows, freezes and the first
fit.

Everything here is pure: no file, no clock, no printing. Moments are aware, lengths are real time,
and a comparison is always made in UTC, because Python compares two moments of one zone by their
wall clocks.
"""
