"""Charts of a year and of a plan. Each is a Vega-Lite description, which is plain data; vl-convert
draws it offline.
"""
