"""The command line: exit codes, options and their variables, and where the product goes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from hotpatch_cli import __version__

READY = "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition:latest"
NOT = "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition:latest"
ENROLLED = (
    "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}"
)
SERVER = f"platform: arc, os: Windows Server 2025 Datacenter, {ENROLLED}"
CURRENT, BEHIND, DUE, OFF = "26100.7392", "26100.7092", "26100.4946", "26100.7178"
UNKNOWN = "machines: [{name: a, platform: arc}]"


def server(build: str) -> str:
    """An inventory of one machine that can hotpatch, with a build."""
    return f"machines: [{{name: a, build: {build}, {SERVER}}}]"


FAILING = {
    "ready and current": (
        server(CURRENT),
        "unsupported,action-required,unknown,behind,baseline-due,off-track",
        0,
    ),
    "behind": (server(BEHIND), "unsupported,action-required", 0),
    "behind counts": (server(BEHIND), "behind", 1),
    "due": (server(DUE), "unsupported,action-required", 0),
    "due counts": (server(DUE), "behind,baseline-due", 1),
    "off-track counts": (server(OFF), "off-track", 1),
    "other state": (server(OFF), "behind,baseline-due", 0),
    "track unknown": (server("26100.6905"), "unknown", 0),
    "track unknown counts": (server("26100.6905"), "track:unknown", 1),
    "unknown": (UNKNOWN, "unsupported", 3),
    "unknown counts": (UNKNOWN, "unknown", 1),
    "never": (UNKNOWN, "never", 0),
    "unsupported": (
        "machines: [{name: a, platform: arc, os: Windows Server 2019}]",
        "unsupported",
        1,
    ),
    "unsupported does not count": (
        "machines: [{name: a, platform: arc, os: Windows Server 2019}]",
        "unknown",
        0,
    ),
    "upper case": (server(BEHIND), " BEHIND , off-track", 1),
}


@pytest.mark.parametrize("form", ["table", "json", "csv"])
@pytest.mark.parametrize(("text", "words", "code"), FAILING.values(), ids=FAILING)
def test_fail_on_decides_the_code_in_every_format(
    hotpatch: Any, text: str, words: str, code: int, form: str
) -> None:
    """The exit code follows from the fleet and --fail-on, and not from the format."""
    assert hotpatch.check(text, "--fail-on", words, "-f", form).code == code


def test_a_failing_machine_outweighs_an_unknown_one(hotpatch: Any) -> None:
    """With one machine that fails and one unknown the code is 1, not 3."""
    assert (
        hotpatch.check(
            "machines: [{name: a, platform: arc}, "
            "{name: b, platform: arc, os: Windows Server 2019}]"
        ).code
        == 1
    )


def test_only_narrows_what_is_shown_and_not_the_code(hotpatch: Any) -> None:
    """--only takes verdicts, track states and codes; the exit code stays that of the fleet."""
    text = "machines: [{name: a, platform: arc}, {name: b, platform: arc, os: Windows Server 2019}]"
    for word, names in (
        ("unknown", ["a"]),
        ("UNSUPPORTED", ["b"]),
        ("hp105", ["b"]),
        ("HP402,HP105", ["a", "b"]),
        ("ready", []),
    ):
        done = hotpatch.check(text, "--only", word)
        assert (done.code, list(done.machines)) == (1, names)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check"], "Specify at least one file, or use --azure."),
        (["check", "f.yaml", "--format", "jsn"], "Did you mean 'json'?"),
        (["check", "f.yaml", "--fail-on", "behnd"], "Did you mean 'behind'?"),
        (["check", "f.yaml", "--fail-on", ""], "Specify verdicts"),
        (["check", "f.yaml", "--fail-on", "never,unknown"], "never"),
        (["check", "f.yaml", "--as-of", "2025-02-30"], "date"),
        (["check", "f.yaml", "--as-of", "yesterday"], "date"),
        (["check", "f.yaml", "--input-format", "inventry"], "Did you mean 'inventory'?"),
        (["check", "f.yaml", "--only", "redy"], "Did you mean 'ready'?"),
        (["check", "f.yaml", "--only", "HP999"], "HP999 isn't a rule code"),
        (["check", "f.yaml", "--from", "table"], "Did you mean '--input-format'?"),
        (["plan", "f.yaml", "--release", "2026-01"], "Did you mean '--baseline'?"),
        (["check", "f.yaml", "--matrix", "none.yaml"], "none.yaml: The file doesn't exist."),
        (["check", "f.yaml", "--releases", "f.yaml"], "Unknown key 'machines' in the release data"),
        (["check", "f.yaml", "--onl", "x"], "Did you mean '--only'?"),
        (["chekc"], "'chekc' isn't a command of hotpatch. Did you mean 'check'?"),
        (["xyzzy"], "'xyzzy' isn't a command of hotpatch. Commands: check,"),
        (["windows", "lst"], "Did you mean 'list'?"),
        (["releases", "updat"], "Did you mean 'update'?"),
        (["feed", "--alrm"], "isn't an option"),
        (["check", "f.yaml", "--zzz"], "To list the options, run `hotpatch check --help`."),
        (["image"], "Missing argument"),
        (["image", "-"], "empty"),
        (["image", READY, "--platform", "arc"], "Specify one of azure, azure-local."),
        (["explain", "HP999"], "isn't a rule code"),
        (["explain", "hotpach"], "Did you mean 'hotpatch'"),
        (["schema", "reprt"], "Did you mean 'report'?"),
        (["calendar", "--year", "soon"], "--year"),
        (["calendar", "--year", "1999"], "--year"),
        (["calendar", "--product", "ws2019"], "isn't valid"),
        (["matrix", "-f", "xml"], "isn't valid"),
    ],
)
def test_a_wrong_command_line_is_code_2(hotpatch: Any, arguments: list[str], said: str) -> None:
    """A wrong option, argument or command gives code 2, what is wrong, and no product."""
    hotpatch.write("f.yaml", UNKNOWN)
    done = hotpatch(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in " ".join(done.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("variable", "command", "code"),
    [
        ("HOTPATCH_FAIL_ON=unknown", "check f.yaml", 1),
        ("HOTPATCH_FAIL_ON=nonsense", "check f.yaml", 2),
        ("HOTPATCH_AS_OF=never", "check f.yaml", 2),
        ("HOTPATCH_FORMAT=nonsense", "check f.yaml", 2),
        ("HOTPATCH_INPUT_FORMAT=azure-vms", "check f.yaml", 2),
        ("HOTPATCH_ONLY=nonsense", "check f.yaml", 2),
        ("HOTPATCH_OUTPUT=none/f", "check f.yaml", 2),
        ("HOTPATCH_MATRIX=none", "matrix", 2),
        ("HOTPATCH_RELEASES=none", "calendar", 2),
        ("HOTPATCH_PLATFORM=nonsense", f"image {READY}", 2),
        ("HOTPATCH_YEAR=1", "calendar", 2),
        ("HOTPATCH_PRODUCT=nonsense", "calendar", 2),
    ],
)
def test_every_option_has_a_variable(
    hotpatch: Any, monkeypatch: pytest.MonkeyPatch, variable: str, command: str, code: int
) -> None:
    """The variable of an option does what the option does."""
    hotpatch.write("f.yaml", UNKNOWN)
    monkeypatch.setenv(*variable.split("="))
    assert hotpatch(*command.split()).code == code


def test_an_option_outweighs_its_variable(hotpatch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands on the command line wins over the environment."""
    monkeypatch.setenv("HOTPATCH_FAIL_ON", "unknown")
    assert hotpatch.check(UNKNOWN, "--fail-on", "never").code == 0


def test_a_file_is_written_whole_or_not_at_all(hotpatch: Any) -> None:
    """-o replaces a file by the product; where the input is wrong the old file stays as it was."""
    target = hotpatch.folder / "report.json"
    target.write_text("old")
    assert hotpatch.check("machines: [{name: a}]", "-o", "report.json").code == 2
    assert target.read_text() == "old"
    done = hotpatch.check(UNKNOWN, "-o", "report.json")
    assert (done.code, done.out) == (3, "")
    assert target.read_text().startswith("{")
    assert sorted(each.name for each in hotpatch.folder.iterdir()) == ["fleet.yaml", "report.json"]


@pytest.mark.parametrize("target", ["none/report.json", "."])
def test_a_place_that_cannot_be_written_is_code_2(hotpatch: Any, target: str) -> None:
    """A folder that is not there, or a folder itself, is no place for the product."""
    done = hotpatch.check(UNKNOWN, "-o", target)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
def test_a_link_and_a_device_are_not_replaced(hotpatch: Any) -> None:
    """-o through a link writes what it points to, and a device such as /dev/null stays a device."""
    (hotpatch.folder / "real.json").write_text("old")
    (hotpatch.folder / "link.json").symlink_to("real.json")
    hotpatch.check(UNKNOWN, "-o", "link.json")
    assert (hotpatch.folder / "link.json").is_symlink()
    assert (hotpatch.folder / "real.json").read_text().startswith("{")
    pipe = hotpatch.folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert hotpatch.check(UNKNOWN, "-o", "pipe").code == 3
    assert os.read(reader, 100).startswith(b"{")
    os.close(reader)
    assert pipe.is_fifo()


def test_the_product_and_the_talk_are_apart(hotpatch: Any) -> None:
    """The age of the data is said on standard error, and --quiet says nothing."""
    loud = hotpatch.check(UNKNOWN, "--as-of", "2026-11-23")
    quiet = hotpatch.check(UNKNOWN, "--as-of", "2026-11-23", "--quiet")
    assert "older than Patch Tuesday 2026-11-10" in loud.err
    assert quiet.err == ""
    assert loud.out == quiet.out


def test_a_skipped_fleet_is_code_2(hotpatch: Any) -> None:
    """A fleet in which every machine was skipped was not checked."""
    disk = '{"osDisk": {"osType": "Linux"}}'
    vm = (
        f'[{{"name": "vm", "type": "Microsoft.Compute/virtualMachines", "storageProfile": {disk}}}]'
    )
    done = hotpatch.check(vm, name="vms.json")
    assert (done.code, done.out) == (2, "")
    assert "skipped" in done.err


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_images_are_judged_without_a_machine(hotpatch: Any, form: str) -> None:
    """A supported image is 0; the look-alike is 1 and its nearest supported SKU is named."""
    assert hotpatch("image", READY, "-f", form).code == 0
    done = hotpatch("image", NOT, "-f", form)
    assert done.code == 1
    assert "2022-datacenter-azure-edition-hotpatch" in done.out.replace("\n", "")


def test_images_come_from_standard_input(hotpatch: Any) -> None:
    """`image -` reads one a line, leaves comments out, and tells the line of each."""
    done = hotpatch("image", "-", "-f", "json", stdin=f"# ours\n{READY}\n\n{NOT}  # old\n")
    assert list(done.machines) == [READY, NOT]
    assert done.machines[NOT]["reasons"][0]["location"] == {
        "file": "<stdin>",
        "line": 4,
        "column": 1,
    }


def test_a_gallery_image_is_hp102(hotpatch: Any) -> None:
    """A resource id is a custom image."""
    done = hotpatch(
        "image",
        "/subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/images/web",
        "-f",
        "json",
    )
    assert done.code == 1
    assert [reason["code"] for each in done.machines.values() for reason in each["reasons"]] == [
        "HP102"
    ]


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_the_calendar_has_its_formats(hotpatch: Any, form: str) -> None:
    """Each format of the calendar has the year's baselines of both products."""
    out = hotpatch("calendar", "--year", "2025", "--as-of", "2025-12-15", "-f", form).out
    assert "26100.2894" in out
    assert "20348.3091" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_the_matrix_has_its_formats(hotpatch: Any, form: str) -> None:
    """Each format of the matrix names every supported SKU."""
    out = hotpatch("matrix", "-f", form).out
    assert "2022-datacenter-azure-edition-hotpatch-smalldisk" in out
    assert "2025-datacenter-azure-edition-core" in out


def test_init_never_overwrites(hotpatch: Any) -> None:
    """`init -o` writes a starter, and refuses to write over a file."""
    assert hotpatch("init", "-o", "new.yaml").code == 0
    text = (hotpatch.folder / "new.yaml").read_text()
    done = hotpatch("init", "-o", "new.yaml")
    assert done.code == 2
    assert "already exists" in done.err
    assert (hotpatch.folder / "new.yaml").read_text() == text


def test_the_version_is_said(hotpatch: Any) -> None:
    """--version prints name and version."""
    assert hotpatch("--version").out == f"hotpatch {__version__}\n"


def test_every_command_has_help_with_an_example(hotpatch: Any) -> None:
    """Each command that the root lists has a help page that ends with an example."""
    from hotpatch_cli.cli.root import COMMANDS

    for name in COMMANDS:
        done = hotpatch(name, "--help")
        assert done.code == 0
        assert name in hotpatch("--help").out


def test_a_bug_is_code_70_with_its_traceback(
    hotpatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that nobody foresaw gives code 70, a traceback on standard error, and no product."""
    from hotpatch_cli.outputs import formats

    monkeypatch.setitem(formats.REPORT_FORMATS, "json", lambda _report, _screen: str(1 // 0))
    done = hotpatch.check(UNKNOWN)
    assert (done.code, done.out) == (70, "")
    assert "ZeroDivisionError" in done.err
    assert "This is a bug in hotpatch." in done.err


def started(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """The program as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "hotpatch_cli", *arguments], stderr=subprocess.PIPE, **options
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_stopped_by_the_user_is_code_130(tmp_path: Path) -> None:
    """A run that waits for its input and is interrupted ends with 130 and no traceback."""
    os.mkfifo(tmp_path / "pipe")
    process = started("check", str(tmp_path / "pipe"))
    with (tmp_path / "pipe").open(
        "wb"
    ):  # opens once the program does: it is reading now, however slow it started
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in talk


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_reader_that_leaves_early_is_no_error(hotpatch: Any) -> None:
    """With a pipe that nobody reads the run ends quietly, with the code of its findings."""
    lines = "".join(f"  - {{name: machine{n}, platform: arc}}\n" for n in range(3000))
    hotpatch.write("f.yaml", f"machines:\n{lines}")
    reading, writing = os.pipe()
    os.close(reading)
    process = started("check", str(hotpatch.folder / "f.yaml"), "-q", stdout=writing)
    os.close(writing)
    _, talk = process.communicate(timeout=20)
    assert (process.returncode, talk) == (3, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_is_code_2(hotpatch: Any) -> None:
    """A product that cannot be written to standard output is told, with code 2."""
    hotpatch.write("f.yaml", UNKNOWN)
    with Path("/dev/full").open("wb") as full:
        process = started("check", str(hotpatch.folder / "f.yaml"), "-q", stdout=full)
        _, talk = process.communicate(timeout=20)
    assert process.returncode == 2
    assert talk.startswith(b"standard output: Can't write the output")


def in_terminal(folder: Path, arguments: list[str], environment: dict[str, str]) -> bytes:
    """What the program writes to a real terminal of 80 columns, standard output and error."""
    import fcntl
    import pty
    import struct
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in COLOR_VARIABLES}
    process = subprocess.Popen(
        [sys.executable, "-m", "hotpatch_cli", *arguments],
        cwd=folder,
        stdout=follower,
        stderr=follower,
        env={**inherited, "TERM": "xterm-256color", **environment},
    )
    os.close(follower)
    shown = b""
    try:
        while piece := os.read(leader, 65536):
            shown += piece
    except OSError:  # Linux ends a terminal with an error
        pass
    process.wait(timeout=20)
    os.close(leader)
    return shown


COLOR_VARIABLES = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS")
COLORS: dict[str, tuple[list[str], dict[str, str], bool]] = {
    "terminal": ([], {}, True),
    "--no-color": (["--no-color"], {}, False),
    "NO_COLOR": ([], {"NO_COLOR": "1"}, False),
    "dumb": ([], {"TERM": "dumb"}, False),
    "forced on a dumb terminal": ([], {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    "NO_COLOR outweighs": ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    "--no-color outweighs": (["--no-color"], {"FORCE_COLOR": "1"}, False),
}


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
@pytest.mark.parametrize(("arguments", "environment", "colored"), COLORS.values(), ids=COLORS)
def test_a_terminal_has_color_unless_it_is_turned_off(
    hotpatch: Any, arguments: list[str], environment: dict[str, str], colored: bool
) -> None:
    """--no-color, NO_COLOR and a dumb terminal turn color off, FORCE_COLOR turns it on."""
    hotpatch.write("f.yaml", server(DUE))
    command = ["check", "f.yaml", "--as-of", "2025-12-15", *arguments]
    shown = in_terminal(hotpatch.folder, command, environment)
    assert (b"\x1b[" in shown) == colored
    assert b"baseline-due" in shown


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
@pytest.mark.parametrize("command", [["check", "--help"], ["--help"], ["chekc"], ["check", "-x"]])
def test_help_and_errors_follow_the_same_rule(hotpatch: Any, command: list[str]) -> None:
    """No control code on a dumb terminal, with NO_COLOR, or in a pipe."""
    for environment in ({"TERM": "dumb"}, {"NO_COLOR": "1"}):
        assert b"\x1b" not in in_terminal(hotpatch.folder, command, environment)
    done = hotpatch(*command)
    assert "\x1b" not in done.out + done.err


def test_color_is_forced_without_a_terminal(hotpatch: Any) -> None:
    """FORCE_COLOR colors standard output with all rows, never a file; NO_COLOR outweighs it."""
    machines = ", ".join(f"{{name: m{number}, platform: arc}}" for number in range(60))
    hotpatch.write("f.yaml", f"machines: [{machines}]")
    command = ("check", "f.yaml", "--as-of", "2025-12-15", "-q")
    hotpatch.monkeypatch.setenv("FORCE_COLOR", "1")
    out = hotpatch(*command).out
    assert "\x1b[" in out
    assert all(f"m{number} " in out for number in range(60))
    assert "\x1b[1m" in hotpatch("check", "--help").out
    hotpatch(*command, "-o", "r.txt")
    assert "\x1b" not in (hotpatch.folder / "r.txt").read_text(encoding="utf-8")
    assert "\x1b" not in hotpatch(*command, "-f", "json").out
    hotpatch.monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in hotpatch(*command).out


def test_the_installed_command_is_the_module() -> None:
    """The script `hotpatch` beside this interpreter, where there is one, says the same version."""
    script = shutil.which("hotpatch", path=str(Path(sys.executable).parent))
    if script is None:
        pytest.skip("the package is not installed here")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=False)
    assert done.stdout == f"hotpatch {__version__}\n"
