"""What DuckDB alone needs: read the columns of a table, and count its distinct profiles and its
machines.
"""

import sys

import duckdb

PROFILE = (
    'platform, image, region, generation, "patching.mode", "patching.hotpatching", '
    '"patching.vm_agent", build, kbs, power, timezone'
)
with duckdb.connect() as connection:
    profiles = f"SELECT {PROFILE}, count(*) AS machines FROM read_parquet(?) GROUP BY ALL"
    print(
        connection.execute(
            f"SELECT count(*), sum(machines) FROM ({profiles})", [sys.argv[1]]
        ).fetchall()
    )
