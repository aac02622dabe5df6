"""A seeded table of many machines as Parquet: some 1,200 distinct profiles, with names, ids, owners
and tags.
"""

import sys

import duckdb

QUERY = """
COPY (SELECT
  printf('srv%08d', i) AS name,
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg' || (i % 997)
    || '/providers/Microsoft.Compute/virtualMachines/srv' || printf('%08d', i) AS id,
  'azure' AS platform,
  'MicrosoftWindowsServer:WindowsServer:' || [
    '2022-datacenter-azure-edition-core', '2022-datacenter-azure-edition',
    '2025-datacenter-azure-edition', '2025-datacenter-azure-edition-core',
    '2019-datacenter'][1 + (hash(i) % 5)::INT]
    || ':latest' AS image,
  ['uksouth', 'westeurope', 'swedencentral', 'eastus'][1 + (hash(i + 1) % 4)::INT] AS region,
  2 AS generation,
  ['AutomaticByPlatform', 'AutomaticByOS', 'Manual'][1 + (hash(i + 2) % 3)::INT] AS "patching.mode",
  hash(i + 3) % 10 > 0 AS "patching.hotpatching",
  true AS "patching.vm_agent",
  ['20348.4346', '20348.4294', '26100.7092', '26100.7392', '26100.6899'
    ][1 + (hash(i + 4) % 5)::INT] AS build,
  ['KB5068840'] AS kbs,
  ['on', 'off'][1 + (hash(i + 5) % 2)::INT] AS power,
  'Europe/Stockholm' AS timezone,
  'team' || (i % 7) AS owner,
  'a' || (i % 50) AS "tags.app"
FROM range({machines}) rows(i)) TO '{path}' (FORMAT parquet)
"""


def write(machines: int, path: str) -> None:
    """Write the table of so many machines."""
    with duckdb.connect() as connection:
        connection.execute(QUERY.format(machines=machines, path=path))


if __name__ == "__main__":
    write(int(sys.argv[1]), sys.argv[2])
