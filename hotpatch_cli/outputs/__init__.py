"""Renderers: a value becomes text. Each format is a pure function in a registry; none of them
prints.
"""
