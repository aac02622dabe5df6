"""Large tables: distinct profiles are read and judged once, by the code that reads and judges
machine by machine.

A profile is what decides a verdict and a restart: every column but those that only name a machine
or its owner. Parquet is grouped by DuckDB. CSV and JSON Lines stream through the parsers of this
program, since a cell must mean the same in a small file and in a large one; of their rows DuckDB
keeps profile, name and id. Verdicts join by the profile.
"""
