"""When a machine may restart: Patch Tuesday, time zones, maintenance windows, freezes, and the
first fit.

Everything here is pure: no files, no clock, no output. Moments are aware, lengths are real time.
Comparisons are in UTC, because Python compares two moments of one zone by their wall clocks.
"""
