"""Pictures: a year, and a plan. Each is a Vega-Lite description, which is plain data; vl-convert
draws it, offline.
"""
