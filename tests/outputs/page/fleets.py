"""Fleets that the tests of the page show: hostile ones, and large ones."""

import json

HOSTILE = (
    "</script><script>alert(1)</script>",
    '"onload="alert(1)',
    "<img src=x onerror=alert(1)>",
    "{{ 7*7 }}",
    "a&b<!--",
    "\u202egnp.exe",
    "n" * 300,
)
"""Names that attack a page: markup, attributes, templates, the direction of reading, sheer length.
"""


def hostile_fleet() -> str:
    """An inventory whose every name is an attack."""
    names = [json.dumps(each) for each in HOSTILE]
    kept = names[:-1]  # a group may not be called by 300 letters
    groups = "\n".join(f"  {name}: {{max_unavailable: 1}}" for name in kept)
    rings = "\n".join(f"  - {{name: {name}}}" for name in kept)
    windows = "\n".join(f"  {name}: {{days: [Mon], start: 22:00, duration: 4h}}" for name in kept)
    freezes = "\n".join(f"  - {{name: {name}, from: 2026-01-15, to: 2026-01-16}}" for name in kept)
    machines = "\n".join(
        _hostile(name, kept[number % len(kept)]) for number, name in enumerate(names)
    )
    return (
        f"fleet: {names[0]}\ndefaults: {{timezone: Europe/Stockholm}}\nwindows:"
        f"\n{windows}\nfreezes:\n{freezes}\n"
        f"groups:\n{groups}\nrings:\n{rings}\nmachines:\n{machines}\n"
    )


def _hostile(name: str, kept: str) -> str:
    arc = "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}"
    system = (
        f"os: {name}"
        if "script" in name
        else f"os: Windows Server 2025 Datacenter, build: 26100.7392, {arc}"
    )
    return (
        f"  - {{name: {name}, platform: arc, {system}, groups: [{kept}], ring: {kept},"
        f" window: {kept}}}"
    )


def fleet_of(size: int) -> str:
    """A fleet of so many machines as JSON: half of them ready, half with an older image, in ten
    groups.
    """
    ready = {
        "platform": "azure",
        "image": "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-core:latest",
        "patching": {"mode": "AutomaticByPlatform", "hotpatching": True, "vm_agent": True},
        "build": "20348.4467",
    }
    old = {"platform": "arc", "os": "Windows Server 2019 Datacenter"}
    machines = [
        {
            "name": f"srv-{number:05}",
            **(ready if number % 2 else old),
            "groups": [f"shop-{number % 10}"],
        }
        for number in range(size)
    ]
    groups = {f"shop-{number}": {"max_unavailable": 1} for number in range(10)}
    return json.dumps({"fleet": "large", "groups": groups, "machines": machines})
