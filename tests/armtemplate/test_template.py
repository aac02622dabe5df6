"""Templates by themselves: trees in, resources out. No reader and no format is needed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotpatch_cli.armtemplate
from hotpatch_cli.armtemplate import is_template
from tests.armtemplate.trees import SCHEMA, Number, resolved, template, tree, vm

MAX_PUBLIC_NAMES = 10
TWICE = "[format('{0}{1}', variables('next'), variables('next'))]"


def test_the_front_door_is_small() -> None:
    """At most ten names are public."""
    assert len(hotpatch_cli.armtemplate.__all__) <= MAX_PUBLIC_NAMES


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ({"$schema": SCHEMA, "resources": []}, True),
        ({"$schema": SCHEMA}, False),
        ({"$schema": SCHEMA.replace("deploymentTemplate", "deploymentParameters")}, False),
        ([], False),
        (None, False),
    ],
)
def test_a_template_is_known_by_its_schema(root: Any, expected: bool) -> None:
    """A template has the schema of one, and resources."""
    assert is_template(tree(root)) is expected


@pytest.mark.parametrize(
    ("expression", "sections", "value"),
    [
        ("[parameters('a')]", {"parameters": {"a": {"defaultValue": "x"}}}, "x"),
        ("[Parameters('A')]", {"parameters": {"a": {"defaultValue": "x"}}}, "x"),
        ("[variables('v')]", {"variables": {"v": "[concat('x', 'y')]"}}, "xy"),
        ("[variables('v').k]", {"variables": {"v": {"K": 7}}}, "7"),
        ("[[not an expression]", {}, "[not an expression]"),
        ("[add(1, 2)]", {}, "3"),
        ("[createObject('k', createArray(1, 'x'))]", {}, {"k": ["1", "x"]}),
        ("[createObject('k', 1, 'k', 2)]", {}, {"k": "2"}),
        ("[concat(createArray('a'), createArray('b'))]", {}, ["a", "b"]),
    ],
)
def test_values_are_resolved(expression: str, sections: dict[str, Any], value: Any) -> None:
    """Parameters, variables and functions have their values, also where they make trees."""
    (resource,) = resolved(template(vm(p=expression), **sections)).resources
    assert resource.body["properties"]["p"] == value
    assert resource.open_at == ()


def test_a_parameters_file_leads() -> None:
    """The value of the parameters file stands before the default; one of a vault stays open."""
    source = template(
        vm(p="[parameters('a')]", q="[parameters('b')]"),
        parameters={"a": {"defaultValue": "default"}, "b": {"defaultValue": "default"}},
    )
    given_file = {"a": {"value": "given"}, "b": {"reference": {"secretName": "s"}}}
    (resource,) = resolved(source, given_file).resources
    assert resource.body["properties"] == {"p": "given"}
    assert resource.open_at == ((("properties", "q"), "[parameters('b')]"),)


def test_what_stays_open_is_left_out_with_its_path_and_expression() -> None:
    """Also within a variable, which stands in two places here."""
    source = template(
        vm(one="[variables('v')]", Two=["[variables('v')]", "[reference('x')]"]),
        variables={"v": {"Key": "[reference('y')]", "plain": "p"}},
    )
    (resource,) = resolved(source).resources
    assert resource.body["properties"] == {"one": {"plain": "p"}, "Two": [{"plain": "p"}]}
    assert resource.open_at == (
        (("properties", "one", "key"), "[reference('y')]"),
        (("properties", "two", "key"), "[reference('y')]"),
        (("properties", "two"), "[reference('x')]"),
    )


def test_loops_copy_resources_and_properties() -> None:
    """copyIndex counts in the loop around it, and in the one that is named."""
    disks = {"name": "disks", "count": 2, "input": "[concat(copyIndex('vms'), copyIndex('disks'))]"}
    looped = vm("[concat('web', copyIndex(1))]", copy=[disks])
    source = template({**looped, "copy": {"name": "vms", "count": "[add(1, 1)]"}})
    resources = resolved(source).resources
    assert [resource.name for resource in resources] == ["web1", "web2"]
    assert [resource.body["properties"]["disks"] for resource in resources] == [
        ["00", "01"],
        ["10", "11"],
    ]


def test_variables_may_be_loops() -> None:
    """A variable of the section `copy` is a list."""
    loop = {"name": "names", "count": 3, "input": "[copyIndex('names')]"}
    source = template(vm(p="[variables('names')]"), variables={"copy": [loop]})
    assert resolved(source).resources[0].body["properties"]["p"] == ["0", "1", "2"]


def test_conditions_existing_and_other_resources_are_left_out() -> None:
    """A false condition deploys nothing; an open one may; other types are counted."""
    source = template(
        {**vm("no"), "condition": "[equals(1, 2)]"},
        {**vm("maybe"), "condition": "[reference('x')]"},
        {**vm("there"), "existing": True},
        {"type": "Microsoft.Network/virtualNetworks", "resources": [vm("child")]},
    )
    template_resources = resolved(source)
    assert [resource.name for resource in template_resources.resources] == ["maybe", "child"]
    assert template_resources.other_types == {"microsoft.network/virtualnetworks": 1}


@pytest.mark.parametrize(("scope", "name"), [("inner", "mine"), ("outer", "yours")])
def test_nested_deployments_have_the_scope_that_they_name(scope: str, name: str) -> None:
    """Inner: their own parameters; outer, the default: those of the template around them."""
    nested = {
        "type": "Microsoft.Resources/deployments",
        "name": "inner",
        "properties": {
            "expressionEvaluationOptions": {"scope": scope},
            "parameters": {"name": {"value": "mine"}},
            "template": template(vm("[parameters('name')]"), parameters={"name": {}}),
        },
    }
    source = template(nested, parameters={"name": {"defaultValue": "yours"}})
    (resource,) = resolved(source).resources
    assert (resource.name, resource.nested_in) == (name, ("inner",))


def test_linked_templates_are_counted() -> None:
    """A deployment that names a file holds nothing that can be read here."""
    linked = {"type": "Microsoft.Resources/deployments", "properties": {"templateLink": {}}}
    assert resolved(template(linked)).linked == 1


def test_a_name_that_stays_open_is_kept() -> None:
    """The name of a resource may be its expression; one without a name has none."""
    unnamed = {"type": "Microsoft.Compute/virtualMachines"}
    resources = resolved(template(vm("[parameters('n')]"), unnamed)).resources
    assert [resource.name for resource in resources] == ["[parameters('n')]", None]


@pytest.mark.parametrize("count", [801, 9999, "[mul(100, 100)]"])
def test_a_loop_has_the_bound_of_azure(count: Any) -> None:
    """More than 800 copies are a problem at the count."""
    source = template({**vm(), "copy": {"name": "vms", "count": count}})
    (problem,) = resolved(source).problems
    assert problem.message.endswith("Azure allows 800.")


@pytest.mark.parametrize("count", [Number("1.5"), Number("-1"), 801, "x"])
def test_a_property_loop_with_no_count_of_azure_stays_open(count: Any) -> None:
    """The property is open: how many items it has, nobody can say."""
    loop = {"name": "disks", "count": count, "input": "d"}
    (resource,) = resolved(template(vm(copy=[loop]))).resources
    assert resource.body["properties"] == {}
    assert [path for path, _ in resource.open_at] == [("properties", "disks")]


@pytest.mark.slow
def test_a_template_is_bounded() -> None:
    """Loops of 800 in loops come to an end, with one problem."""
    inner = template({**vm(), "copy": {"name": "inner", "count": 800}})
    nested = {
        "type": "Microsoft.Resources/deployments",
        "name": "n",
        "copy": {"name": "outer", "count": 800},
        "properties": {"template": inner},
    }
    outcome = resolved(template(nested))
    assert ["20000 resources" in problem.message for problem in outcome.problems] == [True]
    assert not outcome.complete


@pytest.mark.slow
def test_a_variable_that_doubles_itself_comes_to_an_end() -> None:
    """2^40 items are never made; there is one problem."""
    variables: dict[str, Any] = {"v0": ["x"]}
    for number in range(40):
        double = f"[createArray(variables('v{number}'), variables('v{number}'))]"
        variables[f"v{number + 1}"] = double
    outcome = resolved(template(vm(p="[variables('v40')]"), variables=variables))
    assert ["steps" in problem.message for problem in outcome.problems] == [True]


def test_a_variable_that_needs_itself_stays_open() -> None:
    """A circle of variables ends."""
    variables = {"a": "[variables('b')]", "b": "[variables('a')]"}
    (resource,) = resolved(template(vm(p="[variables('a')]"), variables=variables)).resources
    assert [path for path, _ in resource.open_at] == [("properties", "p")]


PLAIN = st.recursive(
    st.none() | st.booleans() | st.text(st.characters(exclude_characters="["), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5).filter(lambda key: key != "copy"), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5).filter(lambda key: key != "copy"), PLAIN, max_size=4))
def test_what_has_no_expression_stays_as_it_is(properties: dict[str, Any]) -> None:
    """A body without expressions is itself."""
    (resource,) = resolved(template(vm(p=properties))).resources
    assert resource.body["properties"] == {"p": properties}
    assert resource.open_at == ()


def test_an_output_of_a_nested_deployment_is_known() -> None:
    """`reference` of a deployment has the outputs that follow from the template."""
    inner = template(outputs={"id": {"value": "[resourceId('A/b', 'c')]"}})
    nested = {"type": "Microsoft.Resources/deployments", "name": "n", "resourceGroup": "g"}
    nested["properties"] = {  # type: ignore[assignment]
        "expressionEvaluationOptions": {"scope": "inner"},
        "template": inner,
    }
    (found,) = resolved(template(nested, vm(p="[reference('n').outputs.id.value]"))).resources
    assert found.body["properties"]["p"] == "/subscriptions/.../resourceGroups/g/providers/A/b/c"


def test_open_names_are_partly_known() -> None:
    """What stays open of a name is in brackets, through variables and the parameters of modules."""
    source = template(
        vm("[variables('name')]"),
        parameters={"stage": {"type": "string"}},
        variables={"name": "[format('{0}-{1}', 'web', parameters('stage'))]"},
    )
    (found,) = resolved(source).resources
    assert found.open_at[0][1].partly() == "web-[parameters('stage')]"


@pytest.mark.parametrize("depth", [10, 40])
def test_open_names_that_double_are_no_endless_work(depth: int) -> None:
    """Each variable uses the next one twice: the text is bounded, and each is resolved once."""
    variables = {f"v{number}": TWICE.replace("next", f"v{number + 1}") for number in range(depth)}
    variables[f"v{depth}"] = "[parameters('open')]"
    source = template(
        vm("[variables('v0')]"), parameters={"open": {"type": "string"}}, variables=variables
    )
    (found,) = resolved(source).resources
    assert len(found.open_at[0][1].partly()) <= 65_536
