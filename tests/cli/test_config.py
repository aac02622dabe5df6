"""The configuration: every option of every command, precedence, levels, and settings for some
machines.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.cli.config.config import commands_of, options_of
from hotpatch_cli.cli.config.file import line_of
from hotpatch_cli.cli.root import app
from hotpatch_cli.gate.overrides import PathPattern

OLD = "{name: a, platform: arc, os: Windows Server 2019 Datacenter}"
FLEET = f"machines: [{OLD}]"
DAY = ("--as-of", "2025-12-15")


def every_option() -> Iterator[tuple[tuple[str, ...], str, Any]]:
    """(command, key, option) of the whole program."""
    for path, command in commands_of(typer.main.get_command(app)):
        for key, option in options_of(command).items():
            yield path, key, option


OPTIONS = {f"{' '.join(path)} --{key}": (path, key, option) for path, key, option in every_option()}


def test_every_option_has_a_variable() -> None:
    """Each option of each command has a variable that begins with HOTPATCH_ and no two of a command
    share one.
    """
    assert len(OPTIONS) > 80
    for name, (_, _, option) in OPTIONS.items():
        assert str(option.envvar).startswith("HOTPATCH_"), name
    for path, command in commands_of(typer.main.get_command(app)):
        variables = [each.envvar for each in options_of(command).values()]
        assert len(set(variables)) == len(variables), path


def sample(option: Any) -> Any:
    """A value of the kind that an option takes."""
    return True if option.is_flag else ["x", "y"] if option.multiple else "x"


@pytest.mark.parametrize(("path", "key", "option"), OPTIONS.values(), ids=OPTIONS)
def test_every_option_has_a_key(
    hotpatch: Any, path: tuple[str, ...], key: str, option: Any
) -> None:
    """In the table of its command each option may be set: the file is taken, and what it says
    reaches the option.
    """
    from hotpatch_cli.cli.config.config import defaults, require_known
    from hotpatch_cli.cli.config.file import read

    hotpatch.write("hotpatch.toml", f"[{'.'.join(path)}]\n{key} = {json.dumps(sample(option))}\n")
    with hotpatch.monkeypatch.context() as patch:
        patch.chdir(hotpatch.folder)
        file = read("hotpatch.toml")
        require_known(file, typer.main.get_command(app))
        assert defaults(file, path, {key: option}) == {option.name: sample(option)}


CONFIGS = {
    "hotpatch.toml": 'fail-on = "never"\n',
    "with underscore": "fail_on = 'never'\n",
    "of the command": '[check]\nfail-on = "never"\n',
    "the command over all": 'fail-on = "unsupported"\n[check]\nfail-on = "never"\n',
    "of another command": '[image]\nfail-on = "unsupported"\n[check]\nfail-on = "never"\n',
}


@pytest.mark.parametrize("text", CONFIGS.values(), ids=CONFIGS)
def test_an_option_is_set_by_the_file(hotpatch: Any, text: str) -> None:
    """A key for all commands or of the command itself is what the option would be; the nearer table
    wins.
    """
    assert hotpatch.check(FLEET).code == 1
    hotpatch.write("hotpatch.toml", text)
    assert hotpatch.check(FLEET).code == 0


def test_the_command_line_outweighs_variable_and_file(
    hotpatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line outweighs a variable, a variable the file, and the file the default."""
    assert hotpatch.check(FLEET).code == 1
    hotpatch.write("hotpatch.toml", 'fail-on = "never"')
    assert hotpatch.check(FLEET).code == 0
    monkeypatch.setenv("HOTPATCH_FAIL_ON", "unsupported")
    assert hotpatch.check(FLEET).code == 1
    assert hotpatch.check(FLEET, "--fail-on", "never").code == 0


def test_the_file_is_found_upwards(hotpatch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest hotpatch.toml counts, or pyproject.toml with [tool.hotpatch]; one without is
    passed over.
    """
    inner = hotpatch.folder / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "f.yaml").write_text(FLEET)
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    run = type(hotpatch)(inner, monkeypatch)
    assert run("check", "f.yaml", *DAY).code == 1
    hotpatch.write("pyproject.toml", "[tool.hotpatch]\nfail-on = 'never'\n")
    assert run("check", "f.yaml", *DAY).code == 0
    (hotpatch.folder / "a" / "hotpatch.toml").write_text("fail-on = 'unsupported'")
    assert run("check", "f.yaml", *DAY).code == 1


def test_a_file_can_be_named(hotpatch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """--config, or HOTPATCH_CONFIG, names the file, and then no other is looked for."""
    hotpatch.write("hotpatch.toml", "fail-on = 'unsupported'")
    hotpatch.write("mine.toml", "fail-on = 'never'")
    assert hotpatch.check(FLEET, "--config", "mine.toml").code == 0
    monkeypatch.setenv("HOTPATCH_CONFIG", "mine.toml")
    assert hotpatch.check(FLEET).code == 0
    assert hotpatch.check(FLEET, "--config", "none.toml").code == 2
    hotpatch.write("pyproject.toml", "[project]\nname = 'x'\n")
    done = hotpatch.check(FLEET, "--config", "pyproject.toml")
    assert (done.code, "It has no table [tool.hotpatch]" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("# see tool.hotpatch\n[tool.hotpatcher]\nx = 1\n", 1),
        ("[tool]\nhotpatch = {fail-on = 'never'}\n", 0),
        ("[ tool . 'hotpatch' ]\nfail-on = 'never'\n", 0),
        ("[tool.hotpatch]\nfail-on = \n", 2),
        ("tool = 1\nx = 'hotpatch'\n", 1),
        ("hotpatch = [\n", 1),
    ],
)
def test_a_pyproject_is_ours_where_it_has_the_table(hotpatch: Any, text: str, code: int) -> None:
    """The table counts, however it is written; a comment, a namesake or another tool's broken file
    does not.
    """
    hotpatch.write("pyproject.toml", text)
    assert hotpatch.check(FLEET).code == code


def test_a_comma_list_may_be_a_list(hotpatch: Any) -> None:
    """`fail-on` is a list in an override, and may be one for all commands too."""
    hotpatch.write("hotpatch.toml", "fail-on = ['off-track', 'unknown']\n")
    assert hotpatch.check(FLEET).code == 0
    hotpatch.write("hotpatch.toml", "fail-on = ['off-track', 'unsupported']\n")
    assert hotpatch.check(FLEET).code == 1
    hotpatch.write("hotpatch.toml", "fail-on = [1]\n")
    assert hotpatch.check(FLEET).code == 2


def test_values_of_every_kind(hotpatch: Any) -> None:
    """Dates, numbers, truths and lists of TOML are taken as an option takes them."""
    hotpatch.write(
        "hotpatch.toml",
        "as-of = 2025-12-15\n[check]\nformat = ['json']\nquiet = true\n[calendar]\nyear = 2024\n",
    )
    assert hotpatch("check", hotpatch.write("f.yaml", FLEET)).json["as_of"] == "2025-12-15"
    assert hotpatch("calendar", "-f", "json").json["year"] == 2024


def test_files_are_relative_to_the_configuration(
    hotpatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A waiver file named by the configuration lies beside it, wherever the program runs."""
    inner = hotpatch.folder / "inner"
    inner.mkdir()
    (inner / "f.yaml").write_text(FLEET)
    waiver = "{machine: a, rule: HP105, reason: r, owner: o, expires: 2026-01-01}"
    hotpatch.write("w.yaml", f"waivers: [{waiver}]")
    hotpatch.write("hotpatch.toml", "[check]\nwaivers = 'w.yaml'\n")
    run = type(hotpatch)(inner, monkeypatch)
    assert run("check", "f.yaml", *DAY).code == 0


WRONG = {
    "unknown": (
        "a = 1\nfail-onn = 'x'\n",
        "hotpatch.toml:2: 'fail-onn' isn't a valid key here. Did you mean 'fail-on'?",
    ),
    "unknown in a command": (
        "[check]\n\nfail-onn = 'x'\n",
        "hotpatch.toml:3: 'fail-onn' isn't a valid key here.",
    ),
    "unknown command": (
        "[chekc]\nquiet = true\n",
        "hotpatch.toml:1: 'chekc' isn't a valid key here. Did you mean 'check'?",
    ),
    "unknown in a command below": (
        "[windows.list]\nnxt = 1\n",
        "hotpatch.toml:2: 'nxt' isn't a valid key here.",
    ),
    "no option of the command": (
        "[schema]\nfail-on = 'x'\n",
        "hotpatch.toml:2: 'fail-on' isn't a valid key here.",
    ),
    "an argument": ("[waive]\nrule = 'x'\n", "hotpatch.toml:2: 'rule' isn't a valid key here."),
    "help": ("[check]\nhelp = true\n", "hotpatch.toml:2: 'help' isn't a valid key here."),
    "not TOML": ("a = 1\nb = [\n", "hotpatch.toml:"),
    "twice": ("quiet = true\nquiet = true\n", "hotpatch.toml:2:"),
    "no truth": ("[check]\nquiet = 'yes'\n", "hotpatch.toml:2: --quiet must be true or false."),
    "a list for one": (
        "[check]\nknown = ['a']\n",
        "hotpatch.toml:2: --known takes one value, not a list",
    ),
    "a table for text": ("[check.fail-on]\na = 1\n", "hotpatch.toml:1"),
    "value": (
        "[check]\n\nfail-on = 'behnd'\n",
        "Did you mean 'behind'? It's set in hotpatch.toml, line 3.",
    ),
    "value of another kind": (
        "[check]\ninput-format = 'inventry'\n",
        "It's set in hotpatch.toml, line 2.",
    ),
    "severity of no rule": (
        "[severity]\nHP999 = {level = 'note', reason = 'r'}\n",
        "hotpatch.toml:2: 'HP999' isn't a rule.",
    ),
    "severity of no level": (
        "[severity]\nHP201 = {level = 'low', reason = 'r'}\n",
        "must be one of error, warning, note",
    ),
    "severity without reason": (
        "[severity]\nHP201 = {level = 'note'}\n",
        "hotpatch.toml:2: A reason for the level of HP201",
    ),
    "severity with a blank reason": (
        "[severity]\nHP201 = {level = 'note', reason = ' '}\n",
        "A reason for the level",
    ),
    "severity as a word": (
        "[severity]\nHP201 = 'note'\n",
        "HP201 must be a table with",
    ),
    "override of all": (
        "\n[[overrides]]\nfail-on = 'never'\n",
        "hotpatch.toml:2: The override names no machines",
    ),
    "override that does nothing": (
        "[[overrides]]\npaths = ['x']\n",
        "The override sets nothing",
    ),
    "override with a wrong word": (
        (
            "[[overrides]]\npaths = ['x']\nfail-on = 'never'\n"
            "[[overrides]]\npaths = ['x']\nfail-on = 'nver'\n"
        ),
        "hotpatch.toml:6:",
    ),
    "override with a wrong key": (
        "[[overrides]]\npath = ['x']\nfail-on = 'never'\n",
        "Did you mean 'paths'?",
    ),
    "override with wrong tags": (
        "[[overrides]]\ntags = {env = 1}\nfail-on = 'never'\n",
        "tags must be a table of texts",
    ),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_code_2(hotpatch: Any, text: str, said: str) -> None:
    """What is wrong is told with the line and the nearest name, whatever command runs, and nothing
    is judged.
    """
    hotpatch.write("hotpatch.toml", text)
    done = hotpatch.check(FLEET)
    assert (done.code, done.out) == (2, "")
    assert said in " ".join(done.err.replace("│", " ").split())


def test_a_value_that_cannot_be_read_is_told_with_its_line(hotpatch: Any) -> None:
    """A number that is none and a day that is none are told with the file that sets them."""
    hotpatch.write("hotpatch.toml", "[calendar]\nyear = 'soon'\n[check]\nas-of = 'soon'\n")
    for arguments, line in ((["calendar"], 2), (["check", hotpatch.write("f.yaml", FLEET)], 4)):
        done = hotpatch(*arguments)
        assert done.code == 2
        assert f"It's set in hotpatch.toml, line {line}." in " ".join(
            done.err.replace("│", " ").split()
        )


def test_lines_in_pyproject_are_those_of_the_file(hotpatch: Any) -> None:
    """[tool.hotpatch] stands somewhere in a longer file, and so do the lines of its problems."""
    hotpatch.write(
        "pyproject.toml", "[project]\nname = 'x'\n\n[tool.hotpatch.check]\n# ours\nfail-onn = 'x'\n"
    )
    done = hotpatch.check(FLEET)
    assert (done.code, "pyproject.toml:6: 'fail-onn'" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 1),
        (("t", "b"), 3),
        (("t", "b c"), 4),
        (("l", "0", "x"), 6),
        (("l", "1", "x"), 8),
        (("l", "1", "y"), 7),
        (("t", "in"), 9),
        (("none",), None),
    ],
)
def test_a_key_is_found_in_the_text(path: tuple[str, ...], line: int | None) -> None:
    """A key has its line; one that is missing has the line of its table, or none."""
    text = "a = 1\n[t] # table\n b=2\n'b c' = 3\n[[l]]\nx = 1\n[[ l ]]\nx = 1\n[t.in]\n"
    assert line_of(text, path) == line


# --- levels ----------------------------------------

MODE = (
    "{name: a, platform: azure, "
    "image: 'MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition', "
    "patching: {mode: AutomaticByPlatform, hotpatching: false, vm_agent: true}, build: 26100.7178}"
)
"""HP201, an error, and HP303, a warning."""


@pytest.mark.parametrize(
    ("code", "level", "words", "exit_code"),
    [
        ("HP201", "error", "action-required", 1),
        ("HP201", "warning", "action-required", 0),
        ("hp201", "note", "action-required", 0),
        ("HP303", "error", "unsupported", 1),
        ("HP303", "error", "never", 0),
        ("HP303", "note", "off-track", 0),
        ("HP303", "warning", "off-track", 1),
    ],
)
def test_a_level_decides_what_counts(
    hotpatch: Any, code: str, level: str, words: str, exit_code: int
) -> None:
    """A lowered rule counts no more, a raised one fails unless nothing does; the verdict is what it
    was.
    """
    hotpatch.write(
        "hotpatch.toml", f"[severity]\n{code} = {{level = '{level}', reason = 'ours'}}\n"
    )
    done = hotpatch.check(f"machines: [{MODE}]", "--fail-on", words)
    assert done.code == exit_code
    assert (done.machines["a"]["verdict"], done.json["summary"]["waived"]) == ("action-required", 0)
    (reason,) = [each for each in done.machines["a"]["reasons"] if each["code"] == code.upper()]
    assert reason["level"] == level
    assert reason["severity"]["reason"] == "ours"


def test_a_changed_level_is_told_in_every_format(hotpatch: Any) -> None:
    """The reason for another level stands beside the finding."""
    hotpatch.write(
        "hotpatch.toml",
        "[severity]\nHP201 = {level = 'warning', reason = 'the image sets it later'}\n",
    )
    for form in ("json", "markdown", "sarif", "junit", "github", "gitlab", "azure"):
        assert "the image sets it later" in hotpatch.check(f"machines: [{MODE}]", "-f", form).out, (
            form
        )
    assert (
        "the image sets it later"
        in hotpatch.check(f"machines: [{MODE}]", "-f", "table", "--explain").out
    )


# --- settings for some machines ----------------------------------------


def two(hotpatch: Any, *arguments: str) -> Any:
    """`hotpatch check` on one unsupported machine in prod/a.yaml and, tagged, in dev/b.yaml."""
    for name, text in (
        ("prod/a.yaml", FLEET),
        ("dev/b.yaml", FLEET.replace("name: a", "name: b, tags: {env: dev}")),
    ):
        (hotpatch.folder / name).parent.mkdir(exist_ok=True)
        hotpatch.write(name, text)
    return hotpatch("check", "prod/a.yaml", "dev/b.yaml", *DAY, "-f", "json", *arguments)


@pytest.mark.parametrize(
    ("table", "fails"),
    [
        ("paths = ['prod/**']\nfail-on = 'never'", {"b"}),
        ("paths = 'dev/*.yaml'\nfail-on = 'never'", {"a"}),
        ("paths = ['*.yaml']\nfail-on = 'never'", {"a", "b"}),
        ("paths = ['**/*.yaml']\nfail-on = 'never'", set()),
        ("tags = {env = 'dev'}\nfail-on = ['behind', 'off-track']", {"a"}),
        ("tags = {env = 'prod'}\nfail-on = 'never'", {"a", "b"}),
        ("tags = {env = 'dev'}\npaths = ['prod/**']\nfail-on = 'never'", {"a", "b"}),
        ("paths = ['dev/**']\nwaivers = 'w.yaml'", {"a"}),
    ],
)
def test_settings_hold_for_the_machines_that_are_meant(
    hotpatch: Any, table: str, fails: set[str]
) -> None:
    """By the path of their file, from the configuration's folder, or by tags, or both at once."""
    hotpatch.write(
        "w.yaml", "waivers: [{machine: '*', rule: HP105, reason: r, owner: o, expires: 2026-01-01}]"
    )
    hotpatch.write("hotpatch.toml", f"[[overrides]]\n{table}\n")
    done = two(hotpatch)
    assert {each["name"] for each in done.json["machines"] if each["outcome"] == "fails"} == fails
    assert done.code == bool(fails)


def test_the_last_override_wins(hotpatch: Any) -> None:
    """Of two that mean a machine the later one holds."""
    one, other = (
        "[[overrides]]\npaths = ['**']\nfail-on = 'never'\n",
        "[[overrides]]\npaths = ['prod/**']\nfail-on = 'unsupported'\n",
    )
    hotpatch.write("hotpatch.toml", one + other)
    assert two(hotpatch).code == 1
    hotpatch.write("hotpatch.toml", other + one)
    assert two(hotpatch).code == 0


def test_the_command_line_outweighs_an_override(
    hotpatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--fail-on, or its variable, is for all machines."""
    hotpatch.write("hotpatch.toml", "[[overrides]]\npaths = ['**']\nfail-on = 'never'\n")
    assert two(hotpatch).code == 0
    assert two(hotpatch, "--fail-on", "unsupported").code == 1
    monkeypatch.setenv("HOTPATCH_FAIL_ON", "unsupported")
    assert two(hotpatch).code == 1


@pytest.mark.parametrize(
    ("pattern", "file", "fits"),
    [
        ("prod/**", "prod/a.yaml", True),
        ("prod/**", "prod/x/a.yaml", True),
        ("prod/**", "nonprod/a.yaml", False),
        ("**/a.yaml", "a.yaml", True),
        ("**/a.yaml", "x/y/a.yaml", True),
        ("*/a.yaml", "x/y/a.yaml", False),
        ("a?.yaml", "ab.yaml", True),
        ("a?.yaml", "a/.yaml", False),
        ("a[1].yaml", "a[1].yaml", True),
        ("a.yaml", "aXyaml", False),
    ],
)
def test_patterns_of_paths(pattern: str, file: str, fits: bool) -> None:
    """A star stays within a folder, two go through all, and other signs are themselves."""
    assert PathPattern(pattern).matches(file) == fits


SIGNS = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@given(
    st.lists(st.sampled_from([*SIGNS, "a", "b", "/"]), max_size=6).map("".join),
    st.text("ab/", max_size=8),
)
def test_a_pattern_is_what_its_regular_expression_is(pattern: str, path: str) -> None:
    """The reading with places agrees with a regular expression, which tries all lengths."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    oracle = re.compile("".join(SIGNS.get(part) or re.escape(part) for part in parts), re.DOTALL)
    assert PathPattern(pattern).matches(path) == bool(oracle.fullmatch(path))


def test_a_pattern_of_many_stars_ends() -> None:
    """Each star more doesn't multiply the work."""
    assert not PathPattern("*a" * 40 + "b").matches("a" * 4000)
