"""The inventory: what is wrong with one is told at its place, and what it says is what is meant."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotpatch_cli.documents.files import parse
from hotpatch_cli.errors import InputError
from hotpatch_cli.inputs.fields import MACHINE_FIELDS
from hotpatch_cli.inputs.inventory.reader import FLEET_FIELDS, READER
from hotpatch_cli.model import Build, Image, parse_build

ONE = "machines: [{name: a, platform: arc}]\n"


def machine(rest: str) -> str:
    """An inventory of one machine with some keys."""
    return f"machines: [{{name: a, platform: azure, {rest}}}]"


def window(rest: str) -> str:
    """An inventory with one window."""
    return f"windows: {{w: {{{rest}}}}}\n{ONE}"


UNKNOWN_KEYS = {
    "top": (f"{ONE}machine: []", 2, 1, "machine", "machines"),
    "windows": (f"{ONE}windws: {{}}", 2, 1, "windws", "windows"),
    "defaults": (f"defaults: {{timezon: UTC}}\n{ONE}", 1, 12, "timezon", "timezone"),
    "window": (window("day: [Sat], start: 1:00, duration: 1h"), 1, 15, "day", "days"),
    "freeze": (f"freezes: [{{name: a, form: 2025-01-01}}]\n{ONE}", 1, 21, "form", "from"),
    "group": (f"groups: {{g: {{settel: 1h}}}}\n{ONE}", 1, 14, "settel", "settle"),
    "ring": (f"rings: [{{name: r, soack: 1h}}]\n{ONE}", 1, 19, "soack", "soak"),
    "limits": (f"limits: {{per_regon: 1}}\n{ONE}", 1, 10, "per_regon", "per_region"),
    "machine": (machine("bild: '1'"), 1, 39, "bild", "build"),
    "image": (machine("image: {publischer: x}"), 1, 47, "publischer", "publisher"),
    "patching": (machine("patching: {mod: Manual}"), 1, 50, "mod", "mode"),
    "arc": (machine("arc: {secureboot: true}"), 1, 45, "secureboot", "secure_boot"),
    "azure_local": (machine("azure_local: {versn: 23H2}"), 1, 53, "versn", "version"),
    "pending": (machine("pending: [{tittle: x}]"), 1, 50, "tittle", "title"),
}


@pytest.mark.parametrize("case", UNKNOWN_KEYS.values(), ids=UNKNOWN_KEYS)
def test_an_unknown_key_is_an_error_at_every_level(
    hotpatch: Any, case: tuple[str, int, int, str, str]
) -> None:
    """An unknown key gives code 2, its place, and the key that was meant."""
    text, line, column, key, meant = case
    done = hotpatch.check(text)
    assert (done.code, done.out) == (2, "")
    assert f"fleet.yaml:{line}:{column}: Unknown key '{key}'" in done.err
    assert f"Did you mean '{meant}'?" in done.err


def test_free_keys_are_free(hotpatch: Any) -> None:
    """Keys that begin with x-, and any key in tags and per_tag, are no errors."""
    text = (
        "x-mine: {a: [1]}\nlimits: {per_tag: {any: 1}}\n"
        "machines: [{name: a, platform: arc, x-b: {}, tags: {Any: t}}]"
    )
    assert hotpatch.check(text).code == 3


BAD = {
    "two rules": (
        window("days: [Sat], patch_tuesday: 1, start: 1:00, duration: 1h"),
        "1:14",
        "Keep one.",
    ),
    "no rule": (
        window("start: 1:00, duration: 1h"),
        "1:14",
        "Specify one of rrule, azure, patch_tuesday, days, ics.",
    ),
    "no start": (window("days: [Sat], duration: 1h"), "1:14", "has no start"),
    "interval": (
        window("rrule: FREQ=WEEKLY;INTERVAL=2, start: 1:00, duration: 1h"),
        "1:14",
        "requires a first date",
    ),
    "months": (
        window("azure: 2Months Second Tuesday, start: 1:00, duration: 1h"),
        "1:14",
        "requires a first date",
    ),
    "rrule": (window("rrule: FREQ=WEEKLI, start: 1:00, duration: 1h"), "1:22", "FREQ is 'WEEKLI'"),
    "azure": (
        window("azure: Month Second Tuesdy, start: 1:00, duration: 1h"),
        "1:22",
        "'tuesdy' isn't a weekday",
    ),
    "weekday": (
        window("days: [Satt], start: 1:00, duration: 1h"),
        "1:21",
        "'Satt' isn't a weekday",
    ),
    "patch tuesday": (
        window("patch_tuesday: four, start: 1:00, duration: 1h"),
        "1:30",
        "'four' isn't a number",
    ),
    "hour": (
        window("days: [Sat], start: 24:00, duration: 1h"),
        "1:35",
        "'24:00' isn't a valid time",
    ),
    "no duration": (
        window("days: [Sat], start: 1:00, duration: 0h"),
        "1:14",
        "must be longer than zero",
    ),
    "until": (
        window("days: [Sat], start: 1:00, duration: 1h, from: 2025-05-01, until: 2025-01-01"),
        "1:14",
        "`until`",
    ),
    "exdate": (
        window("days: [Sat], start: 1:00, duration: 1h, exdates: [2025-13-01]"),
        "1:65",
        "'2025-13-01'",
    ),
    "no calendar": (window("ics: nope.ics"), "nope.ics", "The file doesn't exist."),
    "impossible day": (
        f"freezes: [{{name: a, from: 2025-02-30, to: 2025-03-01}}]\n{ONE}",
        "1:27",
        "'2025-02-30'",
    ),
    "backwards": (
        f"freezes: [{{name: a, from: 2025-03-02, to: 2025-03-01}}]\n{ONE}",
        "1:11",
        "before it starts",
    ),
    "half a freeze": (
        f"freezes: [{{name: a, from: 2025-03-02}}]\n{ONE}",
        "1:11",
        "Add `from` and `to`",
    ),
    "circle": (
        f"groups: {{a: {{after: [b]}}, b: {{after: [a]}}}}\n{ONE}",
        "1:10",
        "'a' after 'b' after 'a'",
    ),
    "waits for itself": (
        f"groups: {{a: {{after: [a]}}}}\n{ONE}",
        "1:10",
        "Groups depend on each other",
    ),
    "unknown window": (
        f"{window('days: [Sat], start: 1:00, duration: 1h')}defaults: {{window: v}}",
        "3:20",
        "'v'",
    ),
    "unknown group": (
        machine("groups: [g]"),
        "1:47",
        "The group 'g' isn't defined. Define it under 'groups'.",
    ),
    "unknown ring": (
        machine("ring: r"),
        "1:45",
        "The ring 'r' isn't defined. Define it under 'rings'.",
    ),
    "unknown after": (
        f"groups: {{a: {{after: [b]}}}}\n{ONE}",
        "1:10",
        "The group 'b' isn't defined.",
    ),
    "unknown in freeze": (
        f"freezes: [{{name: a, from: 2025-03-01, to: 2025-03-01, rings: [x]}}]\n{ONE}",
        "1:11",
        "'x'",
    ),
    "ring twice": (
        f"rings: [{{name: a}}, {{name: a}}]\n{ONE}",
        "1:20",
        "The ring 'a' is defined twice.",
    ),
    "machine twice": (
        "machines: [{name: a, platform: arc}, {name: a, platform: arc}]",
        "1:45",
        "is defined twice",
    ),
    "zone": (machine("timezone: Europe/Stokholm"), "1:49", "Did you mean Europe/Stockholm"),
    "no platform": ("machines: [{name: a}]", "1:12", "'platform' of a machine is missing"),
    "platform": ("machines: [{name: a, platform: azur}]", "1:32", "Did you mean 'azure'?"),
    "platform of other tools": (
        "machines: [{name: a, platform: Azure Arc}]",
        "1:32",
        "Did you mean 'arc'?",
    ),
    "platform elsewhere": ("machines: [{name: a, platform: vmware}]", "1:32", "use arc"),
    "key of other tools": (machine("hostname: b"), "1:39", "Did you mean 'name'?"),
    "key of a table": (machine("Operating System: x"), "1:39", "Did you mean 'os'?"),
    "key outside its group": (
        machine("enableHotpatching: true"),
        "1:39",
        "Did you mean 'hotpatching' under 'patching'?",
    ),
    "power of other tools": (machine("power: VM running"), "1:46", "Did you mean 'on'?"),
    "section in the singular": ("machine: [{name: a}]", "1:1", "Did you mean 'machines'?"),
    "section of another word": ("servers: [{name: a}]", "1:1", "Did you mean 'machines'?"),
    "machines without dashes": (
        "machines: {a: {platform: arc}}",
        "1:11",
        "Start each machine with `- name:`.",
    ),
    "another window": (
        f"windows: {{w: {{days: [Sat], start: 1:00, duration: 1h}}}}\n{machine('window: nightly')}",
        "2:47",
        "The window 'nightly' isn't defined. Defined windows: w.",
    ),
    "no name": ("machines: [{platform: arc}]", "1:12", "'name' of a machine is missing"),
    "name": ("machines: [{name: [a], platform: arc}]", "1:19", "Expected text, found a list."),
    "build": (machine("build: 26100.7092.1.2"), "1:46", "isn't a valid build"),
    "kb": (machine("kbs: [KBx]"), "1:45", "'KBx' isn't a valid KB."),
    "image": (machine("image: a:b"), "1:46", "'a:b' isn't a valid image."),
    "host": (
        machine("azure_local: {version: 21Z9}"),
        "1:62",
        "'21Z9' isn't a valid Azure Local version",
    ),
    "minutes": (machine(f"reboot_minutes: {'9' * 400}"), "1:55", "from 1 to 10080"),
    "weight": (machine("weight: .inf"), "1:47", "Expected a number"),
    "moment": (machine("reboot_at: 2026-01-01T10:00"), "1:50", "has no UTC offset"),
    "share": (f"groups: {{g: {{max_unavailable: 101%}}}}\n{ONE}", "1:31", "'101%'"),
    "no share": (f"groups: {{g: {{max_unavailable: 0}}}}\n{ONE}", "1:31", "'0'"),
    "tags": (machine("tags: {a: {b: c}}"), "1:49", "Expected text, found a mapping."),
    "machines": ("machines: {a: b}", "1:11", "Expected a list of machines"),
    "no machine": ("machines: [null]", "1:12", "Expected a machine (a mapping), found nothing."),
    "windows": (f"windows: often\n{ONE}", "1:10", "Expected a mapping, found 'often'."),
    "none": ("fleet: x", "fleet.yaml", "No machine was found."),
    "a list": ("- a", "1:1", "Unrecognized file type."),
    "comments": ("# nothing yet\n", "1:1", "The file contains no data."),
}


@pytest.mark.parametrize(("text", "place", "said"), BAD.values(), ids=BAD)
def test_a_wrong_inventory_is_refused_at_its_place(
    hotpatch: Any, text: str, place: str, said: str
) -> None:
    """What is wrong gives code 2, its place, what it is, no product and no traceback."""
    done = hotpatch.check(text)
    assert (done.code, done.out) == (2, "")
    assert f"{place}: " in done.err
    assert said in done.err
    assert "Traceback" not in done.err


def test_every_problem_is_told_fifty_are_shown(hotpatch: Any) -> None:
    """Of 200 problems the first 50 stand on a line each, and one more line counts the rest."""
    lines = "".join(f"  - {{name: a{n}, platform: x}}\n" for n in range(200))
    done = hotpatch.check(f"machines:\n{lines}")
    told = done.err.splitlines()
    assert done.code == 2
    assert [line.split(": ")[0] for line in told[:50]] == [
        f"fleet.yaml:{n + 2}:{25 + len(str(n))}" for n in range(50)
    ]
    assert told[50:] == ["... and 150 more problems."]


def test_what_is_wrong_with_the_defaults_is_told_once(hotpatch: Any) -> None:
    """A wrong default of three machines is one problem, at the default."""
    names = ", ".join(f"{{name: {name}, platform: arc}}" for name in "abc")
    done = hotpatch.check(f"defaults: {{reboot_minutes: x, bild: 1}}\nmachines: [{names}]")
    assert [line.split(": ")[0] for line in done.err.splitlines()] == [
        "fleet.yaml:1:28",
        "fleet.yaml:1:31",
    ]


@pytest.mark.parametrize(
    "name",
    ["NO", "no", "1e3", "0x10", "012", "22:00", "26100.10", "'null'", "'~'", "2025-12-15", "true"],
)
def test_a_name_stays_as_it_is_written(hotpatch: Any, name: str) -> None:
    """A name that looks like a number, a truth, a time or nothing is the name."""
    assert list(hotpatch.check(f"machines: [{{name: {name}, platform: arc}}]").machines) == [
        name.strip("'")
    ]


def test_a_build_keeps_its_zeros(hotpatch: Any) -> None:
    """20348.2700 is revision 2700 in YAML and, as a number, in JSON, and not 27."""
    yaml = f"machines: [{{name: a, platform: azure, build: 20348.2700, image: {SUPPORTED}}}]"
    as_json = (
        '{"machines": [{"name": "a", "platform": "azure", "build": 20348.2700, '
        f'"image": "{SUPPORTED}"}}]}}'
    )
    for text, name in ((yaml, "fleet.yaml"), (as_json, "fleet.json")):
        (found,) = hotpatch.check(text, name=name).machines.values()
        assert found["track"]["installed"]["build"] == "20348.2700"


SUPPORTED = "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-hotpatch:latest"
DEFAULTS = f"""\
defaults:
  platform: azure
  image: {SUPPORTED}
  patching: &settings
    mode: AutomaticByOS
    hotpatching: true
    vm_agent: true
  kbs: [KB5068840]
machines:
  - name: from-defaults
  - name: own
    patching: {{mode: AutomaticByPlatform}}
  - name: removed
    patching: {{vm_agent: null}}
  - name: nothing
    patching: null
  - name: other-image
    image: {{sku: 2022-datacenter}}
  - name: by-alias
    patching: *settings
  - name: by-merge
    patching: {{<<: *settings, vm_agent: false}}
"""


def test_defaults_lie_under_every_machine(hotpatch: Any) -> None:
    """Mappings merge deeply, a machine's own key wins, and null removes what the defaults say."""
    machines = hotpatch.check(DEFAULTS).machines
    codes = {
        name: {reason["code"] for reason in each["reasons"]} - {"HP301", "HP501"}
        for name, each in machines.items()
    }
    assert codes == {
        "from-defaults": {"HP202"},
        "own": set(),
        "removed": {"HP202", "HP406"},
        "nothing": {"HP404", "HP405", "HP406"},
        "other-image": {"HP101"},
        "by-alias": {"HP202"},
        "by-merge": {"HP202", "HP203"},
    }


@pytest.mark.parametrize(
    ("name", "code", "place"),
    [
        ("from-defaults", "HP202", (5, 11)),
        ("by-alias", "HP202", (5, 11)),
        ("by-merge", "HP202", (5, 11)),
        ("by-merge", "HP203", (22, 41)),
        ("removed", "HP406", (14, 15)),
    ],
)
def test_a_reason_stands_where_its_value_was_written(
    hotpatch: Any, name: str, code: str, place: tuple[int, int]
) -> None:
    """The place of a reason is where the value stands: in the defaults, behind an anchor, or at the
    machine.
    """
    reasons = hotpatch.check(DEFAULTS).machines[name]["reasons"]
    location = next(reason["location"] for reason in reasons if reason["code"] == code)
    assert (location["line"], location["column"]) == place


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("p:o:s", Image("p", "o", "s")),
        ("p:o:s:1.2.3", Image("p", "o", "s", "1.2.3")),
        ("{publisher: p, offer: o, sku: s}", Image("p", "o", "s")),
        ("/subscriptions/1/x", Image(id="/subscriptions/1/x")),
        ("{id: /subscriptions/1/x}", Image(id="/subscriptions/1/x")),
        (
            "mcr.microsoft.com/windows/servercore:ltsc2022",
            Image(container="mcr.microsoft.com/windows/servercore:ltsc2022"),
        ),
    ],
)
def test_an_image_is_known_by_its_shape(text: str, image: Image) -> None:
    """A URN, a mapping, a resource id and a container's name are told apart."""
    (found,) = READER.read(parse("f", machine(f"image: {text}"))).machines
    assert found.facts.image == image


@pytest.mark.parametrize(
    ("text", "build"),
    [
        ("26100.7092", Build(26100, 7092)),
        ("10.0.26100.7092", Build(26100, 7092)),
        ("10.0.26100", Build(26100, None)),
        ("26100", Build(26100, None)),
        ("26100.07092", Build(26100, 7092)),
        ("26100.", None),
        ("v26100.1", None),
        ("٢٦١٠٠.١", None),
    ],
)
def test_a_build_is_read_in_its_spellings(text: str, build: Build | None) -> None:
    """Two and four parts are a build with revision, one and three are without, anything else is
    none.
    """
    assert parse_build(text) == build


def test_json_of_the_same_shape_is_an_inventory_too(hotpatch: Any) -> None:
    """An inventory in JSON gives the report that it gives in YAML, but for the places."""
    yaml = (
        'windows: {w: {days: [Sat], start: "22:00", duration: 4h}}\n'
        "machines: [{name: a, platform: arc, window: w}]"
    )
    as_json = (
        '{"windows": {"w": {"days": ["Sat"], "start": "22:00", "duration": "4h"}},'
        ' "machines": [{"name": "a", "platform": "arc", "window": "w"}]}'
    )
    reports = [
        hotpatch.check(yaml).machines["a"],
        hotpatch.check(as_json, name="f.json").machines["a"],
    ]
    for report in reports:
        for reason in report["reasons"]:
            del reason["location"]
    assert reports[0] == reports[1]


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 99999)
    | st.text(max_size=6)
    | st.sampled_from(["azure", "arc", "4h", "Sat", "2025-01-01", "w", "g"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from([*MACHINE_FIELDS, "days", "start", "duration", "after", "mode"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(st.dictionaries(st.sampled_from(list(FLEET_FIELDS)), JUNK, min_size=1, max_size=5))
def test_whatever_stands_under_the_keys_the_program_does_not_break(
    hotpatch: Any, content: dict[str, Any]
) -> None:
    """An inventory with anything under its keys gives a report or problems: never a bug's code."""
    done = hotpatch.check(json.dumps(content), name="fleet.json")
    assert done.code in (0, 1, 2, 3), done.err
    assert bool(done.out) == (done.code != 2)


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12).filter(
    str.strip
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            TEXTS,
            TEXTS,
            st.dictionaries(TEXTS.filter(lambda key: key.isprintable()), TEXTS, max_size=3),
        ),
        unique_by=lambda each: each[0],
        max_size=5,
    )
)
def test_what_is_written_comes_back(rows: list[tuple[str, str, dict[str, str]]]) -> None:
    """Names, owners and tags of any text are read from JSON as they were written."""
    content = [
        {"name": name, "platform": "arc", "owner": owner, "tags": tags}
        for name, owner, tags in rows
    ]
    reading = READER.read(parse("f.json", json.dumps({"machines": content})))
    assert [(each.name, each.owner, dict(each.placement.tags)) for each in reading.machines] == rows


def test_a_forced_reader_refuses_what_it_cannot_read() -> None:
    """An inventory that is not a mapping is one problem, also where the reader is forced."""
    with pytest.raises(InputError, match=r"Expected an inventory \(a mapping\), found a list"):
        READER.read(parse("f.json", "[1]"))


@pytest.mark.parametrize("soak", ["", ", soak: 24h"])
def test_a_soak_time_of_the_last_ring_is_noted(hotpatch: Any, soak: str) -> None:
    """`soak` on the last ring has no effect: a note with its place, and the same exit code."""
    rings = f"rings:\n- {{name: canary, soak: 24h}}\n- {{name: broad{soak}}}\n"
    done = hotpatch.check(f"{rings}{ONE}", "--fail-on", "never")
    assert done.code == 0
    assert ("fleet.yaml:3: The soak time of the ring 'broad' has no effect" in done.err) == bool(
        soak
    )
