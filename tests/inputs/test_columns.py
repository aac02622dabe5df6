"""What the columns of a table mean, and what its cells say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.documents.tree import NumberText, Sequence
from hotpatch_cli.errors import InputError
from hotpatch_cli.inputs.fields import FACTS
from hotpatch_cli.inputs.tables.cells import node_of, value_of
from hotpatch_cli.inputs.tables.columns import _KNOWN, FIELDS, mapped, notes_on, parse_map


@pytest.mark.parametrize("field", FIELDS)
def test_a_column_bears_the_name_of_its_field(field: str) -> None:
    """A field's own name is read without a guess, in any letter case."""
    columns = mapped([field.upper()])
    assert (columns.fields, columns.guessed) == ({field.upper(): field}, {})


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("VM Name", "name"),
        ("ComputerName", "name"),
        ("resourceId", "id"),
        ("location", "region"),
        ("OS Build", "build"),
        ("os_version", "build"),
        ("imageReference.sku", "image.sku"),
        ("patchMode", "patching.mode"),
        ("enableHotpatching", "patching.hotpatching"),
        ("Reboot required", "restart_pending"),
        ("tag_env", "tags.env"),
        ("Tag: Cost Centre", "tags.Cost Centre"),
        ("powerState", "power"),
    ],
)
def test_a_column_of_another_tool_is_guessed(column: str, field: str) -> None:
    """Names that other tools write are guessed, and said to be."""
    assert mapped([column]).guessed == {column: field}


@pytest.mark.parametrize(
    "column", ["status", "sku", "hotpatch", "version", "resource group", "", " "]
)
def test_no_guess(column: str) -> None:
    """Words that mean different things in different tools are not guessed."""
    assert mapped([column]).fields == {}


def test_no_synonym_means_two_fields() -> None:
    """Each word of the list of synonyms stands under one field only, and is not another field's own
    name.
    """
    words = [word.replace(" ", "") for fact in FACTS for word in fact.columns]
    assert len(words) == len(set(words))
    for fact in FACTS:
        for word in fact.columns:
            assert _KNOWN[word.replace(" ", "")] == fact.path


def test_a_chosen_column_outweighs_a_guess() -> None:
    """A chosen column takes its field from the column of that name, which is then unknown."""
    columns = mapped(["name", "Build", "revision"], parse_map(["REVISION=build"]))
    assert columns.fields == {"name": "name", "revision": "build"}
    assert columns.unknown == ("Build",)


def test_own_name_wins_over_guess() -> None:
    """Of two columns for one field the one of the field's own name is read, wherever it stands."""
    assert mapped(["hostname", "name"]).fields == {"name": "name"}


def test_a_column_is_left_out_by_choice() -> None:
    """`COLUMN=` leaves a column out, and nobody is told again that it is not read."""
    columns = mapped(["name", "owner", "x"], parse_map(["owner=", "x="]))
    assert (columns.fields, columns.unknown) == ({"name": "name"}, ())


def test_a_chosen_column_that_the_header_lacks_is_named() -> None:
    """A chosen column that the header lacks is named: another table may have it."""
    assert mapped(["name"], parse_map(["nope=build"])).absent == ("nope",)


def test_column_with_equals_sign() -> None:
    """The last equals sign parts column and field: people name columns."""
    assert parse_map(["a=b=build"]) == {"a=b": "build"}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["build"], "Use the format COLUMN=FIELD"),
        (["=build"], "Use the format COLUMN=FIELD"),
        (["x=buidl"], "Did you mean 'build'?"),
        (["x=patching"], "Unknown field 'patching'"),
        (["x=build", "x=os"], "mapped twice"),
        (["x=build", "y=build"], "is mapped twice"),
        (["x=tags."], "Unknown field 'tags.'"),
    ],
)
def test_a_choice_of_columns_that_means_nothing_is_refused(texts: list[str], said: str) -> None:
    """A choice that cannot be meant is refused with what to write instead."""
    with pytest.raises(InputError, match=said):
        parse_map(texts)


def test_notes_name_columns_that_were_guessed_or_not_read() -> None:
    """The user hears what was guessed and what is not read; without a guess, nothing."""
    assert notes_on("f.csv", mapped(["name", "platform"])) == ()
    guessed, unknown = notes_on("f.csv", mapped(["VM", "colour"]))
    assert "'VM' as name" in guessed
    assert "'colour'" in unknown


def test_machines_are_named() -> None:
    """A table of machines names them and says something of them."""
    assert mapped(["VM", "build"]).names_machines
    assert not mapped(["build", "os"]).names_machines
    assert not mapped(["name", "id"]).names_machines


@given(st.lists(st.text(max_size=12), unique=True, max_size=8))
def test_any_header_gives_each_field_one_column(header: list[str]) -> None:
    """Whatever the header, each named column is read or unknown, and no field has two columns."""
    columns = mapped(header)
    assert {*columns.fields, *columns.unknown} == {column for column in header if column.strip()}
    assert len(set(columns.fields.values())) == len(columns.fields)


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("build", " 26100.10 ", "26100.10"),
        ("build", NumberText("26100.10"), "26100.10"),
        ("build", "N/A", None),
        ("build", "#N/A", None),
        ("os", "null", None),
        ("os", " ", None),
        ("platform", "Azure Arc", "arc"),
        ("platform", "microsoft.compute/virtualmachines", "azure"),
        ("platform", "Azure Stack HCI", "azure-local"),
        ("platform", "VMware", "VMware"),
        ("power", "VM deallocated", "off"),
        ("power", "PowerState/running", "on"),
        ("power", "on", "on"),
        ("generation", "V2", "2"),
        ("patching.hotpatching", "1", "true"),
        ("restart_pending", "0", "false"),
        ("weight", "1", "1"),
        ("kbs", "KB5068840, 5065426", ["KB5068840", "5065426"]),
        ("kbs", "KB5068840 KB5065426", ["KB5068840", "KB5065426"]),
        ("kbs", ";", None),
        ("groups", "web; front end", ["web", "front end"]),
        ("groups", '["web", "sql"]', ["web", "sql"]),
        ("pending", ".NET 3.5, 4.8; Firmware", [{"title": ".NET 3.5, 4.8"}, {"title": "Firmware"}]),
        ("tags", "env=prod; team=a=b", {"env": "prod", "team": "a=b"}),
        ("tags", '{"env": "prod"}', {"env": "prod"}),
        ("tags", "prod", "prod"),
        ("os", "{not json}", "{not json}"),
        ("restart_pending", True, True),
    ],
)
def test_a_cell_means_what_an_inventory_would_state(
    field: str, cell: object, value: object
) -> None:
    """A cell says what an inventory would say; the words of other tools are understood, unknown
    ones kept.
    """
    assert value_of(field, cell, 0) == value


def test_a_row_becomes_a_nested_machine_at_its_line() -> None:
    """Fields with dots nest, missing ones are left out, and everything stands at the row."""
    node = node_of(
        [("name", "a"), ("arc.status", "Connected"), ("arc.vbs", ""), ("tags.env", "prod")], 7
    )
    assert node == {"name": "a", "arc": {"status": "Connected"}, "tags": {"env": "prod"}}
    assert (node.at("name"), node["arc"].at("status")) == (7, 7)


def test_image_in_one_cell_wins() -> None:
    """A URN in one cell is the image; the columns of its parts add nothing."""
    assert node_of([("image.sku", "x"), ("image", "a:b:c")], 0) == {"image": "a:b:c"}


@pytest.mark.parametrize(
    ("identity", "name", "platform"),
    [
        (
            "/subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm1",
            "vm1",
            "azure",
        ),
        (
            "/subscriptions/1/resourceGroups/g/providers/Microsoft.HybridCompute/machines/m1",
            "m1",
            "arc",
        ),
        (
            "/x/machines/m1/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default",
            "m1",
            "azure-local",
        ),
    ],
)
def test_told_by_id(identity: str, name: str, platform: str) -> None:
    """A resource id tells name and platform where no column does."""
    assert node_of([("id", identity)], 0) == {"id": identity, "name": name, "platform": platform}
    assert node_of([("id", identity), ("platform", "arc"), ("name", "n")], 0)["name"] == "n"


def test_lists_of_trees_stay() -> None:
    """A list that the file has as a list is taken as it is."""
    assert isinstance(value_of("kbs", Sequence(), 0), Sequence)
