"""What holds for every reader: what is converted is judged the same, secrets stay inside, and bad
input is named.
"""

import csv
import io
import json
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml, Skipped
from source_samples import PLANTED, SAMPLES, Sample

from hotpatch_cli.inputs.fleet import READERS
from hotpatch_cli.outputs.escaping import markdown_cell
from hotpatch_cli.outputs.formats import CHECK_FORMATS

DAY = ("--as-of", "2025-12-15")
EVERY = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
TEXTS = {
    f"{name}: {file}": (sample, file)
    for name, sample in SAMPLES.items()
    if "," not in name
    for file, content in list(sample.files.items())[:1]
    if isinstance(content, str)
}
MADE = ("golden", "win")
"""How the files of pipelines begin that make an image, not a machine."""
EVERY_TEXT = pytest.mark.parametrize(("sample", "file"), TEXTS.values(), ids=TEXTS)


def test_every_reader_has_a_sample() -> None:
    """Each reader is tried by what follows; a new one needs a sample."""
    assert {name.split(",")[0].split(" ")[0] for name in SAMPLES} >= set(READERS)


def run(
    hotpatch: Any, sample: Sample, command: str = "check", *more: str, **changed: str | bytes
) -> Any:
    """The program on the files of a sample, some of them with another content."""
    for name, content in sample.files.items():
        hotpatch.write(name, changed.get(name, content))
    return hotpatch(command, *sample.files, *sample.options, *more)


def judged(report: Any, *less: str) -> list[dict[str, Any]]:
    """What a report says of each machine, less places, sentences, and what was read to say it."""
    return [
        {key: value for key, value in machine.items() if key not in ("reasons", *less)}
        | {"codes": sorted(each["code"] for each in machine["reasons"] if each["code"] != "HP414")}
        for machine in report["machines"]
    ]


# --- convert ----------------------------------------


@EVERY
def test_what_is_converted_is_judged_the_same(hotpatch: Any, sample: Sample) -> None:
    """The inventory gives every verdict, track, restart and code that its sources gave, and skips
    as many.

    An image that a pipeline makes is written as a custom image, which is of no product.
    """
    first = run(hotpatch, sample, "check", *DAY, "-f", "json")
    assert run(hotpatch, sample, "convert", "-o", "out.yaml").code == 0
    second = hotpatch("check", "out.yaml", *DAY, "-f", "json")
    less = ["product"] if next(iter(sample.files)).startswith(MADE) else []
    assert judged(second.json, *less) == judged(first.json, *less)
    assert second.json["summary"] == first.json["summary"]
    assert second.code == first.code


@EVERY
def test_every_format_tells_the_same_verdicts(hotpatch: Any, sample: Sample) -> None:
    """CSV, Markdown, SARIF, JUnit and metrics have the verdicts of JSON, machine by machine."""
    forms = ("json", "csv", "markdown", "sarif", "junit", "metrics")
    outputs = [part for form in forms for part in ("-f", form, "-o", f"out.{form}")]
    run(hotpatch, sample, "check", *DAY, *outputs)
    out = {form: (hotpatch.folder / f"out.{form}").read_text(encoding="utf-8") for form in forms}
    report = json.loads(out["json"])
    expected = Counter((row["name"], row["verdict"] or "") for row in report["machines"])
    rows = csv.DictReader(io.StringIO(out["csv"], newline=""))
    assert Counter((row["name"], row["verdict"]) for row in rows) == expected
    of_all = out["markdown"].rpartition("in all</summary>")[2]
    cells = [line.split(" | ") for line in of_all.splitlines() if line.startswith("| ")][2:]
    shown = Counter((row[0].removeprefix("| "), row[1].strip()) for row in cells)
    assert shown == Counter({(markdown_cell(name), v): n for (name, v), n in expected.items()})
    results = json.loads(out["sarif"])["runs"][0]["results"]
    told = {(row["properties"]["machine"], row["properties"]["verdict"] or "") for row in results}
    assert told <= set(expected)
    cases = [case for suite in JUnitXml.fromstring(out["junit"].encode()) for case in suite]
    for case in cases:
        skips = any(isinstance(result, Skipped) for result in case.result)
        word = "" if skips else str(case.result[0].type if case.result else case.system_out)
        assert skips or any(
            name == case.name and word.startswith(verdict) for name, verdict in expected
        )
    counts = dict(
        re.findall(r'^hotpatch_machines{verdict="(.*?)"} (\d+)', out["metrics"], re.MULTILINE)
    )
    assert {key: str(report["summary"][key]) for key in counts} == counts


@EVERY
def test_a_conversion_stays_what_it_is(hotpatch: Any, sample: Sample) -> None:
    """Converted once more nothing changes, but for comments."""
    once = run(hotpatch, sample, "convert").out
    again = hotpatch("convert", hotpatch.write("fleet2.yaml", once)).out
    plain = [
        [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        for text in (once, again)
    ]
    assert plain[1] == plain[0]


def test_shared_values_become_defaults(hotpatch: Any) -> None:
    """What all machines say, most of them alike, stands once; who differs says so."""
    rows = "".join(
        f"m{each},arc,Windows Server 2025 Standard,{'Connected' if each else 'Expired'}\n"
        for each in range(9)
    )
    out = hotpatch(
        "convert", hotpatch.write("f.csv", "name,platform,os,arc.status\n" + rows), "-q"
    ).out
    assert out == (
        "# Written by `hotpatch convert` from f.csv.\n"
        "defaults:\n  platform: arc\n  os: Windows Server 2025 Standard\n  arc: {status: "
        "Connected}\n\n"
        "machines:\n  - name: m0\n    arc: {status: Expired}\n"
        + "".join(f"  - name: m{each}\n" for each in range(1, 9))
    )


NAME = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(
    lambda each: each.strip()
)
FLAG = st.booleans()
MACHINE = st.fixed_dictionaries(
    {"name": NAME, "platform": st.sampled_from(["azure", "azure-local", "arc"])},
    optional={
        "os": st.sampled_from(
            ["Windows Server 2025 Datacenter", "windows server 2025", "Ubuntu", "yes", "Windows 10"]
        ),
        "image": st.sampled_from(
            [
                "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition",
                {"sku": "2022-datacenter-azure-edition–core"},
                {"publisher": "a:b", "offer": "c/d", "sku": " e "},
                {"id": "/subscriptions/0/x"},
            ]
        ),
        "region": NAME,
        "generation": st.sampled_from([1, 2]),
        "scale_set": st.sampled_from(["uniform", "flexible"]),
        "restored": FLAG,
        "patching": st.fixed_dictionaries(
            {},
            optional={
                "mode": st.sampled_from(["Manual", "automaticbyplatform"]),
                "hotpatching": FLAG,
                "vm_agent": FLAG,
                "reboot": st.sampled_from(["Never", "AlwaysReboot"]),
                "bypass_safety_checks": FLAG,
            },
        ),
        "arc": st.fixed_dictionaries(
            {},
            optional={
                "status": st.sampled_from(["Connected", "expired"]),
                "hotpatch": st.sampled_from(["Enabled", "not enrolled", "Unknown"]),
                "vbs": st.sampled_from(["running", "off"]),
                "secure_boot": FLAG,
                "agent": st.sampled_from(["1.50", "1e5", "0x1"]),
            },
        ),
        "azure_local": st.fixed_dictionaries(
            {}, optional={"version": st.just("12.2503"), "azure_verification": FLAG}
        ),
        "power": st.sampled_from(["on", "off"]),
        "build": st.sampled_from(["26100.7392", "26100.6905", "20348", "10.0.26100.1"]),
        "kbs": st.lists(st.sampled_from(["KB5072014", "5054979"]), max_size=2),
        "pending": st.lists(
            st.fixed_dictionaries({"title": NAME}, optional={"kb": st.just("KB5099999")}),
            max_size=2,
        ),
        "restart_pending": FLAG,
        "timezone": st.sampled_from(["Europe/Paris", "W. Europe Standard Time", "UTC"]),
        "window": st.sampled_from(["w", ["w", "null"]]),
        "groups": st.just(["g"]),
        "reboot_minutes": st.integers(1, 60),
        "weight": st.sampled_from([1, 2.5, 0]),
        "done": FLAG,
        "owner": NAME,
        "zone": NAME,
        "tags": st.dictionaries(NAME, NAME, max_size=2),
    },
)
FLEET = st.lists(MACHINE, min_size=1, max_size=4, unique_by=lambda machine: machine["name"])
WINDOW = {"days": ["Sat"], "start": "1:00", "duration": "2h"}


@pytest.mark.slow
@given(machines=FLEET)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_inventory_survives_conversion(hotpatch: Any, machines: list[dict[str, Any]]) -> None:
    """Whatever an inventory says, with whatever names, what is written says the same."""
    fleet = {"windows": {"w": WINDOW, "null": WINDOW}, "groups": {"g": {}}, "machines": machines}
    first = hotpatch.check(json.dumps(fleet), name="in.json")
    converted = hotpatch("convert", "in.json", "-o", "out.yaml")
    assert converted.code == 0, converted.err
    second = hotpatch("check", "out.yaml", *DAY, "-f", "json")
    assert second.code == first.code
    if first.out:
        assert judged(second.json) == judged(first.json)


# --- secrets ----------------------------------------


@pytest.mark.slow
@EVERY
def test_no_secret_comes_out(hotpatch: Any, sample: Sample) -> None:
    """Passwords, protected settings, custom data, tokens and variables stand in no format and in no
    message.
    """
    outputs = [part for form in CHECK_FORMATS for part in ("-f", form, "-o", f"out.{form}")]
    runs = [
        run(hotpatch, sample, "check", *DAY, *outputs),
        run(hotpatch, sample, "check", *DAY, "--explain"),
    ]
    runs += [
        run(hotpatch, sample, *command)
        for command in (("convert",), ("report", *DAY), ("windows", "list"))
    ]
    written = [(hotpatch.folder / f"out.{form}").read_text() for form in CHECK_FORMATS]
    assert all(written)
    assert not any(PLANTED in text for text in written)
    for done in runs:
        assert PLANTED not in done.out + done.err
        assert "Traceback" not in done.err


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Any:
    """The paths of all values in a tree."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield (*path, key)
            yield from leaves(value, (*path, key))


def changed(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A tree with another value at a path."""
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = changed(node[path[0]], path[1:], value)
    return copy


JSON_TEXTS = {
    key: (sample, file)
    for key, (sample, file) in TEXTS.items()
    if file.endswith(".json") and str(sample.files[file]).count("\n{") == 0
}
ODD: tuple[Any, ...] = (
    None,
    True,
    7.5,
    "",
    f"{PLANTED}",
    [],
    {},
    [[None]],
    {"a": {PLANTED: [PLANTED]}},
)


@pytest.mark.slow
@pytest.mark.parametrize(("sample", "file"), JSON_TEXTS.values(), ids=JSON_TEXTS)
def test_no_value_of_another_kind_is_a_bug(hotpatch: Any, sample: Sample, file: str) -> None:
    """Whatever stands in the place of a value, the answer is a report or a problem, never a
    traceback.
    """
    tree = json.loads(str(sample.files[file]))
    paths = list(leaves(tree))
    for number, path in enumerate(paths[:: max(1, len(paths) // 40)]):
        value = ODD[number % len(ODD)]
        done = run(
            hotpatch,
            sample,
            "check",
            *DAY,
            "-f",
            "csv",
            **{file: json.dumps(changed(tree, path, value))},
        )
        assert done.code in (0, 1, 2, 3), (path, value, done.err)
        assert (done.out == "") == (done.code == 2), (path, value)


# --- bad input ----------------------------------------


@EVERY_TEXT
def test_a_truncated_file_is_no_smaller_fleet(hotpatch: Any, sample: Sample, file: str) -> None:
    """A file that is cut off is refused, wherever its format can tell; it never
    breaks the program.
    """
    text = str(sample.files[file]).rstrip()
    for part in range(1, 8):
        done = run(
            hotpatch, sample, "check", *DAY, "-f", "csv", **{file: text[: len(text) * part // 8]}
        )
        assert done.code == 2 or not file.endswith((".json", ".hcl")), part
        assert done.code in (0, 1, 2, 3)
        assert PLANTED not in done.out + done.err


@EVERY_TEXT
def test_encodings(hotpatch: Any, sample: Sample, file: str) -> None:
    """UTF-8 and UTF-16 with a byte order mark are read; other bytes are named, with nothing
    written.
    """
    text = str(sample.files[file])
    plain = run(hotpatch, sample, "check", *DAY, "-f", "csv")
    for data in (b"\xef\xbb\xbf" + text.encode(), b"\xff\xfe" + text.encode("utf-16-le")):
        done = run(hotpatch, sample, "check", *DAY, "-f", "csv", **{file: data})
        assert (done.code, done.out) == (plain.code, plain.out)
    for data in (
        text.encode("utf-16-le"),
        text.replace("e", "\xe9").encode("latin-1"),
        b"\x00\x01\x02" * 9,
    ):
        done = run(hotpatch, sample, "check", *DAY, "-f", "csv", "-o", "out.csv", **{file: data})
        assert (done.code, done.out) == (2, "")
        assert file in done.err
        assert not (hotpatch.folder / "out.csv").exists()


NOTHING = {
    "empty": "",
    "blank": " \n \n",
    "an empty list": "[]",
    "an empty page": '{"value": []}',
    "an empty answer of Resource Graph": (
        '{"count": 0, "data": [], "skip_token": null, "total_records": 0}'
    ),
    "null": "null",
    "a web page": "<!DOCTYPE html>\n<html><body>Sign in</body></html>\n",
    "an error of Azure": '{"error": {"code": "AuthorizationFailed", "message": "' + PLANTED + '"}}',
    "a list of numbers": "[1, 2, 3]",
    "a plan of another provider": json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.9",
            "planned_values": {
                "root_module": {
                    "resources": [
                        {
                            "address": "a",
                            "mode": "managed",
                            "type": "aws_instance",
                            "values": {"user_data": PLANTED},
                        }
                    ]
                }
            },
        }
    ),
}


@pytest.mark.parametrize("reader", [None, *READERS])
@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_what_holds_no_machine_is_refused(hotpatch: Any, reader: str | None, text: str) -> None:
    """Nothing, an error, or something else altogether is code 2 for every reader, also one that is
    forced.
    """
    done = hotpatch.check(text, *(("--input-format", reader) if reader else ()), name="in.json")
    assert (done.code, done.out) == (2, "")
    assert "in.json" in done.err
    assert PLANTED not in done.err


@pytest.mark.parametrize("reader", [None, *READERS])
@pytest.mark.parametrize("item", ["7", '{"name": 7, "type": 8, "id": 9}'])
def test_a_long_array_is_refused_in_time(hotpatch: Any, reader: str | None, item: str) -> None:
    """Five thousand items that are no machines: one answer with at most fifty problems, soon."""
    done = hotpatch.check(
        f"[{', '.join([item] * 5_000)}]",
        *(("--input-format", reader) if reader else ()),
        name="in.json",
    )
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") <= 51


def test_a_web_page_is_called_one(hotpatch: Any) -> None:
    """A page in place of an export is most often one that asks to sign in."""
    assert "This is a web page" in hotpatch.check(NOTHING["a web page"], name="in.json").err
