"""The formats for build systems: each is valid by its own rules, keeps hostile text as text, and
says what all say.
"""

import csv
import io
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from xmlschema import XMLSchema

from hotpatch_cli.outputs.formats import CHECK_FORMATS

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "fleet.yaml")
SARIF = json.loads(
    (Path(__file__).parent / "data" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")
)
DAY = ("--as-of", "2025-12-15")
HOSTILE = {
    "command": "::error::x",
    "spaced command": "  ::add-mask::x",
    "logging command": "##vso[task.setvariable variable=a]x",
    "formatting command": "##[error]x",
    "colon and comma": "a:b,c;d]e",
    "percent": "100%25%0A",
    "line end": "a\n::error::b\r\nc",
    "control": "a\x00b\x0bc\x1b[31m",
    "not XML": "a\ufffeb\uffff",
    "half a pair": "\ud800x",
    "cdata": "]]>&lt;<b>",
    "markup": "|*a*|`b`<i>[c](d)@me #1 ~~e~~ $x$",
    "fold": "</details>",
    "emoji": "😀",
}


def fleet(*names: str) -> str:
    """An inventory, as JSON, of unsupported machines with these names."""
    machines = [
        {"name": name, "platform": "arc", "os": "Windows Server 2019 Datacenter"} for name in names
    ]
    return json.dumps({"machines": machines}, indent=1)


def findings_of_json(out: str) -> set[tuple[str, str]]:
    """(machine, code) of each finding."""
    return {
        (each["name"], reason["code"])
        for each in json.loads(out)["machines"]
        for reason in each["reasons"]
    }


def _sarif(out: str) -> set[tuple[str, str]]:
    results = json.loads(out)["runs"][0]["results"]
    return {(each["properties"]["machine"], each["ruleId"]) for each in results}


def _junit(out: str) -> set[tuple[str, str]]:
    found = set()
    for suite in JUnitXml.fromstring(out.encode()):
        for case in suite:
            told = "\n".join([case.system_out or "", *(each.text or "" for each in case.result)])
            found |= {(case.name, code) for code in re.findall(r"^(HP\d{3}) ", told, re.MULTILINE)}
    return found


def _gitlab(out: str) -> set[tuple[str, str]]:
    return {
        (each["description"].split()[1].rstrip(":"), each["check_name"].split("/")[1])
        for each in json.loads(out)
    }


def _github(out: str) -> set[tuple[str, str]]:
    found = re.findall(r"^::\w+ .*title=(HP\d{3}) [^:]+::(\w+): ", out, re.MULTILINE)
    return {(name, code) for code, name in found}


def _azure(out: str) -> set[tuple[str, str]]:
    found = re.findall(
        r"^##vso\[.*;code=(HP\d{3});\](\w+): |^note: (HP\d{3}) (\w+): ", out, re.MULTILINE
    )
    return {(name or other, code or note) for code, name, note, other in found}


def _rows(out: str) -> set[tuple[str, str]]:
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in out.splitlines()
        if line.startswith("|")
    ]
    machines = [row for row in cells if len(row) == 7]  # other tables have fewer columns
    return {(row[0], code) for row in machines for code in re.findall(r"HP\d{3}", row[5])}


def _csv(out: str) -> set[tuple[str, str]]:
    rows = csv.DictReader(io.StringIO(out, newline=""))
    return {(row["name"], code) for row in rows for code in row["codes"].split()}


def _table(out: str) -> set[tuple[str, str]]:
    listing = next(part for part in out.split("\n\n") if re.match("machine +verdict", part))
    lines = listing.splitlines()[2:]
    return {(line.split()[0], code) for line in lines for code in re.findall(r"HP\d{3}", line)}


def _html(text: str) -> set[tuple[str, str]]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    return {(row[0], data["reasons"][number][0]) for row in data["rows"] for number in row[-2]}


FINDINGS = {
    "table": _table,
    "json": findings_of_json,
    "csv": _csv,
    "markdown": _rows,
    "sarif": _sarif,
    "junit": _junit,
    "github": _github,
    "gitlab": _gitlab,
    "azure": _azure,
    "html": _html,
}


@pytest.mark.slow
@pytest.mark.parametrize("form", FINDINGS)
@pytest.mark.parametrize("words", ["never", "unsupported", "behind,off-track", "unknown"])
def test_every_format_has_the_same_findings_and_the_same_code(
    hotpatch: Any, form: str, words: str
) -> None:
    """Each format names each finding of each machine as JSON does, and the exit code is the one of
    JSON.
    """
    expected = hotpatch("check", EXAMPLE, *DAY, "--fail-on", words, "-f", "json")
    done = hotpatch("check", EXAMPLE, *DAY, "--fail-on", words, "-f", form)
    assert done.code == expected.code
    assert FINDINGS[form](done.out) == findings_of_json(expected.out)


def test_every_registered_format_is_held_against_the_others() -> None:
    """A new format that this test does not know is a format that may disagree."""
    # a calendar has restarts, metrics have counts, and neither has findings
    assert {*FINDINGS, "ics", "metrics"} == set(CHECK_FORMATS)


def test_the_machines_that_fail_are_the_same_in_each_format(hotpatch: Any) -> None:
    """What JSON says fails is a failure in JUnit, an error in SARIF, GitHub and Azure, critical in
    GitLab.
    """
    run = {
        form: hotpatch(
            "check", EXAMPLE, *DAY, "--fail-on", "off-track,action-required", "-f", form
        ).out
        for form in FINDINGS
    }
    fails = {
        each["name"] for each in json.loads(run["json"])["machines"] if each["outcome"] == "fails"
    }
    assert fails == {"app01", "web03"}
    cases = [case for suite in JUnitXml.fromstring(run["junit"].encode()) for case in suite]
    assert {
        case.name for case in cases if any(isinstance(each, Failure) for each in case.result)
    } == fails
    errors = {
        each["properties"]["machine"]
        for each in json.loads(run["sarif"])["runs"][0]["results"]
        if each["level"] == "error"
    }
    assert fails <= errors
    critical = {
        each["description"].split()[1][:-1]
        for each in json.loads(run["gitlab"])
        if each["severity"] == "critical"
    }
    assert critical == fails
    for form in ("github", "azure"):
        first = run[form].splitlines()[:2]
        assert all("error" in line and any(name in line for name in fails) for line in first)
    assert {
        row.split("|")[1].strip()
        for row in run["markdown"].splitlines()
        if row.endswith("| fails |")
    } == fails


def test_a_warning_that_makes_a_machine_fail_is_shown_as_an_error(hotpatch: Any) -> None:
    """HP303 is a warning; where --fail-on names off-track it is what turned the build red, so it is
    an error.
    """
    for words, level in (("unsupported", "warning"), ("off-track", "error")):
        out = hotpatch("check", EXAMPLE, *DAY, "--fail-on", words, "-f", "github").out
        assert re.search(rf"^::{level} .*HP303", out, re.MULTILINE)


def test_a_machine_that_fails_without_a_finding_is_told_all_the_same(hotpatch: Any) -> None:
    """A machine that is behind and not ready has no finding on its track; each format tells of it
    where that fails.
    """
    known = "arc: {status: Connected, hotpatch: Enabled, vbs: off, secure_boot: true}"
    text = (
        "machines: [{name: a, platform: arc, os: Windows Server 2025 Standard, "
        f"build: 26100.7092, {known}}}]"
    )
    for form, sign in (
        ("github", "::error file=fleet.yaml,line=1"),
        ("azure", "type=error"),
        ("gitlab", '"critical"'),
    ):
        done = hotpatch.check(text, "--fail-on", "behind", "-f", form)
        assert done.code == 1
        assert sign in done.out
    done = hotpatch.check(text, "--fail-on", "behind", "-f", "sarif")
    jsonschema.validate(done.json, SARIF)
    assert [each["ruleId"] for each in done.json["runs"][0]["results"]] == [
        "HP205",
        "HP501",
        "track-behind",
    ]
    rule = done.json["runs"][0]["tool"]["driver"]["rules"][-1]
    assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help")), (
        "GitHub requires them"
    )
    cases = [
        case
        for suite in JUnitXml.fromstring(
            hotpatch.check(text, "--fail-on", "behind", "-f", "junit").out.encode()
        )
        for case in suite
    ]
    assert "track-behind" in cases[0].result[0].message


# --- SARIF ----------------------------------------


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_sarif_is_valid_whatever_a_machine_is_called(hotpatch: Any, name: str) -> None:
    """The log validates against the schema of OASIS, and has the name as it is."""
    done = hotpatch.check(fleet(name), "-f", "sarif", name="fleet.json")
    jsonschema.validate(done.json, SARIF, format_checker=jsonschema.FormatChecker())
    assert [each["properties"]["machine"] for each in done.json["runs"][0]["results"]] == [name]


def test_sarif_of_the_example_is_valid_and_its_rules_help(hotpatch: Any) -> None:
    """Each result has a rule with its help, its source and its level, and stands at a line and a
    column of the file.
    """
    log = hotpatch("check", EXAMPLE, *DAY, "-f", "sarif").json
    jsonschema.validate(log, SARIF)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert "To do: " in rule["help"]["text"]
        assert rule["helpUri"].startswith("https://")
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] > 1
        assert region["startColumn"] > 1
    assert len(
        {each["partialFingerprints"]["machineAndRule/v1"] for each in run["results"]}
    ) == len(run["results"])


def test_sarif_points_to_the_line_that_the_user_edits(hotpatch: Any) -> None:
    """The region is the value that is wrong, in a file whose name is %-encoded and relative."""
    (hotpatch.folder / "a b").mkdir()
    text = "machines:\n  - name: a\n    platform: arc\n    os: Windows Server 2019 Datacenter\n"
    name = hotpatch.write("a b/flöt#1%.yaml", text)
    for given in (name, str(hotpatch.folder / name)):
        log = hotpatch("check", given, "-f", "sarif").json
        place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        uri = place["artifactLocation"]["uri"]
        assert not urlsplit(uri).fragment
        assert unquote(uri) == name
        assert place["region"] == {"startLine": 4, "startColumn": 9}


def prints(done: Any) -> list[str]:
    """The fingerprints of a SARIF log."""
    return [
        each["partialFingerprints"]["machineAndRule/v1"] for each in done.json["runs"][0]["results"]
    ]


def test_fingerprints_survive_moved_lines(hotpatch: Any) -> None:
    """Comments, machines and an order before a finding move its line and not its fingerprint;
    another name does.
    """
    one, two = "{name: a, platform: arc, os: Windows Server 2019}", "{name: b, platform: arc}"
    first = hotpatch.check(f"machines:\n- {one}\n", "-f", "sarif")
    moved = hotpatch.check(
        f"# a comment\n\nmachines:\n- {two}\n- {one}\n", "-f", "sarif", name="other.yaml"
    )
    renamed = hotpatch.check(f"machines:\n- {one.replace('name: a', 'name: c')}\n", "-f", "sarif")
    assert prints(moved)[-1:] == prints(first)
    assert prints(renamed) != prints(first)


def test_github_reads_the_fingerprint(hotpatch: Any) -> None:
    """The mark stands under the only key that code scanning reads, without which it hashes the
    lines around.
    """
    results = hotpatch("check", EXAMPLE, *DAY, "-f", "sarif").json["runs"][0]["results"]
    for each in results:
        assert len(set(each["partialFingerprints"].values())) == 1
        assert "primaryLocationLineHash" in each["partialFingerprints"]


def test_a_name_in_another_letter_case_is_another_fingerprint(hotpatch: Any) -> None:
    """`A` and `a` are two machines, so the one does not change the fingerprint of the other."""
    alone = prints(hotpatch.check(fleet("a"), "-f", "sarif", name="f.json"))
    assert prints(hotpatch.check(fleet("A", "a"), "-f", "sarif", name="f.json"))[1:] == alone


def test_an_id_outweighs_the_name_in_a_fingerprint(hotpatch: Any) -> None:
    """A machine with a resource id keeps its fingerprint under another name, and in another letter
    case of the id.
    """
    text = "machines: [{name: %s, id: %s, platform: arc, os: Windows Server 2019}]"
    first = hotpatch.check(
        text % ("a", "/subscriptions/1/resourceGroups/G/providers/x/machines/a"), "-f", "sarif"
    )
    again = hotpatch.check(
        text % ("b", "/subscriptions/1/resourcegroups/g/providers/x/machines/A"), "-f", "sarif"
    )
    assert prints(first) == prints(again)


def test_images_without_a_file_have_a_stand_in(hotpatch: Any) -> None:
    """GitHub refuses a result without a file and a line: what was typed or piped has a name."""
    for arguments, stdin, uri in (
        (["image", "a:b:c"], "", "argument"),
        (["image", "-"], "a:b:c\n", "stdin"),
    ):
        log = hotpatch(*arguments, "-f", "sarif", stdin=stdin).json
        jsonschema.validate(log, SARIF)
        (location,) = log["runs"][0]["results"][0]["locations"]
        assert location["logicalLocations"] == [{"name": "a:b:c", "kind": "resource"}]
        assert location["physicalLocation"]["artifactLocation"] == {"uri": uri}
        assert location["physicalLocation"]["region"]["startLine"] == 1


# --- JUnit ----------------------------------------


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_junit_is_read_by_a_parser_whatever_a_machine_is_called(hotpatch: Any, name: str) -> None:
    """A name stays in its test case, with what XML cannot hold shown as an escape."""
    out = hotpatch.check(fleet(name, "next"), "-f", "junit", name="fleet.json").out
    (suite,) = JUnitXml.fromstring(out.encode())
    cases = list(suite)
    assert [len(cases), cases[1].name] == [2, "next"]
    if not re.search("[\n\r\x00\x0b\x1b\ufffe\uffff\ud800]", name):
        assert cases[0].name == name


def test_junit_has_a_case_for_each_machine(hotpatch: Any) -> None:
    """Every machine is a case: failing, unknown, or passing, and the counts of the suite are those
    of the cases.
    """
    out = hotpatch("check", EXAMPLE, *DAY, "-f", "junit").out
    (suite,) = JUnitXml.fromstring(out.encode())
    kinds = {case.name: type(case.result[0]) if case.result else None for case in suite}
    assert len(kinds) == suite.tests == 11
    assert (suite.failures, suite.errors, suite.skipped) == (5, 1, 0)
    assert (kinds["web02"], kinds["mystery01"], kinds["web01"]) == (Failure, Error, None)


def test_what_is_not_windows_is_a_skipped_case(hotpatch: Any) -> None:
    """A machine that was not judged is not missing: it is a skipped case."""
    vms = [
        {
            "name": "linux",
            "type": "Microsoft.Compute/virtualMachines",
            "osProfile": {"linuxConfiguration": {}},
        },
        {
            "name": "win",
            "type": "Microsoft.Compute/virtualMachines",
            "osProfile": {"windowsConfiguration": {}},
        },
    ]
    out = hotpatch.check(json.dumps(vms), "-f", "junit", name="vms.json").out
    (suite,) = JUnitXml.fromstring(out.encode())
    assert [case.name for case in suite if case.result and isinstance(case.result[0], Skipped)] == [
        "linux"
    ]


# --- lines for build systems ----------------------------------------


def runner_reads(line: str) -> tuple[str, dict[str, str], str] | None:
    """A workflow command as GitHub's runner parses it: (command, properties, message)."""
    text = line.strip()
    if not text.startswith("::") or "::" not in text[2:]:
        return None
    head, message = text[2:].split("::", 1)
    command, _, listed = head.partition(" ")
    properties = dict(part.split("=", 1) for part in listed.split(",") if "=" in part)

    def plain(value: str) -> str:
        for sign, code in ((":", "%3A"), (",", "%2C"), ("\r", "%0D"), ("\n", "%0A"), ("%", "%25")):
            value = value.replace(code, sign)
        return value

    return command, {key: plain(value) for key, value in properties.items()}, plain(message)


def agent_reads(line: str) -> tuple[str, dict[str, str], str] | None:
    """A logging command as the agent of Azure Pipelines parses it, which looks for it anywhere in a
    line.
    """
    at = line.find("##vso[")
    if at < 0 or "]" not in line[at:]:
        return None
    head, message = line[at + 6 :].split("]", 1)
    command, _, listed = head.partition(" ")
    properties = dict(part.split("=", 1) for part in listed.split(";") if "=" in part)

    def plain(value: str) -> str:
        for sign, code in (
            (";", "%3B"),
            ("\r", "%0D"),
            ("\n", "%0A"),
            ("]", "%5D"),
            ("%", "%AZP25"),
        ):
            value = value.replace(code, sign)
        return value

    return command, {key: plain(value) for key, value in properties.items()}, plain(message)


@pytest.mark.parametrize(
    ("form", "reads", "command"),
    [("github", runner_reads, "error"), ("azure", agent_reads, "task.logissue")],
)
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_name_is_no_command(
    hotpatch: Any, name: str, form: str, reads: Any, command: str
) -> None:
    """The build system reads one command for each finding, with the name in its message, and none
    from the name.
    """
    out = hotpatch.check(fleet(name), "-f", form, name="fleet.json").out
    commands = [found for found in map(reads, out.split("\n")) if found]
    assert [found[0] for found in commands] == [command]
    if not re.search("[\x00\x0b\x1b\ufffe\uffff\ud800]", name):
        assert commands[0][2].startswith(f"{name}: Windows Server 2019")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", out)


@pytest.mark.parametrize(
    ("form", "reads", "keys"),
    [
        ("github", runner_reads, ("file", "line", "col")),
        ("azure", agent_reads, ("sourcepath", "linenumber", "columnnumber")),
    ],
)
def test_a_place_stands_in_the_command(
    hotpatch: Any, form: str, reads: Any, keys: tuple[str, ...]
) -> None:
    """File, line and column are those of the value, and a comma, a semicolon or a colon in the file
    name is no sign.
    """
    name = "a,b;c:d%].yaml"
    out = hotpatch.check(
        "machines:\n- name: a\n  platform: arc\n  os: Windows Server 2019\n", "-f", form, name=name
    ).out
    properties = reads(out.splitlines()[0])[1]
    assert [properties[key] for key in keys] == [name, "4", "7"]


def test_every_annotation_of_a_file_has_a_line(hotpatch: Any) -> None:
    """An annotation without a line does not show beside the change, so there is none."""
    out = hotpatch("check", EXAMPLE, *DAY, "-f", "github").out
    lines = [line for line in out.splitlines() if line.startswith("::")]
    assert len(lines) == 22
    assert all(
        re.match(r"::(error|warning|notice) file=\S+,line=\d+,col=\d+,title=HP\d{3} ", line)
        for line in lines
    )


def test_the_job_summary_is_appended(hotpatch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With GITHUB_STEP_SUMMARY the format github adds Markdown to what other steps wrote; other
    formats do not.
    """
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    hotpatch.write("summary.md", "from before\n")
    hotpatch.check(fleet("a"), name="fleet.json")
    assert (hotpatch.folder / "summary.md").read_text() == "from before\n"
    assert hotpatch.check(fleet("a"), "-f", "github", name="fleet.json").code == 1
    summary = (hotpatch.folder / "summary.md").read_text()
    assert summary.startswith(
        "from before\n<!-- hotpatch-report -->\n## ❌ hotpatch: 1 of 1 machine fails"
    )


def test_a_job_summary_that_cannot_be_written_is_code_2(
    hotpatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is printed where the summary has no place."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "none/summary.md")
    done = hotpatch.check(fleet("a"), "-f", "github", "-o", "out.txt", name="fleet.json")
    assert (done.code, done.out) == (2, "")
    assert not (hotpatch.folder / "out.txt").exists()


def test_gitlab_issues_have_their_five_keys_and_fingerprints_of_their_own(hotpatch: Any) -> None:
    """Each issue has description, check, fingerprint, severity and a line; no two share a
    fingerprint.
    """
    issues = hotpatch("check", EXAMPLE, *DAY, "-f", "gitlab").json
    assert len(issues) == len({each["fingerprint"] for each in issues}) == 22
    for each in issues:
        assert each.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert each["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert each["location"]["lines"]["begin"] > 1


def test_a_machine_given_twice_has_two_fingerprints(hotpatch: Any) -> None:
    """The same image twice on a command line is two issues, of which GitLab drops none."""
    issues = hotpatch("image", "a:b:c", "a:b:c", "-f", "gitlab").json
    assert len({each["fingerprint"] for each in issues}) == 2


# --- Markdown ----------------------------------------


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_markdown_holds_a_name_as_text(hotpatch: Any, name: str) -> None:
    """A name brings no cell, no markup, no HTML and no mention, and each fold is closed."""
    out = hotpatch.check(fleet(name), "-f", "markdown", name="fleet.json").out
    row = next(line for line in out.splitlines() if line.endswith("| fails |"))
    assert row.count("|") == 8
    assert not re.search(r"[<>`*\[\]@~$]", row.split("|")[1])
    assert out.count("<details>") == out.count("</details>")


def test_markdown_fits_into_a_comment(hotpatch: Any) -> None:
    """GitHub takes 65,536 characters; a fleet that needs more is cut with a word, and its folds are
    closed.
    """
    out = hotpatch.check(
        fleet(*(f"machine{at:04}" for at in range(1500))), "-f", "markdown", name="fleet.json"
    ).out
    assert 50_000 < len(out) < 65_536
    assert "1,500 of 1,500 machines fail" in out
    assert "more. The JSON report has all of them." in out
    assert out.count("<details>") == out.count("</details>")


def test_rules_share_the_room_of_a_comment(hotpatch: Any) -> None:
    """Two hundred messages of one rule leave room for the other rules, and for each remedy."""
    many = "".join(
        f"- {{name: a{at:03}, platform: arc, os: Windows Server 2019, owner: {'o' * 200}}}\n"
        f"- {{name: b{at:03}, platform: azure, image: 'MicrosoftWindowsServer:WindowsServer:"
        f"{at}-datacenter:latest'}}\n"
        for at in range(300)
    )
    last = "- {name: x, platform: azure-local}\n- {name: y, platform: azure}\n"
    last += "- {name: z, platform: arc, os: Windows Server 2025 Standard}\n"
    text = f"machines:\n{many}{last}"
    report = hotpatch.check(text)
    out = hotpatch.check(text, "-f", "markdown").out
    codes = {reason["code"] for row in report.json["machines"] for reason in row["reasons"]}
    assert len(codes) > 5
    for code in codes:
        _, _, after = out.partition(f"**{code} ")
        assert "To do: " in after.partition("\n**")[0]
    assert len(out) < 65_536


def test_a_message_of_many_machines_is_there_once(hotpatch: Any) -> None:
    """What is said of several machines names the first of them."""
    machines = (f"- {{name: m{at}, platform: arc, os: Windows Server 2019}}\n" for at in range(9))
    out = hotpatch.check(f"machines:\n{''.join(machines)}", "-f", "markdown").out
    (line,) = [line for line in out.splitlines() if line.startswith("- error: m0 ")]
    first = "- error: m0 (fleet.yaml:2), m1 (fleet.yaml:3), m2 (fleet.yaml:4), and 6 more: "
    assert line.startswith(first)


def test_a_job_summary_has_more_room(hotpatch: Any) -> None:
    """The summary of a job shows more machines than a comment can, and less than 1 MiB."""
    summary = hotpatch.folder / "summary.md"
    hotpatch.monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    hotpatch.check(
        fleet(*(f"machine{at:05}" for at in range(20_000))), "-f", "github", name="fleet.json"
    )
    assert 500_000 < summary.stat().st_size < 1024 * 1024


@pytest.mark.parametrize("variable", [None, "GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_paths_are_relative_to_the_repository(hotpatch: Any, variable: str | None) -> None:
    """Annotations attach by the path in the repository, whatever folder a run begins in."""
    root = hotpatch.folder
    (root / "infra" / "fleets").mkdir(parents=True)
    if variable is None:
        (root / ".git").mkdir()
    else:
        hotpatch.monkeypatch.setenv(variable, str(root))
    hotpatch.folder = root / "infra"
    text = "machines:\n- {name: a, platform: arc, os: Windows Server 2019}\n"
    hotpatch.write("fleets/fleet.yaml", text)
    for name in ("fleets/fleet.yaml", str(root / "infra/fleets/fleet.yaml")):
        outputs = {
            form: hotpatch("check", name, *DAY, "-f", form).out
            for form in ("github", "sarif", "gitlab", "azure", "junit")
        }
        for form, out in outputs.items():
            assert "infra/fleets/fleet.yaml" in out.replace("\\/", "/"), form
            assert str(root) not in out


def test_sarif_has_a_category_of_its_fleet(hotpatch: Any) -> None:
    """GitHub replaces the results of a category: two fleets of a repository have two."""
    machines = "machines:\n- {name: a, platform: arc, os: Windows Server 2019}\n"
    categories = [
        hotpatch.check(text, "-f", "sarif", name=name).json["runs"][0]["automationDetails"]["id"]
        for text, name in (
            (machines, "one.yaml"),
            (machines, "two.yaml"),
            (f"fleet: my shop\n{machines}", "one.yaml"),
        )
    ]
    assert categories == ["hotpatch/one.yaml/", "hotpatch/two.yaml/", "hotpatch/my%20shop/"]


JENKINS = XMLSchema(Path(__file__).parent / "junit-10.xsd")


@pytest.mark.parametrize("name", ["fleet.yaml", "large.yaml"])
def test_junit_is_what_jenkins_takes(hotpatch: Any, name: str) -> None:
    """Jenkins' xunit plugin validates what it reads by its schema."""
    out = hotpatch("check", str(Path(EXAMPLE).parent / name), *DAY, "-f", "junit").out
    JENKINS.validate(out)
    assert out.count("<details>") == out.count("</details>")


# --- several outputs ----------------------------------------


def test_one_run_feeds_all(hotpatch: Any) -> None:
    """Formats and outputs go pair by pair, one of them to standard output, and each is what it is
    alone.
    """
    done = hotpatch.check(
        fleet("a"),
        "-f",
        "sarif",
        "-o",
        "a.sarif",
        "-f",
        "json",
        "-o",
        "-",
        "-f",
        "junit",
        "-o",
        "a.xml",
        name="fleet.json",
    )
    assert done.code == 1
    for form, text in (
        ("sarif", (hotpatch.folder / "a.sarif").read_text()),
        ("json", done.out),
        ("junit", (hotpatch.folder / "a.xml").read_text()),
    ):
        assert text == hotpatch.check(fleet("a"), "-f", form, name="fleet.json").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-f", "json", "-f", "sarif"], "2 formats and 1 output don't match"),
        (["-f", "json", "-f", "sarif", "-o", "a"], "don't match"),
        (["-f", "json", "-o", "a", "-o", "b"], "don't match"),
        (
            ["-f", "json", "-o", "-", "-f", "csv", "-o", "-"],
            "Two formats can't both go to standard output",
        ),
        (["-f", "json", "-o", "a", "-f", "csv", "-o", "./a"], "Two outputs can't both go to"),
        (["-f", "json", "-o", "a", "-f", "sraif", "-o", "b"], "Did you mean 'sarif'?"),
    ],
)
def test_pairs_that_do_not_fit_are_code_2(hotpatch: Any, arguments: list[str], said: str) -> None:
    """Formats without outputs, outputs without formats and two of them in one place are refused."""
    done = hotpatch("check", hotpatch.write("fleet.json", fleet("a")), *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in " ".join(done.err.replace("│", " ").split())
    assert [each.name for each in hotpatch.folder.iterdir()] == ["fleet.json"]


def test_all_outputs_are_written_or_none(hotpatch: Any) -> None:
    """Where the second place cannot be written, the first keeps what it had, and nothing is
    printed.
    """
    hotpatch.write("a.json", "old")
    done = hotpatch.check(
        fleet("a"),
        "-f",
        "json",
        "-o",
        "a.json",
        "-f",
        "csv",
        "-o",
        "none/b",
        "-f",
        "junit",
        "-o",
        "-",
        name="fleet.json",
    )
    assert (done.code, done.out) == (2, "")
    assert (hotpatch.folder / "a.json").read_text() == "old"
    assert sorted(each.name for each in hotpatch.folder.iterdir()) == ["a.json", "fleet.json"]


def test_variables_give_several_formats(hotpatch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """HOTPATCH_FORMAT has spaces between, HOTPATCH_OUTPUT is parted as PATH is, so that file names
    may have spaces.
    """

    monkeypatch.setenv("HOTPATCH_FORMAT", "json sarif")
    monkeypatch.setenv("HOTPATCH_OUTPUT", os.pathsep.join(["a b.json", "b.sarif"]))
    assert hotpatch("check", hotpatch.write("fleet.json", fleet("a"))).code == 1
    assert sorted(each.name for each in hotpatch.folder.iterdir()) == [
        "a b.json",
        "b.sarif",
        "fleet.json",
    ]


def test_another_format_leaves_the_pairs_of_the_configuration(hotpatch: Any) -> None:
    """Who asks for one format on the command line gets it, though the file has two with their
    outputs.
    """
    hotpatch.write(
        "hotpatch.toml", "[check]\nformat = ['table', 'sarif']\noutput = ['-', 'hotpatch.sarif']\n"
    )
    given = hotpatch.write("fleet.json", fleet("a"))
    assert set(hotpatch("check", given, "-f", "json").json["summary"]) > {"machines"}
    assert not (hotpatch.folder / "hotpatch.sarif").exists()
    done = hotpatch("check", given, "-o", "a.txt")
    assert (
        done.code,
        "It's set in hotpatch.toml, line 2." in " ".join(done.err.replace("│", " ").split()),
    ) == (
        2,
        True,
    )
    assert hotpatch("check", given).code == 1
    assert (hotpatch.folder / "hotpatch.sarif").exists()


def test_an_output_alone_takes_the_format_of_the_configuration(hotpatch: Any) -> None:
    """A format and its output in the file: another output on the command line gets that format."""
    hotpatch.write("hotpatch.toml", "[check]\nformat = 'json'\noutput = 'a.json'\n")
    assert hotpatch("check", hotpatch.write("fleet.json", fleet("a")), "-o", "b.json").code == 1
    assert json.loads((hotpatch.folder / "b.json").read_text())["schema_version"] == 1
    assert not (hotpatch.folder / "a.json").exists()


@pytest.mark.parametrize(
    "form", ["json", "sarif", "junit", "github", "gitlab", "azure", "markdown", "table"]
)
def test_what_only_leaves_out_does_not_look_green(hotpatch: Any, form: str) -> None:
    """Where no machine that fails is shown, the code is 1 all the same, and it is said why."""
    done = hotpatch("check", EXAMPLE, *DAY, "--only", "ready", "-f", form)
    note = "including 5 failing and 1 unknown that --only hides"
    assert (done.code, note in done.err, "✅" in done.out) == (1, True, False)
    assert note in done.out or form in ("table", "gitlab")
    assert (
        "--only hides"
        not in hotpatch("check", EXAMPLE, *DAY, "--only", "ready", "--fail-on", "never").err
    )


def test_the_job_summary_is_no_output(hotpatch: Any) -> None:
    """Of two texts for one file, one would be lost."""
    hotpatch.monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(hotpatch.folder / "out.txt"))
    done = hotpatch.check(fleet("a"), "-f", "github", "-o", "out.txt", name="fleet.json")
    assert done.code == 2
    assert "Two outputs can't both go to this file." in done.err


def test_a_sarif_log_that_github_rejects_is_told(hotpatch: Any) -> None:
    """Code scanning takes 25,000 results of a run: more are written, and named."""
    text = "name,platform\n" + "".join(f"m{at},azure\n" for at in range(6000))
    hotpatch.write("fleet.csv", text)
    done = hotpatch("check", "fleet.csv", *DAY, "-f", "sarif", "-o", "fleet.sarif")
    assert "GitHub rejects a run with more than 25,000" in done.err
    few = hotpatch.check("name,platform\na,azure\n", "-f", "sarif", name="few.csv")
    assert "GitHub rejects" not in few.err
