"""Queries to Resource Graph: one for each of its tables with data on machines.

Each is in the order of ids, since pages of an unordered result may overlap.
https://learn.microsoft.com/en-us/azure/governance/resource-graph/reference/supported-tables-resources
"""

from typing import NamedTuple

_WINDOWS = " and isempty(tostring(properties.version))"
"""Linux patches have a version, Windows patches don't; a Linux machine has hundreds."""


class Query(NamedTuple):
    """A table, what it is called in talk, and the query."""

    table: str
    about: str
    text: str


def _query(table: str, about: str, condition: str, columns: str = "tags, properties") -> Query:
    text = (
        f"{table} | where {condition} "
        f"| project id, name, type, location, {columns} | order by id asc"
    )
    return Query(table, about, text)


SUBSCRIPTIONS = _query(
    "resourcecontainers",
    "subscriptions",
    "type =~ 'microsoft.resources/subscriptions'",
    "subscriptionId",
)

QUERIES = (
    _query(
        "resources",
        "machines",
        "type in~ ('microsoft.compute/virtualmachines', "
        "'microsoft.compute/virtualmachinescalesets', "
        "'microsoft.hybridcompute/machines', 'microsoft.hybridcompute/machines/licenseprofiles', "
        "'microsoft.azurestackhci/marketplacegalleryimages', "
        "'microsoft.azurestackhci/galleryimages', "
        "'microsoft.maintenance/maintenanceconfigurations')",
        "kind, zones, tags, properties",
    ),
    _query(
        "computeresources",
        "members of scale sets",
        "type =~ 'microsoft.compute/virtualmachinescalesets/virtualmachines'",
        "zones, tags, properties",
    ),
    _query(
        "extensibilityresources",
        "Azure Local VMs",
        "type =~ 'microsoft.azurestackhci/virtualmachineinstances'",
    ),
    _query(
        "patchassessmentresources",
        "patch assessments",
        f"type has 'patchassessmentresults'{_WINDOWS}",
        "properties",
    ),
    _query(
        "patchinstallationresources",
        "patch installations",
        f"type has 'patchinstallationresults'{_WINDOWS}",
        "properties",
    ),
    _query(
        "maintenanceresources",
        "maintenance assignments",
        "type =~ 'microsoft.maintenance/configurationassignments'",
        "properties",
    ),
)
