"""Waivers and known findings: what they cover, how long, and that nothing is lost from sight."""

import json
import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml, Skipped

from hotpatch_cli.documents.files import parse
from hotpatch_cli.inputs.gate_files.waiver_text import WaiverEntry, with_entry
from hotpatch_cli.inputs.gate_files.waivers import waivers_in

SARIF = json.loads(
    (Path(__file__).parent / "data" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")
)
DAY = "2025-12-15"
IMAGE = "image: 'MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition'"
OLD = "platform: arc, os: Windows Server 2019 Datacenter"
"""Unsupported, with HP105."""
MODE = (
    f"platform: azure, {IMAGE}, patching: "
    f"{{mode: AutomaticByOS, hotpatching: false, vm_agent: true}}"
)
"""Action required, with HP201 and HP202; its track is unknown, and no finding says so."""
READY = (
    f"platform: azure, {IMAGE}, patching: "
    f"{{mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}}"
)
OFF = f"{READY}, build: 26100.7178"
"""Ready and off-track, with HP303."""
ID = "/subscriptions/1/resourceGroups/Rg/providers/Microsoft.HybridCompute/machines/Web"


def waiver(machine: str = "a", rule: str = "HP105", expires: str = "2026-01-31") -> dict[str, str]:
    """A waiver as it stands in a file."""
    return {
        "machine": machine,
        "rule": rule,
        "reason": "moves in March",
        "owner": "platform",
        "expires": expires,
    }


def checked(
    hotpatch: Any, fleet: str, *waivers: dict[str, str], options: tuple[str, ...] = ()
) -> Any:
    """`hotpatch check` on an inventory with waivers."""
    hotpatch.write("waivers.yaml", yaml.safe_dump({"waivers": list(waivers)}, sort_keys=False))
    return hotpatch.check(
        f"machines: [{fleet}]", "--waivers", "waivers.yaml", "--as-of", DAY, *options
    )


@pytest.mark.parametrize(
    ("machine", "rule", "code"),
    [
        ("a", "HP105", 0),
        ("a", "hp105", 0),
        ("a", "*", 0),
        ("*", "HP105", 0),
        ("[ab]", "*", 0),
        ("?", "HP105", 0),
        ("A", "HP105", 1),
        ("b", "HP105", 1),
        ("a*b", "*", 1),
        ("a", "HP104", 1),
        ("a", "HP101", 1),
    ],
)
def test_a_waiver_covers_its_machine_and_its_rule(
    hotpatch: Any, machine: str, rule: str, code: int
) -> None:
    """A machine is meant by its name or a pattern, in the letter case of the name; a rule by its
    code, or all by *.
    """
    assert checked(hotpatch, f"{{name: a, {OLD}}}", waiver(machine, rule)).code == code


@pytest.mark.parametrize(
    ("machine", "code"),
    [
        (ID, 0),
        (ID.upper(), 0),
        (ID.lower(), 0),
        (f"{ID[:40].lower()}*", 0),
        ("*/resourceGroups/Rg/*", 0),
        (f"{ID}x", 1),
        ("Web", 1),
        ("a", 0),
    ],
)
def test_a_resource_id_is_the_same_in_any_letter_case(
    hotpatch: Any, machine: str, code: int
) -> None:
    """A waiver may name the resource id, or a pattern of it, in any letter case."""
    assert checked(hotpatch, f"{{name: a, id: {ID}, {OLD}}}", waiver(machine)).code == code


def test_a_name_with_the_signs_of_a_pattern_is_itself(hotpatch: Any) -> None:
    """`web[01]` is a machine of that name, though as a pattern it would be web0 or web1."""
    assert checked(hotpatch, f"{{name: 'web[01]', {OLD}}}", waiver("web[01]")).code == 0


@pytest.mark.parametrize(("expires", "code"), [("2025-12-14", 1), (DAY, 0), ("2025-12-16", 0)])
def test_the_last_day_counts(hotpatch: Any, expires: str, code: int) -> None:
    """On its last day a waiver covers; from the day after its finding counts again, and it is
    named.
    """
    done = checked(hotpatch, f"{{name: a, {OLD}}}", waiver(expires=expires))
    assert done.code == code
    assert (
        "waivers.yaml:2: The waiver of HP105 for 'a' expired on 2025-12-14" in done.err
    ) == bool(code)
    assert bool(done.json["gate"]["notes"]) == bool(code)


def test_a_waiver_that_matches_nothing_is_named(hotpatch: Any) -> None:
    """A machine that is not there, with the nearest name, and a rule that is not raised are told
    with their lines.
    """
    done = checked(
        hotpatch,
        f"{{name: web01, {OLD}}}",
        waiver("web1"),
        waiver("web01", "HP106"),
        waiver("web01"),
        waiver("zzz"),
    )
    assert done.code == 0
    nothing = "The waiver of HP105 for '%s' matches nothing: no checked machine has this name."
    assert re.findall(r"waivers.yaml:\d+: .*", done.err) == [
        f"waivers.yaml:2: {nothing % 'web1'} Did you mean 'web01'?",
        (
            "waivers.yaml:7: The waiver of HP106 for 'web01' matches nothing: HP106 isn't raised "
            "for this machine."
        ),
        f"waivers.yaml:17: {nothing % 'zzz'}",
    ]


FLEETS = {
    "one of two obstacles": (MODE, ["HP201"], "unsupported,action-required", 1, "fails"),
    "both obstacles": (MODE, ["HP201", "HP202"], "unsupported,action-required", 0, "waived"),
    "the track counts too": (MODE, ["HP201", "HP202"], "action-required,track:unknown", 1, "fails"),
    "all of a machine": (MODE, ["*"], "action-required,track:unknown", 0, "waived"),
    "off-track": (OFF, ["HP303"], "off-track", 0, "waived"),
    "off-track, another rule": (OFF, ["HP201"], "off-track", 1, "fails"),
    "off-track does not fail": (OFF, [], "unsupported", 0, "passes"),
    "unknown": ("platform: arc", ["HP402"], "unsupported", 3, "undecided"),
    "unknown, all of it": ("platform: arc", ["*"], "unsupported", 0, "waived"),
    "unknown that fails": ("platform: arc", ["*"], "unknown", 0, "waived"),
    "unsupported that does not fail": (OLD, ["HP104"], "unknown", 0, "passes"),
    "never": (OLD, ["HP104"], "never", 0, "passes"),
    "never, and waived": (OLD, ["HP105"], "never", 0, "waived"),
    "ready": (f"{READY}, build: 26100.7392", ["*"], "unsupported", 0, "passes"),
    "a scale set that lacks facts too": (
        "platform: azure, scale_set: uniform, " + IMAGE,
        ["HP106"],
        "unsupported",
        3,
        "undecided",
    ),
}


@pytest.mark.parametrize("case", FLEETS.values(), ids=FLEETS)
def test_what_is_left_decides(hotpatch: Any, case: tuple[str, list[str], str, int, str]) -> None:
    """A machine fails by what is left once its waived findings are taken away; its verdict stays
    what it is.
    """
    facts, rules, words, code, outcome = case
    bare = hotpatch.check(f"machines: [{{name: a, {facts}}}]", "--as-of", DAY).machines["a"]
    listed = [waiver("a", rule) for rule in rules]
    done = checked(hotpatch, f"{{name: a, {facts}}}", *listed, options=("--fail-on", words))
    machine = done.machines["a"]
    assert (done.code, machine["outcome"]) == (code, outcome)
    assert machine["verdict"] == bare["verdict"]
    assert machine["track"] == bare["track"]
    assert done.json["summary"]["waived"] == (outcome == "waived")
    assert done.json["summary"][bare["verdict"]] == 1


def test_a_waived_finding_is_shown_in_every_format(hotpatch: Any) -> None:
    """Nothing is dropped: each format has the finding, says that it is waived, and why."""
    run = {
        form: checked(hotpatch, f"{{name: a, {OLD}}}", waiver(), options=("-f", form))
        for form in (
            "table",
            "json",
            "csv",
            "markdown",
            "sarif",
            "junit",
            "github",
            "gitlab",
            "azure",
        )
    }
    assert {done.code for done in run.values()} == {0}
    assert all("HP105" in done.out for done in run.values())
    why = "Waived until 2026-01-31 by platform: moves in March"
    assert all(why in run[form].out for form in ("markdown", "junit", "github", "gitlab", "azure"))
    assert "unsupported (waived)" in run["table"].out
    assert run["csv"].out.rstrip().endswith(",waived,")
    assert run["json"].machines["a"]["reasons"][0]["waived"]["owner"] == "platform"
    jsonschema.validate(run["json"].json, hotpatch("schema", "report").json)
    jsonschema.validate(run["sarif"].json, SARIF)
    (result,) = run["sarif"].json["runs"][0]["results"]
    assert result["suppressions"][0]["status"] == "accepted"
    (case,) = next(iter(JUnitXml.fromstring(run["junit"].out.encode())))
    assert isinstance(case.result[0], Skipped)
    assert run["github"].out.startswith("::notice ")
    assert "##vso" not in run["azure"].out
    assert run["gitlab"].json[0]["severity"] == "info"
    assert "✅ hotpatch: 1 machine, none fails" in run["markdown"].out


def test_a_waiver_does_not_change_a_fingerprint(hotpatch: Any) -> None:
    """An alert that is waived stays the alert it was."""
    prints = [
        checked(hotpatch, f"{{name: a, {OLD}}}", *waivers, options=("-f", "sarif")).json["runs"][0][
            "results"
        ][0]
        for waivers in ([], [waiver()])
    ]
    assert prints[0]["partialFingerprints"] == prints[1]["partialFingerprints"]


def test_images_are_waived_too(hotpatch: Any) -> None:
    """`image --waivers` covers an image by its name."""
    hotpatch.write("w.yaml", yaml.safe_dump({"waivers": [waiver("a:b:*", "HP101")]}))
    assert hotpatch("image", "a:b:c", "--waivers", "w.yaml", "--as-of", DAY).code == 0
    assert hotpatch("image", "a:c:c", "--waivers", "w.yaml", "--as-of", DAY).code == 1


def test_waivers_come_from_several_files(hotpatch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """--waivers may be given several times, and its variable holds several files."""
    fleet = hotpatch.write("f.yaml", f"machines: [{{name: a, {OLD}}}, {{name: b, {OLD}}}]")
    one = hotpatch.write("o ne.yaml", yaml.safe_dump({"waivers": [waiver("a")]}))
    two = hotpatch.write("two.yaml", yaml.safe_dump({"waivers": [waiver("b")]}))
    assert hotpatch("check", fleet, "--as-of", DAY, "--waivers", one, "--waivers", two).code == 0
    assert hotpatch("check", fleet, "--as-of", DAY, "--waivers", one).code == 1
    monkeypatch.setenv("HOTPATCH_WAIVERS", os.pathsep.join([one, two]))
    assert hotpatch("check", fleet, "--as-of", DAY).code == 0


@pytest.mark.parametrize("key", ["machine", "rule", "reason", "owner", "expires"])
@pytest.mark.parametrize("value", ["no", "null", "empty"])
def test_all_five_keys_are_needed(hotpatch: Any, key: str, value: str) -> None:
    """A waiver without one of its keys, or with nothing in it, is refused with its place: code
    2.
    """
    entry: dict[str, Any] = waiver()
    entry[key] = {"null": None, "empty": "  "}.get(value)
    if value == "no":
        del entry[key]
    done = checked(hotpatch, f"{{name: a, {OLD}}}", entry)
    assert (done.code, done.out) == (2, "")
    assert re.search(r"waivers.yaml:\d+:\d+: ", done.err)
    assert key in done.err or value == "empty"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "waivers: [{machine: a, rule: HP999, reason: r, owner: o, expires: 2026-01-01}]",
            "The rule 'HP999' doesn't exist.",
        ),
        (
            "waivers: [{machine: a, rule: HP15, reason: r, owner: o, expires: 2026-01-01}]",
            "To list the rules, run `hotpatch explain`.",
        ),
        (
            "waivers: [{machine: a, rule: HP105, reason: r, owner: o, expires: never}]",
            "'never' isn't a valid date",
        ),
        (
            "waivers: [{machine: a, rule: HP105, reason: r, owner: o, expires: 2026-02-30}]",
            "isn't a valid date",
        ),
        (
            (
                "waivers: [{machine: a, rule: HP105, reason: r, owner: o, expires: "
                "2026-01-01, until: 1}]"
            ),
            "'until'",
        ),
        ("waiver: []", "Did you mean 'waivers'?"),
        ("- a", "found a list"),
        ("waivers: [", "waivers.yaml:1"),
        ("", "The file is empty."),
    ],
)
def test_a_wrong_waiver_file_is_code_2(hotpatch: Any, text: str, said: str) -> None:
    """A waiver of a rule that does not exist, without an end, or in another shape is refused with
    file and line.
    """
    hotpatch.write("waivers.yaml", text)
    done = hotpatch.check(f"machines: [{{name: a, {OLD}}}]", "--waivers", "waivers.yaml")
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_waiver_file_that_is_not_there_is_code_2(hotpatch: Any) -> None:
    """A gate whose waivers cannot be read says nothing."""
    assert hotpatch.check(f"machines: [{{name: a, {OLD}}}]", "--waivers", "none.yaml").code == 2


def test_a_file_of_comments_alone_waives_nothing(hotpatch: Any) -> None:
    """Once all waivers are taken out, what is left of the file is fine."""
    hotpatch.write("waivers.yaml", "# none now\nwaivers:\n")
    assert hotpatch.check(f"machines: [{{name: a, {OLD}}}]", "--waivers", "waivers.yaml").code == 1
    hotpatch.write("waivers.yaml", "# none now\n")
    assert hotpatch.check(f"machines: [{{name: a, {OLD}}}]", "--waivers", "waivers.yaml").code == 1


# --- hotpatch waive ----------------------------------------

CALL = (
    "--reason",
    "moves: in March",
    "--owner",
    "platform",
    "--expires",
    "2026-03-31",
    "--as-of",
    DAY,
)
FILES = {
    "commented": """\
# ours
waivers:
  # the first
  - machine: x
    rule: HP105  # old
    reason: r
    owner: o
    expires: 2026-01-01
# last words
""",
    "not indented": (
        "waivers:\n- {machine: x, rule: HP105, reason: r, owner: o, expires: 2026-01-01}\n"
    ),
    "no line end": (
        "waivers:\n- {machine: x, rule: HP105, reason: r, owner: o, expires: 2026-01-01}"
    ),
    "empty list": "waivers: []\n",
    "nothing": "waivers:\n",
    "more below": (
        "waivers:\n  - {machine: x, rule: HP105, reason: r, owner: o, expires: "
        "2026-01-01}\nx-note: ours\n"
    ),
    "of Windows": (
        "# ours\r\nwaivers:\r\n  - {machine: x, rule: HP105, reason: r, owner: o, "
        "expires: 2026-01-01}\r\n"
    ),
    "with a mark": (
        "\ufeffwaivers:\n- {machine: x, rule: HP105, reason: r, owner: o, expires: 2026-01-01}\n"
    ),
    "folded reason": """\
waivers:
- machine: x
  rule: HP105
  owner: o
  expires: 2026-01-01
  reason: >
    long
    words
""",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_waive_adds_one_and_keeps_the_rest(hotpatch: Any, text: str) -> None:
    """Every line of the file is still there, comments too, and the new waiver works."""
    hotpatch.write("waivers.yaml", text)
    assert hotpatch("waive", "a", "hp105", *CALL).code == 0
    after = (hotpatch.folder / "waivers.yaml").read_bytes().decode()
    for line in text.splitlines(keepends=True):
        assert line.strip("\n").removesuffix(" []") in after
    assert ("\r\n" in text) == ("\r\n" in after)
    assert after.count("\n") == after.count("\r\n") or "\r\n" not in after
    done = hotpatch.check(
        f"machines: [{{name: a, {OLD}}}, {{name: x, {OLD}}}]", "--waivers", "waivers.yaml"
    )
    assert done.machines["a"]["reasons"][0]["waived"] == {
        "reason": "moves: in March",
        "owner": "platform",
        "expires": "2026-03-31",
    }
    assert done.code == (0 if "machine: x" in text else 1)


def test_waive_writes_a_new_file(hotpatch: Any) -> None:
    """Where there is no file yet, one is made, with a word on what it is."""
    assert hotpatch("waive", "*", "*", *CALL).code == 0
    text = (hotpatch.folder / "waivers.yaml").read_text()
    assert text.startswith("# ")
    assert yaml.safe_load(text)["waivers"][0]["machine"] == "*"


def test_waive_adds_to_one_file(hotpatch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable may name several files for `check`; none is made up of them, nor one that is
    called `-`.
    """
    given = (
        "waive",
        "a",
        "HP105",
        "--reason",
        "r",
        "--owner",
        "o",
        "--expires",
        "2026-01-01",
        "--as-of",
        DAY,
    )
    monkeypatch.setenv("HOTPATCH_WAIVERS", os.pathsep.join(["a.yaml", "b.yaml"]))
    done = hotpatch(*given)
    assert (done.code, "Specify one of them" in " ".join(done.err.replace("│", " ").split())) == (
        2,
        True,
    )
    assert hotpatch(*given, "--waivers", "-").code == 2
    assert not list(hotpatch.folder.iterdir())
    assert hotpatch(*given, "--waivers", "b.yaml").code == 0
    assert [each.name for each in hotpatch.folder.iterdir()] == ["b.yaml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a", "HP999", *CALL], "The rule 'HP999' doesn't exist."),
        (["a", "HP105", *CALL[:4]], "Missing option '--expires'"),
        (["a", "HP105", *CALL[:5], "2025-12-14", *CALL[6:]], "is in the past"),
        (["a", "HP105", *CALL[:5], "soon", *CALL[6:]], "isn't a valid date"),
        (["a\nb", "HP105", *CALL], "isn't a single line of text"),
        (["", "HP105", *CALL], "isn't a single line of text"),
        (["x", "HP105", *CALL], "until 2026-01-01. Edit that waiver."),
        (["a", "HP105", *CALL, "--waivers", "flow.yaml"], "can't be added to this list"),
        (["a", "HP105", *CALL, "--waivers", "other.yaml"], "Unknown key"),
        (["a", "HP105", *CALL, "--waivers", "none/w.yaml"], "Can't write the file"),
        (["a", "HP105", *CALL, "--waivers", "."], "directory"),
    ],
)
def test_waive_that_cannot_be_done_changes_nothing(
    hotpatch: Any, arguments: list[str], said: str
) -> None:
    """Code 2, with what is wrong, and every file as it was."""
    line = "{machine: x, rule: HP105, reason: r, owner: o, expires: 2026-01-01}"
    hotpatch.write("waivers.yaml", f"waivers:\n- {line}\n")
    hotpatch.write("flow.yaml", f"waivers: [{line}]\n")
    hotpatch.write("other.yaml", "machines: []\n")
    before = {each.name: each.read_bytes() for each in hotpatch.folder.iterdir()}
    done = hotpatch("waive", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in " ".join(done.err.replace("│", " ").split())
    assert {each.name: each.read_bytes() for each in hotpatch.folder.iterdir()} == before


ONE_LINE = st.text(
    st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"]),
    min_size=1,
    max_size=40,
)


@given(ONE_LINE, ONE_LINE, ONE_LINE, st.dates(date(2025, 1, 1), date(2100, 1, 1)))
def test_what_is_waived_is_read_back(machine: str, reason: str, owner: str, expires: date) -> None:
    """Whatever the words are, the file has them as they were given."""
    text = with_entry(
        "/none/w.yaml", WaiverEntry(machine, "HP105", reason, owner, expires), ["HP105"]
    )
    (found,) = waivers_in(parse("w.yaml", text), ["HP105"])
    assert found[:5] == (machine, "HP105", reason, owner, expires)


# --- known findings ----------------------------------------


def test_known_findings_do_not_fail_and_new_ones_do(hotpatch: Any) -> None:
    """--write-known writes and is 0; with --known the same fleet is 0, one more finding is 1."""
    fleet = f"machines: [{{name: a, {OLD}}}, {{name: b, platform: arc}}]"
    written = hotpatch.check(fleet, "--write-known", "known.json")
    assert (written.code, written.json["gate"]["exit_code"]) == (0, 0)
    done = hotpatch.check(fleet, "--known", "known.json")
    assert (done.code, {each["outcome"] for each in done.json["machines"]}) == (0, {"known"})
    assert (done.json["summary"]["waived"], "; 2 known)" in done.err) == (0, True)
    more = fleet.replace("machines: [", f"machines: [{{name: c, {OLD}}}, ")
    assert hotpatch.check(more, "--known", "known.json").code == 1
    worse = fleet.replace(OLD, MODE)
    assert hotpatch.check(worse, "--known", "known.json").code == 1


def test_a_known_verdict_does_not_hide_a_new_obstacle(hotpatch: Any) -> None:
    """A machine known for its patch mode fails when hotpatching is off too: findings are known, not
    machines.
    """
    one = f"machines: [{{name: a, {MODE.replace('hotpatching: false', 'hotpatching: true')}}}]"
    hotpatch.check(one, "--write-known", "known.json")
    done = hotpatch.check(f"machines: [{{name: a, {MODE}}}]", "--known", "known.json")
    assert done.code == 1
    assert [each["code"] for each in done.machines["a"]["reasons"] if each.get("counts")] == [
        "HP201"
    ]


def test_what_was_fixed_is_said(hotpatch: Any) -> None:
    """A known finding that is no longer found is named on standard error and in the report."""
    hotpatch.check(
        f"machines: [{{name: a, {OLD}}}, {{name: b, {OLD}}}]", "--write-known", "known.json"
    )
    done = hotpatch.check(
        f"machines: [{{name: a, {OLD}}}]", "--known", "known.json", "--write-known", "new.json"
    )
    said = "Fixed: 1 known finding no longer found ('b' HP105). To remove them, use --write-known."
    assert said in done.err
    assert done.json["gate"]["notes"] == [said]
    assert [
        each["machine"] for each in json.loads((hotpatch.folder / "new.json").read_text())["known"]
    ] == ["a"]


def test_a_known_machine_is_found_by_its_id(hotpatch: Any) -> None:
    """The id in any letter case outweighs the name; another id under the same name is another
    machine.
    """
    text = f"machines: [{{name: %s, id: %s, {OLD}}}]"
    hotpatch.check(text % ("a", ID), "--write-known", "known.json")
    assert hotpatch.check(text % ("b", ID.lower()), "--known", "known.json").code == 0
    assert hotpatch.check(text % ("a", ID + "2"), "--known", "known.json").code == 1
    assert hotpatch.check(f"machines: [{{name: a, {OLD}}}]", "--known", "known.json").code == 0


def test_an_unknown_track_is_known_by_its_word(hotpatch: Any) -> None:
    """Of an unknown track that no finding speaks of, the word stands in the file."""
    fleet = f"machines: [{{name: a, {READY}}}]"
    hotpatch.check(fleet, "--fail-on", "track:unknown", "--write-known", "known.json")
    assert hotpatch.check(fleet, "--fail-on", "track:unknown", "--known", "known.json").code == 0
    assert hotpatch.check(fleet, "--fail-on", "track:unknown").code == 1


def test_waived_findings_are_not_written_as_known(hotpatch: Any) -> None:
    """Once a waiver is over its finding counts, so it must not be in the file of known ones."""
    checked(hotpatch, f"{{name: a, {OLD}}}", waiver(), options=("--write-known", "known.json"))
    assert json.loads((hotpatch.folder / "known.json").read_text())["known"] == []


def test_known_findings_are_unchanged_in_sarif(hotpatch: Any) -> None:
    """A known finding keeps its place in the log and has baselineState unchanged."""
    fleet = f"machines: [{{name: a, {OLD}}}]"
    hotpatch.check(fleet, "--write-known", "known.json")
    log = hotpatch.check(fleet, "--known", "known.json", "-f", "sarif").json
    jsonschema.validate(log, SARIF)
    assert log["runs"][0]["results"][0]["baselineState"] == "unchanged"


@pytest.mark.parametrize(
    "text",
    ["{}", '{"schema_version": 2, "known": []}', "[]", "x", '{"schema_version": 1, "known": [{}]}'],
)
def test_a_wrong_file_of_known_findings_is_code_2(hotpatch: Any, text: str) -> None:
    """A file that is something else is refused, never taken for a list of nothing."""
    hotpatch.write("known.json", text)
    done = hotpatch.check(f"machines: [{{name: a, {OLD}}}]", "--known", "known.json")
    assert (done.code, done.out) == (2, "")
    assert "known.json:1:" in done.err


def test_known_findings_are_written_with_the_outputs_or_not_at_all(hotpatch: Any) -> None:
    """Where the report cannot be written, the file of known findings is not written either."""
    hotpatch.write("known.json", "old")
    fleet = f"machines: [{{name: a, {OLD}}}]"
    assert hotpatch.check(fleet, "--write-known", "known.json", "-o", "none/x").code == 2
    assert hotpatch.check(fleet, "--write-known", "-").code == 2
    assert (hotpatch.folder / "known.json").read_text() == "old"
