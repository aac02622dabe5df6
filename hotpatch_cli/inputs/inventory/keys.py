"""The keys of an inventory section by section, with an example and a default for each.

What a key means, and whether it is required, is in the table that reads it; the reference and the
tests join the two.
"""

from collections.abc import Mapping
from typing import NamedTuple

from hotpatch_cli.documents.codec import Field
from hotpatch_cli.inputs.inventory.freezes import FREEZE_FIELDS
from hotpatch_cli.inputs.inventory.reader import FLEET_FIELDS
from hotpatch_cli.inputs.inventory.rollout import GROUP_FIELDS, LIMIT_FIELDS, RING_FIELDS
from hotpatch_cli.inputs.inventory.windows import WINDOW_FIELDS


class Key(NamedTuple):
    """How a key is written, in YAML, and what applies without it."""

    example: str
    default: str = "none"


class Section(NamedTuple):
    """A part of an inventory: its keys, and an example of each.

    `around` is the inventory in which an example loads, in YAML: `{key}` is the key with it.
    """

    title: str
    doc: str
    fields: Mapping[str, Field]
    keys: Mapping[str, Key]
    around: str = "{key}"


TOP = Section(
    "Top level",
    "An inventory is a mapping with these keys, in YAML or JSON.",
    FLEET_FIELDS,
    {
        "fleet": Key("contoso"),
        "defaults": Key("{platform: arc, timezone: Europe/Berlin}"),
        "windows": Key('{night: {days: [Sat], start: "22:00", duration: 4h}}'),
        "freezes": Key("[{name: year end, from: 2026-12-18, to: 2027-01-04}]"),
        "groups": Key("{sql: {max_unavailable: 1}}"),
        "rings": Key("[{name: pilot, soak: 24h}, {name: broad}]"),
        "limits": Key("{max_concurrent: 10}"),
        "machines": Key("[{name: web01, platform: azure}]"),
    },
)
WINDOWS = Section(
    "windows",
    "A window needs exactly one of `rrule`, `azure`, `patch_tuesday`, `days`, and `ics`. Except "
    "with `ics`, it also needs `start` and `duration`.",
    WINDOW_FIELDS,
    {
        "rrule": Key("FREQ=WEEKLY;BYDAY=SU"),
        "azure": Key("Month Second Tuesday Offset6"),
        "patch_tuesday": Key("4"),
        "days": Key("[Sat, Sun]"),
        "ics": Key("windows.ics"),
        "start": Key('"22:00"'),
        "duration": Key("3h55m"),
        "timezone": Key("Europe/Berlin", "the time zone of the machine"),
        "from": Key("2026-01-01"),
        "until": Key("2026-12-31"),
        "exdates": Key("[2026-12-24, 2026-12-31]"),
        "runner": Key("azure-update-manager", "inferred from the patch settings of the machines"),
    },
    "windows:\n  night:\n    {key}\n",
)
FREEZES = Section(
    "freezes",
    "A freeze needs `from` and `to`, or `ics`. Without `groups`, `rings`, `regions`, and `tags` it "
    "applies to all machines.",
    FREEZE_FIELDS,
    {
        "name": Key("year end", "required"),
        "from": Key("2026-12-18"),
        "to": Key("2027-01-04"),
        "ics": Key("freezes.ics"),
        "groups": Key("[web]", "all machines"),
        "rings": Key("[broad]", "all machines"),
        "regions": Key("[westeurope]", "all machines"),
        "tags": Key("{env: prod}", "all machines"),
    },
    "freezes:\n  -\n    {key}\n",
)
GROUPS = Section(
    "groups",
    "A machine is a member of the groups that its key `groups` lists.",
    GROUP_FIELDS,
    {
        "max_unavailable": Key("25%", "no limit"),
        "settle": Key("30m", "no pause"),
        "after": Key("[sql]"),
    },
    "groups:\n  sql: {{}}\n  app:\n    {key}\n",
)
RINGS = Section(
    "rings",
    "Rings are a list: the first one restarts first.",
    RING_FIELDS,
    {"name": Key("pilot", "required"), "soak": Key("24h", "no pause")},
    "rings:\n  -\n    {key}\n",
)
LIMITS = Section(
    "limits",
    "Limits apply to all machines of the fleet.",
    LIMIT_FIELDS,
    {
        "max_concurrent": Key("10", "no limit"),
        "per_region": Key("4", "no limit"),
        "per_tag": Key("{cluster: 1}", "no limit"),
    },
    "limits:\n  {key}\n",
)
SECTIONS = (TOP, WINDOWS, FREEZES, GROUPS, RINGS, LIMITS)
"""All sections but the machines, whose keys are the table of facts."""
