"""Readers: one for each kind of source, found by content, each returning machines with their places
in the source.
"""
