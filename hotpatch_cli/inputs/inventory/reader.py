"""The inventory: our own format, in YAML or JSON, key by key."""

import re
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec, Field, sentence
from hotpatch_cli.documents.tree import Document, Log, Mapping, Sequence, merged, quoted
from hotpatch_cli.inputs.source import NodeOrigin, Reader, SourceData
from hotpatch_cli.inputs.updates import pending_of, waiting
from hotpatch_cli.model import (
    DEFAULT_REBOOT,
    NO_LIMITS,
    PLATFORMS,
    Arc,
    AzureLocal,
    Facts,
    GroupRule,
    Image,
    Limits,
    Location,
    Machine,
    OsType,
    Patching,
    PendingUpdate,
    Placement,
    Ring,
    Security,
    parse_build,
)
from hotpatch_cli.schedule.day_rules import (
    DayRule,
    after_patch_tuesday,
    parse_azure,
    parse_rrule,
    parse_weekdays,
)
from hotpatch_cli.schedule.freezes import Freeze, validate_freeze
from hotpatch_cli.schedule.windows import Window, validate
from hotpatch_cli.schedule.zones import find_zone

_TEXT = c.text()
_NAME = c.text(r"(?=.*\S)[^\x00-\x1f\x7f]{1,256}|(?s:.*\S.*)", "A name needs a letter.")
_NAMES = c.listing(_TEXT, single=True)
_IMAGE_PARTS = 4

# --- values --------------------------------------------------------------------------------------------------


def _zone(text: str) -> str:
    find_zone(text)
    return text


def _build(text: str) -> str:
    if parse_build(text) is None:
        raise ValueError(
            f"{quoted(text)} is not a build. Write it as 26100.7092 or 10.0.26100.7092."
        )
    return text.strip()


def _kb(text: str) -> str:
    found = re.fullmatch(r"(?:kb)?\s*([0-9]{5,8})", text.strip(), re.IGNORECASE)
    if not found:
        raise ValueError(f"{quoted(text)} is not a KB. Write it as KB5072033.")
    return "KB" + found[1]


def _host_release(text: str) -> str:
    from hotpatch_cli.eligibility.prerequisites import host_release

    if host_release(text) is None:
        raise ValueError(
            f"{quoted(text)} is not a release of Azure Local. Write it as 23H2 or 2503."
        )
    return text


def parse_image(text: str) -> Image:
    """An image from a URN `publisher:offer:sku[:version]`, a resource id, or a container image's
    name.

    A display name becomes an image whose SKU it is, so that it is judged. Raises ValueError.
    """
    text = text.strip()
    if text.lower().startswith(("/subscriptions/", "/sharedgalleries/", "/communitygalleries/")):
        return Image(id=text)
    if "/" in text.split(":", 1)[0]:
        return Image(container=text)
    parts = text.split(":")
    if len(parts) in (_IMAGE_PARTS - 1, _IMAGE_PARTS) and all(part.strip() for part in parts):
        return Image(*parts)
    if re.match(r"(microsoft )?windows server \S", text, re.IGNORECASE):
        return Image("MicrosoftWindowsServer", "WindowsServer", text)
    raise ValueError(
        f"{quoted(text)} is not an image. Write publisher:offer:sku[:version], or a resource id."
    )


_IMAGE_RECORD = c.record(
    Image,
    {
        "publisher": Field(_TEXT, "publisher"),
        "offer": Field(_TEXT, "offer"),
        "sku": Field(_TEXT, "SKU"),
        "version": Field(_TEXT, "version"),
        "id": Field(_TEXT, "resource id of a gallery or custom image"),
    },
    "an image",
)
_IMAGE_TEXT = c.parsed(parse_image, "an image")


def _read_image(value: object, mark: int, log: Log) -> Image | None:
    codec = _IMAGE_RECORD if isinstance(value, Mapping) else _IMAGE_TEXT
    return codec.read(value, mark, log)


image: Codec[Image] = Codec(_read_image, {"anyOf": [{"type": "string"}, _IMAGE_RECORD.schema]})

_PATCHING = c.record(
    Patching,
    {
        "mode": Field(
            c.choice("AutomaticByPlatform", "AutomaticByOS", "Manual", "ImageDefault"),
            "patchMode of the VM",
        ),
        "hotpatching": Field(c.boolean, "enableHotpatching"),
        "vm_agent": Field(c.boolean, "provisionVMAgent"),
        "bypass_safety_checks": Field(c.boolean, "bypassPlatformSafetyChecksOnUserSchedule"),
        "reboot": Field(
            c.choice(
                "IfRequired",
                "Always",
                "Never",
                also={"AlwaysReboot": "Always", "NeverReboot": "Never"},
            ),
            "rebootSetting",
        ),
        "assessment": Field(c.choice("ImageDefault", "AutomaticByPlatform"), "assessmentMode"),
    },
    "patching",
)
_LICENCES = ("Enabled", "Enabling", "Disabled", "Disabling", "Failed", "Unknown")
_PORTAL = ("Pending", "Canceled", "Not Enrolled", "Action Required")
_ARC = c.record(
    Arc,
    {
        "status": Field(
            c.choice("Connected", "Disconnected", "Error", "Expired"), "status of the agent"
        ),
        "hotpatch": Field(
            c.choice(*_LICENCES, *_PORTAL), "subscriptionStatus of the licence feature Hotpatch"
        ),
        "enablement": Field(
            c.choice("Enabled", "Disabled", "ActionRequired", "PendingEvaluation", "Unknown"),
            "hotpatchEnablementStatus",
        ),
        "vbs": Field(c.choice("running", "configured", "off"), "virtualization-based security"),
        "secure_boot": Field(c.boolean, "whether Secure Boot is on"),
        "uefi": Field(c.boolean, "whether the firmware is UEFI"),
        "agent": Field(_TEXT, "version of the Connected Machine agent"),
    },
    "arc",
)
_AZURE_LOCAL = c.record(
    AzureLocal,
    {
        "version": Field(
            c.parsed(_host_release, "a release"), "release of the host: 22H2, 23H2, 2503"
        ),
        "azure_verification": Field(c.boolean, "Azure verification for VMs"),
        "iso_hotpatch": Field(c.boolean, "whether the steps for a VM built from an ISO are done"),
    },
    "azure_local",
)
_SECURITY = c.record(
    Security,
    {
        "type": Field(
            c.choice("Standard", "TrustedLaunch", "ConfidentialVM"), "securityType of the VM"
        ),
        "secure_boot": Field(c.boolean, "secureBootEnabled"),
        "vtpm": Field(c.boolean, "vTpmEnabled"),
    },
    "security",
)
_PENDING = c.record(
    PendingUpdate,
    {
        "title": Field(_TEXT, "title of the update"),
        "kb": Field(c.parsed(_kb, "a KB"), "KB"),
        "kind": Field(
            c.choice("dotnet", "driver", "firmware", "non-security", "other"), "what it updates"
        ),
    },
    "a pending update",
)


def _read_flag_or_name(value: object, mark: int, log: Log) -> str | None:
    """`container: true`, or the name of the container image."""
    if isinstance(value, str) and value.lower() not in ("true", "false", "yes", "no", "on", "off"):
        return _TEXT.read(value, mark, log)
    return "a Windows container" if c.boolean.read(value, mark, log) else None


_CONTAINER: Codec[str] = Codec(
    _read_flag_or_name, {"anyOf": [{"type": "boolean"}, {"type": "string"}]}
)

MACHINE_FIELDS: dict[str, Field] = {
    "name": Field(_NAME, "its name, unique in the inventory", required=True),
    "platform": Field(c.choice(*PLATFORMS), "azure, azure-local or arc", required=True),
    "id": Field(_TEXT, "resource id"),
    "image": Field(image, "URN, resource id, or {publisher, offer, sku, version}"),
    "os": Field(_TEXT, "operating system in words: Windows Server 2025 Datacenter"),
    "region": Field(_TEXT, "Azure region"),
    "zone": Field(_TEXT, "availability zone"),
    "availability_set": Field(_TEXT, "availability set"),
    "generation": Field(c.number(1, 2), "generation of the VM"),
    "scale_set": Field(c.choice("uniform", "flexible"), "orchestration mode of its scale set"),
    "container": Field(_CONTAINER, "whether it is a container"),
    "restored": Field(c.boolean, "restored to another place, without its image reference"),
    "declared": Field(c.boolean, "whether it does not exist yet: a template or a plan declares it"),
    "provider": Field(c.choice("azurerm"), "Terraform provider whose rules it must pass too"),
    "patching": Field(_PATCHING, "patch settings of an Azure VM"),
    "arc": Field(_ARC, "what Azure Arc knows"),
    "azure_local": Field(_AZURE_LOCAL, "the Azure Local instance under it"),
    "security": Field(_SECURITY, "boot security of an Azure or Azure Local VM"),
    "health_extension": Field(c.boolean, "application health of a flexible scale set"),
    "power": Field(c.choice("on", "off", also={"true": "on", "false": "off"}), "on or off"),
    "build": Field(
        c.parsed(_build, "a build", {"type": ["string", "number"]}),
        "operating-system build with revision: 26100.7092",
    ),
    "kbs": Field(c.listing(c.parsed(_kb, "a KB"), single=True), "installed KBs"),
    "pending": Field(c.listing(_PENDING), "pending updates, of the operating system and others"),
    "restart_pending": Field(c.boolean, "whether a restart already waits"),
    "timezone": Field(c.parsed(_zone, "a time zone"), "IANA or Windows name"),
    "window": Field(_NAMES, "maintenance window, or a list of them"),
    "groups": Field(_NAMES, "groups that it belongs to"),
    "ring": Field(_TEXT, "ring of the rollout"),
    "reboot_minutes": Field(c.number(1, 10080), "how long a restart takes"),
    "weight": Field(c.decimal(0, 1_000_000), "what an exposed hour costs"),
    "reboot_at": Field(c.moment, "the moment to which its restart is pinned"),
    "done": Field(c.boolean, "whether it has restarted for the baseline already"),
    "owner": Field(_TEXT, "who owns it"),
    "tags": Field(c.table(_TEXT), "free tags"),
}
_MACHINE: Codec[dict[str, Any]] = c.record(dict, MACHINE_FIELDS, "a machine")
DEFAULT_FIELDS: dict[str, Field] = {
    key: each._replace(required=False)
    for key, each in MACHINE_FIELDS.items()
    if key not in ("name", "id")
}
_DEFAULTS: Codec[dict[str, Any]] = c.record(dict, DEFAULT_FIELDS, "defaults")

# --- windows, freezes, groups, rings, limits -----------------------------------------------------------------


def _days_after(text: str) -> DayRule:
    if not re.fullmatch(r"[+-]?[0-9]{1,3}", text.strip()):
        raise ValueError(f"{quoted(text)} is not a number of days after Patch Tuesday.")
    return after_patch_tuesday(int(text))


def _read_rrules(value: object, mark: int, log: Log) -> DayRule | None:
    texts = _NAMES.read(value, mark, log)
    return None if texts is None else _ruled(partial(parse_rrule, texts), mark, log)


def _read_weekdays(value: object, mark: int, log: Log) -> DayRule | None:
    names = _NAMES.read(value, mark, log)
    return None if names is None else _ruled(partial(parse_weekdays, names), mark, log)


def _ruled(parse: Any, mark: int, log: Log) -> DayRule | None:
    try:
        return parse()  # type: ignore[no-any-return]  # a partial of a parser of day rules
    except ValueError as error:
        log.add(mark, sentence(error))
        return None


RULE_KEYS = ("rrule", "azure", "patch_tuesday", "days", "ics")
_STRINGS = _NAMES.schema
_RUNNERS = ("platform", "azure-update-manager", "owner")
WINDOW_FIELDS: dict[str, Field] = {
    "rrule": Field(Codec(_read_rrules, _STRINGS), "RFC 5545 rule, or a list of them"),
    "azure": Field(c.parsed(parse_azure, "a recurrence"), "recurEvery of Microsoft.Maintenance"),
    "patch_tuesday": Field(
        c.parsed(_days_after, "a number", {"type": "integer"}), "days after Patch Tuesday"
    ),
    "days": Field(Codec(_read_weekdays, _STRINGS), "weekdays: [Sat, Sun]"),
    "ics": Field(_TEXT, "an iCalendar file whose events are the openings"),
    "start": Field(c.time_of_day, "local time of day: 22:00"),
    "duration": Field(c.duration, "how long it stays open: 4h, 3h55m"),
    "timezone": Field(
        c.parsed(_zone, "a time zone"), "IANA or Windows name; otherwise the machine's"
    ),
    "from": Field(c.day, "first day on which it may open"),
    "until": Field(c.day, "last day on which it may open"),
    "exdates": Field(c.listing(c.day, single=True), "days on which it does not open"),
    "runner": Field(c.choice(*_RUNNERS), "who restarts in it: whose limits count"),
}
_WINDOW: Codec[dict[str, Any]] = c.record(dict, WINDOW_FIELDS, "a window")
FREEZE_FIELDS: dict[str, Field] = {
    "name": Field(_TEXT, "its name", required=True),
    "from": Field(c.day, "first day"),
    "to": Field(c.day, "last day, included"),
    "ics": Field(_TEXT, "an iCalendar file whose events are the freezes"),
    "groups": Field(_NAMES, "only these groups"),
    "rings": Field(_NAMES, "only these rings"),
    "regions": Field(_NAMES, "only these regions"),
    "tags": Field(c.table(_TEXT), "only machines with these tags"),
}
_FREEZE: Codec[dict[str, Any]] = c.record(dict, FREEZE_FIELDS, "a freeze")


def _read_share(value: object, mark: int, log: Log) -> str | None:
    found = c.text_of(value, mark, log, "a number or a percentage")
    if found is None:
        return None
    match = re.fullmatch(r"([0-9]{1,6})(%?)", found.strip())
    if match and 0 < int(match[1]) <= (100 if match[2] else 1_000_000):
        return found.strip()
    log.add(mark, f"{quoted(found)} is not a number from 1, or a percentage from 1% to 100%.")
    return None


def _group(max_unavailable: str | None = None, **rest: Any) -> GroupRule:
    share = max_unavailable or ""
    percent, count = (share[:-1], None) if share.endswith("%") else (None, share or None)
    return GroupRule(int(count) if count else None, int(percent) if percent else None, **rest)


GROUP_FIELDS: dict[str, Field] = {
    "max_unavailable": Field(
        Codec(_read_share, {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}),
        "members that may be down at once: a number or a percentage",
    ),
    "settle": Field(c.duration, "wait after a member before the next"),
    "after": Field(_NAMES, "groups that must be done before"),
}
RING_FIELDS: dict[str, Field] = {
    "name": Field(_TEXT, "its name", required=True),
    "soak": Field(c.duration, "wait after its last restart before the next ring"),
}
LIMIT_FIELDS: dict[str, Field] = {
    "max_concurrent": Field(c.number(1, 1_000_000), "restarts at once"),
    "per_region": Field(c.number(1, 1_000_000), "restarts at once in a region"),
    "per_tag": Field(c.table(c.number(1, 1_000_000)), "restarts at once for each value of a tag"),
}


def _limits(per_tag: dict[str, int] | None = None, **rest: Any) -> Limits:
    return Limits(per_tag=tuple((per_tag or {}).items()), **rest)


FLEET_FIELDS: dict[str, Field] = {
    "fleet": Field(_TEXT, "name of the fleet"),
    "defaults": Field(_DEFAULTS, "keys merged under every machine; a machine's own key wins"),
    "windows": Field(c.table(_WINDOW), "maintenance windows by name"),
    "freezes": Field(c.listing(_FREEZE), "days on which nothing restarts"),
    "groups": Field(c.table(c.record(_group, GROUP_FIELDS, "a group")), "groups by name"),
    "rings": Field(c.listing(c.record(Ring, RING_FIELDS, "a ring")), "rings in their order"),
    "limits": Field(c.record(_limits, LIMIT_FIELDS, "limits"), "restarts in progress at once"),
    "machines": Field(c.listing(_MACHINE), "the machines"),
}
_READ_APART = ("machines", "windows", "freezes")


def _apart(field: Field) -> Field:
    """A key that may be there and is read by itself, with its neighbours at hand."""
    return field._replace(codec=Codec(lambda _value, _mark, _log: None, field.codec.schema))


_PARTS: Codec[dict[str, Any]] = c.record(
    dict,
    {key: _apart(each) if key in _READ_APART else each for key, each in FLEET_FIELDS.items()},
    "the fleet",
)
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "hotpatch inventory",
} | c.record_schema(FLEET_FIELDS)

# --- reading -------------------------------------------------------------------------------------------------


def _recognises(document: Document) -> bool:
    root = document.root
    if (
        not isinstance(root, Mapping) or "_meta" in root
    ):  # of Ansible, whose groups may be called windows
        return False
    return any(key in root for key in FLEET_FIELDS)


def _read(document: Document) -> SourceData:
    log = Log(document)
    root = document.root
    if not isinstance(root, Mapping):
        log.add(
            document.root_mark,
            f"Expected an inventory (a mapping), found {quoted(root)}.",
            "See `hotpatch init`.",
        )
        log.finish()
    reading = SourceData()
    _read_parts(root, reading, log)
    _read_windows(root, reading, log)
    _read_freezes(root, reading, log)
    _read_machines(root, reading, log)
    log.finish()
    return reading


def _read_parts(root: Mapping, reading: SourceData, log: Log) -> None:
    """Everything but machines, windows and freezes."""
    found = _PARTS.read(root, root.mark, log) or {}
    reading.name = found.get("fleet")
    reading.groups = found.get("groups") or {}
    reading.rings = found.get("rings", ())
    reading.limits = found.get("limits", NO_LIMITS)
    reading.kept = root
    for kind in ("group", "window", "ring", "freeze"):
        _note_places(kind, root.get(f"{kind}s"), reading, log)
    if reading.limits != NO_LIMITS:
        reading.places["limits", ""] = Location(*log.document.position(root.at("limits")))


def _note_places(kind: str, node: Any, reading: SourceData, log: Log) -> None:
    """Where the parts stand that other places name; two rings of one name are a problem."""
    named: list[tuple[str, int]] = []
    if isinstance(node, Mapping):
        named = [(name, mark) for name, _, mark, _ in node.placed()]
    elif isinstance(node, Sequence):
        parts = [
            each for each in node if isinstance(each, Mapping) and isinstance(each.get("name"), str)
        ]
        named = [(part["name"], part.mark) for part in parts]
    for name, mark in named:
        if kind == "ring" and (kind, name) in reading.places:
            log.add(mark, f"The ring {quoted(name)} stands twice.", "Keep one.")
        reading.places[kind, name] = Location(*log.document.position(mark))


def _read_windows(root: Mapping, reading: SourceData, log: Log) -> None:
    nodes = root.get("windows")
    if nodes is None:
        return
    found = FLEET_FIELDS["windows"].codec.read(nodes, root.at("windows"), log) or {}
    for name, fields in found.items():
        window = _window(name, fields, nodes.at(name), log)
        if window is not None:
            reading.windows[name] = window


def _window(name: str, fields: dict[str, Any], mark: int, log: Log) -> Window | None:
    rules = [key for key in RULE_KEYS if key in fields]
    if len(rules) != 1:
        said = " and ".join(rules) or "no rule"
        advice = "Take all but one out." if rules else "Add one, such as days: [Sat]."
        log.add(
            mark,
            f"The window {quoted(name)} has {said}; it needs exactly one of {', '.join(RULE_KEYS)}.",
            advice,
        )
        return None
    rule = fields.pop(rules[0])
    if rules[0] == "ics":
        rule = _events(rule, mark, log)
    missing = [key for key in ("start", "duration") if key not in fields and rules[0] != "ics"]
    if missing:
        log.add(
            mark,
            f"The window {quoted(name)} has no {' and no '.join(missing)}.",
            "Add start: 22:00 and duration: 4h.",
        )
    if rule is None or missing:
        return None
    fields["from_day"] = fields.pop("from", None)
    window = Window(name, rule, **fields)
    return window if _ruled(partial(_validated, window), mark, log) is not None else None


def _validated(window: Window) -> Any:
    validate(window)
    return window


def _events(name: str, mark: int, log: Log) -> Any:
    """The events of an .ics file that stands beside the inventory."""
    from hotpatch_cli.documents.files import read_text
    from hotpatch_cli.errors import InputError
    from hotpatch_cli.schedule.ics_events import read_events

    path = Path(log.document.file).parent / name
    try:
        return read_events(read_text(str(path))[1])
    except InputError as error:
        log.problems.extend(error.problems)
    except ValueError as error:
        log.add(mark, f"{path}: {sentence(error)}")
    return None


def _read_freezes(root: Mapping, reading: SourceData, log: Log) -> None:
    nodes = root.get("freezes")
    if nodes is None:
        return
    found = []
    for node, mark in zip(nodes, nodes.marks, strict=True) if isinstance(nodes, Sequence) else ():
        fields = _FREEZE.read(node, mark, log)
        freeze = _freeze(fields, mark, log) if fields is not None else None
        if freeze is not None:
            found.append(freeze)
    if not isinstance(nodes, Sequence):
        log.add(root.at("freezes"), f"Expected a list of freezes, found {quoted(nodes)}.")
    reading.freezes = tuple(found)


def _freeze(fields: dict[str, Any], mark: int, log: Log) -> Freeze | None:
    first: date | None = fields.pop("from", None)
    last: date | None = fields.pop("to", None)
    source: str | None = fields.pop("ics", None)
    if source is None and (first is None or last is None):
        log.add(mark, f"The freeze {quoted(fields['name'])} needs `from` and `to`, or `ics`.")
        return None
    if first and last and last < first:
        log.add(
            mark,
            f"The freeze {quoted(fields['name'])} ends on {last}, before it begins on {first}.",
        )
        return None
    tags = tuple(fields.pop("tags", {}).items())
    events = _events(source, mark, log) if source else None
    if source and events is None:
        return None
    freeze = Freeze(from_day=first, to_day=last, tags=tags, events=events, **fields)
    return freeze if _ruled(partial(_valid_freeze, freeze), mark, log) is not None else None


def _valid_freeze(freeze: Freeze) -> Any:
    validate_freeze(freeze)
    return freeze


def _read_machines(root: Mapping, reading: SourceData, log: Log) -> None:
    nodes = root.get("machines")
    if "machines" not in root:
        return
    if not isinstance(nodes, Sequence):
        log.add(root.at("machines"), f"Expected a list of machines, found {quoted(nodes)}.")
        return
    below = _known_defaults(root.get("defaults"))
    reader = Machines(log)
    for node, mark in zip(nodes, nodes.marks, strict=True):
        over = merged(below, node) if below is not None and isinstance(node, Mapping) else node
        reader.read(over, mark)
    reading.machines = reader.machines


def _known_defaults(defaults: Any) -> Mapping | None:
    """The defaults, if there are any, less the keys that are already a problem of theirs."""
    if not isinstance(defaults, Mapping) or not defaults:
        return None
    known = Mapping(defaults.mark)
    for key, value, key_mark, mark in defaults.placed():
        if key in DEFAULT_FIELDS:
            known.put(key, value, key_mark, mark)
    return known


class Machines:
    """Reads machines, and shares what they have in common: equal facts are one value.

    With `unique` no two have the same name; otherwise their ids tell them apart.
    """

    def __init__(self, log: Log, *, unique: bool = True) -> None:
        self.log = log
        self.unique = unique
        self.machines: list[Machine] = []
        self.seen: dict[str, int] = {}
        self.facts: dict[Facts, Facts] = {}
        self.placements: dict[Placement, Placement] = {}

    def read(
        self, node: Any, mark: int, supposed: tuple[str, ...] = (), os_type: OsType | None = None
    ) -> None:
        """Add the machine of a node, or note what is wrong with it; `supposed` are fields that
        nobody stated.

        `os_type` is what a table tells beside the fields of an inventory.
        """
        fields = _MACHINE.read(node, mark, self.log)
        name = node.get("name") if isinstance(node, Mapping) and self.unique else None
        if isinstance(name, str) and name in self.seen:
            first = self.log.document.position(self.seen[name]).line
            self.log.add(
                node.at("name"),
                f"The machine {quoted(name)} stands twice (first on line {first}).",
                "Rename one.",
            )
        elif isinstance(name, str):
            self.seen[name] = node.at("name")
        if fields is not None:
            machine = self._machine(fields, node, os_type)
            self.machines.append(machine._replace(supposed=supposed) if supposed else machine)

    def _machine(self, fields: dict[str, Any], node: Mapping, os_type: OsType | None) -> Machine:
        facts, placement = _facts(fields, os_type), _placement(fields)
        kept = ("id", "zone", "availability_set", "weight", "reboot_at", "done", "owner")
        return Machine(
            name=fields["name"],
            facts=self.facts.setdefault(facts, facts),
            placement=self.placements.setdefault(placement, placement),
            origin=NodeOrigin(self.log.document, node),
            **{key: fields[key] for key in kept if key in fields},
        )


_FACTS = tuple(key for key in Facts._fields if key in MACHINE_FIELDS)


def _facts(fields: dict[str, Any], os_type: OsType | None) -> Facts:
    found = {key: fields[key] for key in _FACTS if key in fields}
    if fields.get("container"):
        found["image"] = Image(container=fields["container"])
    elif "image" in found and found["image"] == Image():
        del found["image"]
    if "pending" in found:
        found["pending"] = pending_of(waiting(*each) for each in found["pending"])
    return Facts(**found, os_type=os_type)


def _placement(fields: dict[str, Any]) -> Placement:
    minutes = fields.get("reboot_minutes")
    return Placement(
        timezone=fields.get("timezone"),
        windows=fields.get("window", ()),
        groups=fields.get("groups", ()),
        ring=fields.get("ring"),
        region=fields.get("region"),
        tags=tuple(fields.get("tags", {}).items()),
        reboot=DEFAULT_REBOOT if minutes is None else timedelta(minutes=minutes),
    )


READER = Reader(_recognises, _read)

__all__ = ["READER", "SCHEMA", "parse_image"]
