"""What a user would write instead: load the YAML, look the SKU up, print JSON. Forty lines, no
track, no windows.
"""

import json
import sys

import yaml

SUPPORTED = {
    "2022-datacenter-azure-edition-core",
    "2022-datacenter-azure-edition-core-smalldisk",
    "2022-datacenter-azure-edition-hotpatch",
    "2022-datacenter-azure-edition-hotpatch-smalldisk",
    "2025-datacenter-azure-edition",
    "2025-datacenter-azure-edition-smalldisk",
    "2025-datacenter-azure-edition-core",
    "2025-datacenter-azure-edition-core-smalldisk",
}


def judge(machine):
    """Verdict and reasons of one machine."""
    publisher, offer, sku, *_ = machine["image"].split(":")
    if (publisher, offer) != (
        "MicrosoftWindowsServer",
        "WindowsServer",
    ) or sku.lower() not in SUPPORTED:
        return "unsupported", ["image"]
    reasons = []
    patching = machine.get("patching", {})
    if patching.get("mode") != "AutomaticByPlatform":
        reasons.append("patch mode")
    if not patching.get("hotpatching"):
        reasons.append("hotpatching")
    return ("action-required" if reasons else "ready"), reasons


def main():
    """Judge a fleet and print JSON."""
    with open(sys.argv[1], encoding="utf-8") as stream:  # noqa: PTH123  as a user would write it
        fleet = yaml.safe_load(stream)
    rows = []
    for machine in fleet["machines"]:
        verdict, reasons = judge(machine)
        rows.append({"name": machine["name"], "verdict": verdict, "reasons": reasons})
    json.dump(rows, sys.stdout, indent=1)


main()
