"""Readers: one for each kind of source, found by content, each giving machines and where they
stand.
"""
