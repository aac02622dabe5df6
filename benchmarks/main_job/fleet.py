"""A seeded fleet of many machines, fifteen fields each, as an inventory in YAML."""

import random
import sys

HEAD = """fleet: benchmark
windows:
  sunday: {rrule: FREQ=WEEKLY;BYDAY=SU, start: 02:00, duration: 4h}
  saturday: {patch_tuesday: 4, start: 22:00, duration: 3h55m}
groups:
  web: {max_unavailable: 25%}
rings: [{name: canary, soak: 24h}, {name: broad}]
machines:
"""
SKUS = (
    "2022-datacenter-azure-edition-core",
    "2022-datacenter-azure-edition",
    "2025-datacenter-azure-edition",
    "2025-datacenter-azure-edition-core",
)
MODES = ("AutomaticByPlatform", "AutomaticByOS")
BUILDS = ("20348.4346", "20348.4294", "26100.7092", "26100.7392", "26100.6899")


def machine(number: int, pick: random.Random) -> str:
    """One machine."""
    return f"""  - name: srv{number:06d}
    platform: azure
    image: MicrosoftWindowsServer:WindowsServer:{pick.choice(SKUS)}:latest
    region: {pick.choice(("uksouth", "westeurope", "swedencentral"))}
    generation: 2
    timezone: Europe/Stockholm
    window: {pick.choice(("sunday", "saturday"))}
    patching: {{mode: {pick.choice(MODES)}, hotpatching: true, vm_agent: true}}
    build: {pick.choice(BUILDS)}
    kbs: [KB5068840]
    groups: [web]
    ring: {pick.choice(("canary", "broad"))}
    reboot_minutes: 20
    owner: team{number % 7}
    tags: {{env: prod, app: a{number % 50}}}
"""


def fleet(machines: int, seed: int = 1) -> str:
    """The inventory of so many machines."""
    pick = random.Random(seed)
    return HEAD + "".join(machine(number, pick) for number in range(machines))


if __name__ == "__main__":
    sys.stdout.write(fleet(int(sys.argv[1])))
