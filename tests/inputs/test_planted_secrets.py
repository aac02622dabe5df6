"""Secrets in tags, in sensitive attributes, and beside a mistake: in no output and no message."""

import csv
import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from source_samples import SAMPLES

from hotpatch_cli.cli.source_excerpt import excerpt
from hotpatch_cli.errors import Problem
from hotpatch_cli.outputs.formats import CHECK_FORMATS

PLANTED = "Pl4ntedS3cretValue0123456789"
SECRETS = {
    "adminPassword": PLANTED,
    "clientSecret": PLANTED,
    "customData": PLANTED,
    "protectedSettings": PLANTED,
    "disk": f"https://a.blob.core.windows.net/c/x.vhd?sv=1&sig={PLANTED}",
    "store": f"AccountName=a;AccountKey={PLANTED}",
    "repo": f"https://me:{PLANTED}@example.com/x",
    "ci": f"ghp_{PLANTED}",
    "gitlab": f"glpat-{PLANTED}",
    "header": f"Bearer {PLANTED}",
    "pem": f"-----BEGIN PRIVATE KEY----- {PLANTED}",
}
SKU = "2025-datacenter-azure-edition"
IMAGE = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": SKU}
ID = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web01"


def vm() -> str:
    """An Azure VM with secrets in its tags and its profile."""
    properties = {"storageProfile": {"imageReference": IMAGE}, "osProfile": SECRETS}
    kind = "Microsoft.Compute/virtualMachines"
    machine = {"id": ID, "name": "web01", "type": kind, "location": "westeurope"}
    return json.dumps([machine | {"tags": SECRETS, "properties": properties}])


VALUES = {
    "name": "web01",
    "location": "westeurope",
    "admin_password": PLANTED,
    "source_image_reference": [IMAGE | {"version": "latest"}],
}
WINDOWS = "azurerm_windows_virtual_machine"
HIDDEN = {"note": PLANTED, "env": "prod"}


def plan(marks: Any) -> str:
    """A Terraform plan with a secret in a tag whose name says nothing."""
    resource = {
        "address": f"{WINDOWS}.web",
        "mode": "managed",
        "type": WINDOWS,
        "name": "web",
        "values": VALUES | {"tags": HIDDEN},
        "sensitive_values": {"tags": marks},
    }
    root = {"root_module": {"resources": [resource]}}
    return json.dumps(
        {"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": root}
    )


def state(*steps: Any) -> str:
    """A Terraform state with the same, marked by a path."""
    instance = {
        "attributes": VALUES | {"tags": HIDDEN},
        "sensitive_attributes": [[{"type": "get_attr", "value": "tags"}, *steps]],
    }
    head = {"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x"}
    resource = {"mode": "managed", "type": WINDOWS, "name": "web", "instances": [instance]}
    return json.dumps(head | {"resources": [resource]})


def table() -> str:
    """A CSV file with each secret in a column of its own."""
    columns = {f"tags.{key}": value for key, value in SECRETS.items()}
    row = {"name": "web01", "platform": "azure"} | columns
    out = io.StringIO()
    writer = csv.DictWriter(out, list(row))
    writer.writeheader()
    writer.writerow(row)
    return out.getvalue()


def inventory() -> str:
    """An inventory with the same."""
    return f"machines:\n- {{name: web01, platform: azure, tags: {json.dumps(SECRETS)}}}\n"


SOURCES = {
    "vms.json": vm(),
    "plan.json": plan({"note": True}),
    "plan-all.json": plan(True),
    "a.tfstate": state({"type": "index", "value": {"value": "note", "type": "string"}}),
    "b.tfstate": state(),
    "t.csv": table(),
    "own.yaml": inventory(),
}


@pytest.mark.parametrize("name", SOURCES)
def test_no_output_has_a_secret(hotpatch: Any, name: str) -> None:
    """A secret in a tag or a profile is in no format of check, and not in convert or show."""
    hotpatch.write(name, SOURCES[name])
    runs = [("check", name, "--as-of", "2025-12-15", "-f", form) for form in CHECK_FORMATS]
    runs += [("convert", name), ("show", "web01", name, "--as-of", "2025-12-15")]
    for arguments in runs:
        done = hotpatch(*arguments)
        assert PLANTED not in done.out + done.err, arguments
        assert done.code != 70, done.err
    assert "web" in hotpatch("convert", name).out


def test_what_is_not_marked_stays(hotpatch: Any) -> None:
    """A tag beside a sensitive one is kept."""
    for name in ("plan.json", "a.tfstate"):
        hotpatch.write(name, SOURCES[name])
        assert "env: prod" in hotpatch("convert", name).out, name


@pytest.mark.parametrize("value", SECRETS.values(), ids=SECRETS.keys())
def test_an_excerpt_never_shows_a_secret(hotpatch: Any, value: str) -> None:
    """The line of a problem isn't shown where it has a secret by its name or its shape."""
    key = next(key for key, text in SECRETS.items() if text == value)
    path = hotpatch.write("x.yaml", f"- {{name: 1, {key}: '{value}'}}\n")
    assert excerpt(Problem(str(path or "x.yaml"), 1, 4, "Wrong.")) == ""


@pytest.mark.parametrize(
    "address",
    [
        f"http://me:{PLANTED}@127.0.0.1:1/page",
        f"http://127.0.0.1:1/page?sig={PLANTED}",
        f"file:///x?sig={PLANTED}",
    ],
)
def test_an_address_in_a_message(hotpatch: Any, address: str) -> None:
    """The address of a failed update loses its password and its signature."""
    done = hotpatch("releases", "update", "--url", address, "--timeout", "1")
    assert done.code == 2
    assert PLANTED not in done.out + done.err
    assert "(redacted)" in done.err


@pytest.mark.parametrize("key", ["patch_mode", "platform", "version", "window"])
def test_a_value_in_a_message(hotpatch: Any, key: str) -> None:
    """A secret in a field of an inventory isn't repeated in the message that rejects it."""
    for shaped in list(SECRETS.values())[4:]:
        hotpatch.write("own.yaml", f"machines:\n- {{name: web01, {key}: {json.dumps(shaped)}}}\n")
        done = hotpatch("check", "own.yaml", "--as-of", "2025-12-15")
        assert PLANTED not in done.out + done.err, shaped


@pytest.mark.parametrize("option", ["--waivers", "--config", "--matrix", "--known"])
def test_an_address_in_place_of_a_file(hotpatch: Any, option: str) -> None:
    """An address given where a file is expected loses its password in the message."""
    hotpatch.write("own.yaml", "machines:\n- {name: web01, platform: azure}\n")
    done = hotpatch("check", "own.yaml", option, f"https://me:{PLANTED}@example.com/x")
    assert done.code == 2
    assert PLANTED not in done.out + done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "f.yaml", "-f", "ghp_{}"),
        ("check", "f.yaml", "--input-format", "Bearer {}"),
        ("check", "f.yaml", "--as-of", "https://me:{}@example.com"),
        ("check", "f.yaml", "--only", "glpat-{}"),
        ("check", "f.yaml", "--ghp_{}"),
        ("ghp_{}",),
        ("windows", "ghp_{}"),
        ("explain", "glpat-{}"),
        ("--ghp_{}",),
    ],
    ids=" ".join,
)
def test_a_secret_on_the_command_line_is_not_repeated(
    hotpatch: Any, arguments: tuple[str, ...]
) -> None:
    """A token in the place of a word is a mistake whose message leaves the token out."""
    hotpatch.write("f.yaml", "machines: []")
    done = hotpatch(*(part.format(PLANTED) for part in arguments))
    assert done.code == 2
    assert PLANTED not in done.out + done.err


# Thirty kinds of secrets: by the name of their key, or by the shape of their value.
KINDS = SECRETS | {
    "admin_password": PLANTED,
    "password": PLANTED,
    "connectionString": PLANTED,
    "client_secret": PLANTED,
    "accessToken": PLANTED,
    "api_key": PLANTED,
    "storage_account_key": PLANTED,
    "userData": PLANTED,
    "secureParameter": f"?sv=1&sig={PLANTED}",
    "sas": f"?sig={PLANTED}",
    "privateKey": PLANTED,
    "ansible_become_pass": PLANTED,
    "vault": f"$ANSIBLE_VAULT;1.1;AES256\n{PLANTED}",
    "jwt": f"eyJhbGciOiJIUzI1NiJ9.{PLANTED}.{PLANTED}",
    "slack": f"xoxb-{PLANTED}",
    "basic": f"Basic {PLANTED}",
    "bus": f"Endpoint=sb://a/;SharedAccessKey={PLANTED}",
    "fine": f"github_pat_{PLANTED}",
    "database": f"Server=a;Pwd={PLANTED};",
}


def planted(node: Any) -> Any:
    """A tree with every kind of secret in every mapping."""
    if isinstance(node, dict):
        return {key: planted(value) for key, value in node.items()} | {
            key: value for key, value in KINDS.items() if key not in node
        }
    return [planted(value) for value in node] if isinstance(node, list) else node


TREES: dict[str, Any] = {
    ".json": (json.loads, json.dumps),
    ".yaml": (yaml.safe_load, yaml.safe_dump),
    ".yml": (yaml.safe_load, yaml.safe_dump),
}


def with_secrets(name: str, content: str | bytes) -> str | bytes | None:
    """A file of a source with all of them; None where its format has no place for them."""
    suffix = Path(name).suffix
    if isinstance(content, str) and suffix in TREES:
        parse, write = TREES[suffix]
        with suppress(ValueError, yaml.YAMLError):
            return write(planted(parse(content)))
    if isinstance(content, str) and suffix in (".csv", ".tsv"):
        mark = "\t" if suffix == ".tsv" else ","
        rows = list(csv.reader(io.StringIO(content), delimiter=mark))
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter=mark)
        writer.writerow([*rows[0], *KINDS])
        writer.writerows([*row, *KINDS.values()] for row in rows[1:])
        return stream.getvalue()
    return None


EVERY_SOURCE = {
    f"{name}: {file}": (sample, file)
    for name, sample in SAMPLES.items()
    for file, content in sample.files.items()
    if with_secrets(file, content) is not None
}


def test_thirty_kinds_are_planted() -> None:
    """What follows plants thirty kinds in the sources of most readers."""
    assert len(KINDS) == 30
    assert len(EVERY_SOURCE) > 15


@pytest.mark.parametrize(("sample", "file"), EVERY_SOURCE.values(), ids=EVERY_SOURCE)
def test_a_secret_in_any_mapping_of_any_source(hotpatch: Any, sample: Any, file: str) -> None:
    """Wherever a source holds it, no output, no conversion, and no message shows a secret."""
    for name, content in sample.files.items():
        hotpatch.write(name, with_secrets(name, content) if name == file else content)
    arguments = (*sample.files, *sample.options)
    runs = [("check", *arguments, "-f", form) for form in ("table", "json", "markdown", "sarif")]
    for run in (*runs, ("convert", *arguments), ("check", *arguments, "--explain")):
        done = hotpatch(*run, "--as-of", "2025-12-15") if run[0] == "check" else hotpatch(*run)
        assert done.code != 70
        assert PLANTED not in done.out + done.err
