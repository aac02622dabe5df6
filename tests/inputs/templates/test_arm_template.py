"""ARM templates and Bicep: what a template resolves by itself, what stays open, and what is never
shown.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

Hotpatch = Any
PLANTED = "Pl4nted-S3cret!"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
PARAMETERS = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#"
CORE = {
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2025-datacenter-azure-edition-core",
    "version": "latest",
}
PATCH = {"patchMode": "AutomaticByPlatform", "enableHotpatching": True}


def vm(name: str = "web", image: Any = CORE, patch: Any = PATCH, **more: Any) -> dict[str, Any]:
    """A VM resource that is well."""
    profile = {
        "adminPassword": PLANTED,
        "windowsConfiguration": {"provisionVMAgent": True, "patchSettings": patch},
    }
    properties = {"storageProfile": {"imageReference": image}, "osProfile": profile}
    body = {
        "type": "Microsoft.Compute/virtualMachines",
        "name": name,
        "location": "uksouth",
        "properties": properties,
    }
    return body | more


def template(
    *resources: Any, parameters: Any = None, variables: Any = None, **more: Any
) -> dict[str, Any]:
    """A template."""
    known = {"password": {"type": "secureString", "defaultValue": PLANTED}, **(parameters or {})}
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": known,
        "variables": variables or {},
        "resources": list(resources),
        **more,
    }


def check(hotpatch: Hotpatch, tree: Any, *arguments: str) -> Any:
    """A run on a template, in whose output and messages the planted secret must never stand."""
    done = hotpatch.check(json.dumps(tree, indent=1), *arguments, name="main.json")
    assert PLANTED not in done.out + done.err
    return done


def only(hotpatch: Hotpatch, tree: Any) -> dict[str, Any]:
    """The only machine of a template, judged."""
    (machine,) = check(hotpatch, tree).json["machines"]
    return dict(machine)


def codes(machine: dict[str, Any]) -> list[str]:
    """The codes of a machine's reasons, but for what concerns builds, zones and windows."""
    found = [reason["code"] for reason in machine["reasons"]]
    return [code for code in found if code not in ("HP307", "HP313", "HP413", "HP501")]


def sku(expression: str) -> Any:
    """The image with an expression as its SKU."""
    return CORE | {"sku": expression}


def test_a_vm_with_all_settings_is_ready(hotpatch: Hotpatch) -> None:
    """A VM whose settings stand in the template is judged like one that is there."""
    assert only(hotpatch, template(vm()))["verdict"] == "ready"


@pytest.mark.parametrize(
    "expression",
    [
        "[parameters('sku')]",
        "[variables('sku')]",
        "[variables('images').core]",
        "[variables('images')['core']]",
        "[variables('list')[1]]",
        "[concat(parameters('year'), '-datacenter-azure-edition-core')]",
        "[format('{0}-datacenter-{1}-core', parameters('year'), 'azure-edition')]",
        "[if(equals(parameters('year'), '2025'), parameters('sku'), 'other')]",
        (
            "[if(and(true(), not(false()), or(false(), parameters('on'))), variables('sku'), "
            "reference('x').sku)]"
        ),
        "[toLower('2025-DATACENTER-Azure-Edition-Core')]",
        "[coalesce(null(), parameters('sku'))]",
        "[replace('2025_datacenter_azure_edition_core', '_', '-')]",
        "[join(split('2025,datacenter,azure,edition,core', ','), '-')]",
        "[first(createArray(parameters('sku'), 'x'))]",
        "[createObject('a', createObject('b', parameters('sku'))).a.b]",
        "[substring(concat('xx', parameters('sku')), 2)]",
        "[trim(last(skip(take(createArray('a', concat(' ', parameters('sku')), 'b'), 2), 1)))]",
        "[if(contains(parameters('sku'), 'azure'), parameters('sku'), 'no')]",
        "[PARAMETERS('SKU')]",
        "[ parameters( 'sku' ) ]",
        "[concat(string(add(2000, 25)), '-datacenter-azure-edition-core')]",
        "[if(greater(length(variables('list')), 1), parameters('sku'), '')]",
        "[union(variables('images'), createObject('core', parameters('sku'))).core]",
    ],
)
def test_expressions_of_the_template_alone_are_resolved(
    hotpatch: Hotpatch, expression: str
) -> None:
    """An expression over parameters with defaults, variables and plain functions
    gives its value.
    """
    full = "2025-datacenter-azure-edition-core"
    parameters = {
        "sku": {"type": "string", "defaultValue": full},
        "year": {"type": "string", "defaultValue": "2025"},
        "on": {"type": "bool", "defaultValue": True},
    }
    variables = {
        "sku": "[parameters('sku')]",
        "images": {"core": "[variables('sku')]"},
        "list": ["x", full],
    }
    tree = template(vm(image=sku(expression)), parameters=parameters, variables=variables)
    assert only(hotpatch, tree)["verdict"] == "ready"


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("[parameters('open')]", "[parameters('open')]"),
        ("[variables('open')]", "[parameters('open')]"),
        ("[concat(parameters('open'), '-core')]", "[concat(parameters('open'), '-core')]"),
        ("[reference('other').outputs.sku.value]", "[reference('other')"),
        ("[parameters('password')]", "[parameters('password')]"),
        ("[variables('circle')]", "circle"),
        ("[resourceGroup().tags.sku]", "[resourceGroup()"),
        ("[nonsense(]", "[nonsense(]"),
        ("['unclosed]", "['unclosed]"),
        ("[add('a', 1)]", "[add('a', 1)]"),
        ("[variables('list')[7]]", "[variables('list')[7]]"),
        ("[" + "concat(" * 60 + "'a'" + ")" * 60 + "]", "[concat("),
    ],
    ids=lambda each: each[:30],
)
def test_an_expression_that_stays_open_is_unknown_and_named(
    hotpatch: Hotpatch, expression: str, named: str
) -> None:
    """What only the deployment knows gives the verdict unknown with HP401, and names the
    expression.
    """
    tree = template(
        vm(image=sku(expression)),
        parameters={"open": {"type": "string"}},
        variables={
            "open": "[parameters('open')]",
            "list": [],
            "circle": "[concat(variables('circle'))]",
        },
    )
    machine = only(hotpatch, tree)
    (reason,) = [each for each in machine["reasons"] if each["level"] == "error"]
    assert (machine["verdict"], reason["code"]) == ("unknown", "HP401")
    assert named in reason["message"]
    assert reason["evidence"][0]["field"] == "image"


@pytest.mark.parametrize(
    ("patch", "agent", "code"),
    [
        (PATCH | {"patchMode": "[parameters('x')]"}, True, "HP404"),
        (PATCH | {"enableHotpatching": "[parameters('x')]"}, True, "HP405"),
        (PATCH, "[parameters('x')]", "HP406"),
    ],
    ids=["mode", "hotpatching", "agent"],
)
def test_open_settings_are_unknown(hotpatch: Hotpatch, patch: Any, agent: Any, code: str) -> None:
    """An open patch setting gives the rule of that missing fact, with the expression."""
    body = vm(patch=patch)
    body["properties"]["osProfile"]["windowsConfiguration"]["provisionVMAgent"] = agent
    machine = only(hotpatch, template(body, parameters={"x": {"type": "string"}}))
    (reason,) = [each for each in machine["reasons"] if each["level"] == "error"]
    assert (machine["verdict"], reason["code"]) == ("unknown", code)
    assert "[parameters('x')]" in reason["message"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["HP201", "HP202"]),
        ({"patchSettings": PATCH}, []),
        ({"patchSettings": {"patchMode": "AutomaticByPlatform"}}, ["HP201"]),
        (
            {"enableAutomaticUpdates": False, "patchSettings": {"enableHotpatching": True}},
            ["HP202"],
        ),
        ({"provisionVMAgent": False, "patchSettings": PATCH}, ["HP203"]),
    ],
    ids=["nothing", "no-agent-key", "mode-alone", "manual", "agent-off"],
)
def test_what_a_template_leaves_out_has_the_default_of_the_service(
    hotpatch: Hotpatch, settings: Any, expected: list[str]
) -> None:
    """A setting that is left out is what Azure makes of it: agent on, AutomaticByOS, no
    hotpatching.
    """
    body = vm()
    body["properties"]["osProfile"]["windowsConfiguration"] = settings
    assert codes(only(hotpatch, template(body))) == expected


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (
            {"id": "[resourceId('Microsoft.Compute/galleries/images', 'gallery', 'golden')]"},
            "HP102",
        ),
        ({"id": "[parameters('open')]"}, "HP102"),
        ({"id": "[if(empty(parameters('open')), null(), parameters('open'))]"}, "HP401"),
        ("[parameters('open')]", "HP401"),
        ("[if(parameters('open'), variables('a'), variables('b'))]", "HP401"),
        (CORE | {"publisher": "Contoso", "sku": "[parameters('open')]"}, "HP101"),
        (CORE | {"version": "[parameters('open')]"}, None),
    ],
    ids=["resource-id", "open-id", "id-or-null", "all", "condition", "wrong-publisher", "version"],
)
def test_an_image_that_is_partly_open(hotpatch: Hotpatch, image: Any, code: str | None) -> None:
    """An id is of a custom image, a wrong publisher is wrong, and any version will do."""
    machine = only(hotpatch, template(vm(image=image), parameters={"open": {"type": "string"}}))
    assert [each for each in codes(machine) if each.startswith(("HP1", "HP4"))] == (
        [code] if code else []
    )


def test_a_parameters_file_on_the_command_line_gives_the_values(hotpatch: Hotpatch) -> None:
    """A parameters file that is named goes with the template, before its defaults."""
    parameters = {"sku": {"type": "string", "defaultValue": "2019-datacenter"}}
    given = {"$schema": PARAMETERS, "parameters": {"SKU": {"value": CORE["sku"]}}}
    hotpatch.write("prod.json", json.dumps(given))
    done = check(
        hotpatch, template(vm(image=sku("[parameters('sku')]")), parameters=parameters), "prod.json"
    )
    assert [each["verdict"] for each in done.json["machines"]] == ["ready"]


def test_a_parameters_file_beside_the_template_is_found(hotpatch: Hotpatch) -> None:
    """main.parameters.json beside main.json is read with it."""
    given = {"$schema": PARAMETERS, "parameters": {"sku": {"value": CORE["sku"]}}}
    hotpatch.write("main.parameters.json", json.dumps(given))
    tree = template(vm(image=sku("[parameters('sku')]")), parameters={"sku": {"type": "string"}})
    assert only(hotpatch, tree)["verdict"] == "ready"


def test_a_parameter_from_a_key_vault_stays_open(hotpatch: Hotpatch) -> None:
    """A reference to a key vault is no value, and a secret parameter of a file is not read."""
    vault = {"reference": {"keyVault": {"id": PLANTED}, "secretName": PLANTED}}
    given = {"$schema": PARAMETERS, "parameters": {"sku": vault, "password": {"value": PLANTED}}}
    hotpatch.write("main.parameters.json", json.dumps(given))
    for name in ("sku", "password"):
        tree = template(
            vm(image=sku(f"[parameters('{name}')]")), parameters={"sku": {"type": "string"}}
        )
        assert only(hotpatch, tree)["verdict"] == "unknown"


def test_copy_loops_make_that_many_machines(hotpatch: Hotpatch) -> None:
    """A resource with copy gives one machine for each index, in the names that copyIndex makes."""
    body = vm(
        "[concat('web', copyIndex(1))]", copy={"name": "loop", "count": "[parameters('count')]"}
    )
    tree = template(body, parameters={"count": {"type": "int", "defaultValue": 3}})
    assert [each["name"] for each in check(hotpatch, tree).json["machines"]] == [
        "web1",
        "web2",
        "web3",
    ]


def test_loops_may_choose_by_their_index(hotpatch: Hotpatch) -> None:
    """copyIndex selects from a list of images, and names its loop where it wants to."""
    body = vm(
        image=sku("[variables('skus')[copyIndex('loop')]]"), copy={"name": "loop", "count": 2}
    )
    machines = check(
        hotpatch, template(body, variables={"skus": [CORE["sku"], "2019-Datacenter"]})
    ).json["machines"]
    assert [each["verdict"] for each in machines] == ["ready", "unsupported"]


def test_loops_in_variables_are_resolved(hotpatch: Hotpatch) -> None:
    """A variable may be made by a copy loop."""
    loop = {"name": "names", "count": 2, "input": "[format('vm{0:D2}', copyIndex('names'))]"}
    tree = template(vm("[variables('names')[1]]"), variables={"copy": [loop]})
    assert only(hotpatch, tree)["name"] == "vm01"


def test_names_that_stay_open_keep_machines_apart(hotpatch: Hotpatch) -> None:
    """Two machines whose names are the same expression are two machines."""
    tree = template(
        vm("[parameters('n')]"), vm("[parameters('n')]"), parameters={"n": {"type": "string"}}
    )
    names = [each["name"] for each in check(hotpatch, tree).json["machines"]]
    assert names == ["[parameters('n')]", "[parameters('n')] (2)"]


def nested(inner: dict[str, Any], scope: str | None, parameters: Any = None) -> dict[str, Any]:
    """A nested deployment."""
    properties: dict[str, Any] = {
        "mode": "Incremental",
        "template": inner,
        "parameters": parameters or {},
    }
    if scope:
        properties["expressionEvaluationOptions"] = {"scope": scope}
    return {"type": "Microsoft.Resources/deployments", "name": "module", "properties": properties}


@pytest.mark.parametrize(
    ("scope", "verdict"), [("inner", "unsupported"), ("outer", "ready"), (None, "ready")]
)
def test_nested_deployments_have_the_scope_that_they_say(
    hotpatch: Hotpatch, scope: str | None, verdict: str
) -> None:
    """Inner scope takes the nested parameters, outer scope, the default, those of the template
    around it.
    """
    declared = {"sku": {"type": "string", "defaultValue": "unused"}}
    inner = template(vm(image=sku("[parameters('sku')]")), parameters=declared)
    deployment = nested(inner, scope, {"sku": {"value": "[concat('2019', '-Datacenter')]"}})
    tree = template(deployment, parameters={"sku": {"type": "string", "defaultValue": CORE["sku"]}})
    machine = only(hotpatch, tree)
    assert (machine["name"], machine["verdict"]) == ("module/web", verdict)


def test_symbolic_names_of_compiled_bicep_are_read(hotpatch: Hotpatch) -> None:
    """resources may be a mapping from symbolic names; what exists already is not deployed."""
    tree = template(languageVersion="2.0")
    tree["resources"] = {"a": vm(), "b": vm("old", existing=True)}
    assert only(hotpatch, tree)["name"] == "web"


def test_a_template_whose_machines_are_all_off_says_so(hotpatch: Hotpatch) -> None:
    """A machine whose condition is false by default is there, and the parameters are missing."""
    done = hotpatch.check(
        json.dumps(template(vm("off", condition="[equals(1, 2)]"))), name="main.json"
    )
    assert done.code == 2
    assert "its condition is false" in done.err
    assert "parameters file" in done.err


def test_a_resource_whose_condition_is_false_is_not_deployed(hotpatch: Hotpatch) -> None:
    """A condition that resolves to false takes the resource out; one that stays open
    leaves it in.
    """
    off, either = (
        vm("off", condition="[equals(1, 2)]"),
        vm("either", condition="[reference('x').y]"),
    )
    assert only(hotpatch, template(off, either))["name"] == "either"


@pytest.mark.parametrize(
    ("mode", "expected", "note"),
    [
        ("Flexible", [], ""),
        ("Uniform", ["HP106"], ""),
        (None, ["HP106"], ""),
        ("[parameters('m')]", [], "orchestration mode"),
    ],
    ids=["flexible", "uniform", "left-out", "open"],
)
def test_scale_sets_are_judged_by_their_profile(
    hotpatch: Hotpatch, mode: str | None, expected: list[str], note: str
) -> None:
    """A scale set is judged by its profile and its orchestration; an open mode is
    told to the user.
    """
    health = {"extensions": [{"name": "h", "properties": {"type": "ApplicationHealthWindows"}}]}
    profile = {**vm()["properties"], "extensionProfile": health}
    properties = {"orchestrationMode": mode, "virtualMachineProfile": profile}
    body = vm(type="Microsoft.Compute/virtualMachineScaleSets", properties=properties)
    done = check(hotpatch, template(body, parameters={"m": {"type": "string"}}))
    assert codes(done.json["machines"][0]) == expected
    assert note in done.err


def test_linux_is_skipped(hotpatch: Hotpatch) -> None:
    """A VM of a Linux publisher is skipped, and one with nothing but a Linux configuration."""
    body = vm("l", image={"id": "/subscriptions/0/images/golden"})
    body["properties"]["osProfile"] = {
        "linuxConfiguration": {"disablePasswordAuthentication": True}
    }
    other = vm("u", image=CORE | {"publisher": "Canonical"})
    assert check(hotpatch, template(vm(), body, other)).json["summary"]["skipped"] == 2


def test_an_image_builder_template_makes_a_custom_image(hotpatch: Hotpatch) -> None:
    """What Azure Image Builder makes is a custom image, and the message names the base."""
    source = {"type": "PlatformImage", **CORE}
    body = {
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "name": "golden",
        "properties": {"source": source},
    }
    machine = only(hotpatch, template(body))
    assert codes(machine) == ["HP102"]
    assert CORE["sku"] in machine["reasons"][0]["message"]


def test_a_reason_points_at_the_line_of_the_template(hotpatch: Hotpatch) -> None:
    """The location of a reason is the line of the setting."""
    tree = template(vm(patch=PATCH | {"patchMode": "Manual"}))
    text = json.dumps(tree, indent=1).splitlines()
    line = next(number for number, each in enumerate(text, 1) if '"patchMode"' in each)
    assert only(hotpatch, tree)["reasons"][0]["location"]["line"] == line


def doubling(depth: int) -> dict[str, Any]:
    """Variables each of which holds the next one twice: together 2 to the power of their number."""
    last = f"v{depth}"
    pairs = {
        f"v{at}": f"[createArray(variables('v{at + 1}'), variables('v{at + 1}'))]"
        for at in range(depth)
    }
    return template(vm(image="[variables('v0')]"), variables={**pairs, last: "x"})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (template(), "Resources found: none"),
        (
            template({"type": "Microsoft.Storage/storageAccounts", "name": "s"}),
            "microsoft.storage/storageaccounts",
        ),
        (template(vm(copy={"name": "x", "count": 100000})), "Azure allows 800"),
        (template(nested({"resources": []}, None)), "Resources found: none"),
        (doubling(60), "more than 2000000 steps"),
        (
            template(
                nested(template(vm(copy={"name": "i", "count": 800})), None)
                | {"copy": {"name": "o", "count": 800}}
            ),
            "more than 20000 resources",
        ),
    ],
    ids=["empty", "no-machine", "huge-loop", "nothing-nested", "doubling", "loops-in-loops"],
)
def test_what_cannot_be_read_is_named(hotpatch: Hotpatch, tree: Any, said: str) -> None:
    """A template without a machine, or one that asks for endless work, is refused
    with exit code 2.
    """
    done = check(hotpatch, tree)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["p1.json"], "its template is missing"),
        (["main.json", "p1.json", "p2.json"], "only one parameters file"),
    ],
    ids=["alone", "two"],
)
def test_parameters_files_that_fit_nothing_are_named(
    hotpatch: Hotpatch, names: list[str], said: str
) -> None:
    """Parameters need one template, and a template takes one parameters file."""
    hotpatch.write("main.json", json.dumps(template(vm())))
    for name in ("p1.json", "p2.json"):
        hotpatch.write(name, json.dumps({"$schema": PARAMETERS, "parameters": {}}))
    done = hotpatch("check", *names)
    assert done.code == 2
    assert said in done.err


# --- Bicep ----------------------------------------

COMPILER = """#!{python}
import sys
if "--no-restore" not in sys.argv:
    sys.exit("a compiler that downloads")
if "remote" in sys.argv[2]:
    sys.stderr.write("/home/x/remote.bicep(1,11) : Error BCP190: The module with reference ")
    sys.stderr.write("\\"br:example.azurecr.io/vm:v1\\" has not been restored.\\n")
    sys.exit(1)
if "bad" in sys.argv[2]:
    sys.stderr.write("/home/x/bad.bicep(3,5) : Error BCP018: Expected the \\"=\\" character.\\n")
    sys.exit(1)
print(open(sys.argv[2].replace(".bicep", ".compiled")).read())
"""


@pytest.fixture
def compiler(hotpatch: Hotpatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The program with a folder on the PATH that holds nothing but a compiler of our own."""
    tools = tmp_path / "tools"
    tools.mkdir()
    tool = tools / "bicep"
    tool.write_text(COMPILER.format(python=sys.executable))
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    return hotpatch


@pytest.mark.skipif(
    os.name == "nt", reason="the compiler of this test is a script with a first line of Unix"
)
def test_a_bicep_file_is_compiled_where_a_compiler_is(compiler: Hotpatch) -> None:
    """A .bicep file goes through bicep, and reasons point at the .bicep file."""
    compiler.write("main.compiled", json.dumps(template(vm(patch=PATCH | {"patchMode": "Manual"}))))
    compiler.write("main.bicep", "resource vm 'x' = {}")
    done = compiler("check", "main.bicep", "-f", "json", "--as-of", "2025-12-15")
    location = done.machines["web"]["reasons"][0]["location"]
    assert location == {"file": "main.bicep", "line": 1, "column": 1}


@pytest.mark.skipif(
    os.name == "nt", reason="the compiler of this test is a script with a first line of Unix"
)
def test_a_bicep_file_that_does_not_compile_is_named(compiler: Hotpatch) -> None:
    """What the compiler says is shown, and the exit code is 2."""
    compiler.write("bad.bicep", "resource vm")
    done = compiler("check", "bad.bicep")
    assert done.code == 2
    assert "Error BCP018" in done.err


@pytest.mark.skipif(
    os.name == "nt", reason="the compiler of this test is a script with a first line of Unix"
)
def test_a_module_of_a_registry_is_not_downloaded(compiler: Hotpatch) -> None:
    """A module that the compiler has not in its cache is refused with the command that gets it."""
    compiler.write("remote.bicep", "module vm 'br:example.azurecr.io/vm:v1' = {}")
    done = compiler("check", "remote.bicep")
    assert done.code == 2
    assert "BCP190" in done.err
    assert "hotpatch downloads none" in done.err
    assert "`bicep restore remote.bicep`" in done.err


def test_without_a_compiler_the_message_says_how(
    hotpatch: Hotpatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where neither bicep nor az is there, the message says what to install or to run."""
    monkeypatch.setenv("PATH", str(hotpatch.folder))
    done = hotpatch.check("resource vm", name="main.bicep")
    assert done.code == 2
    assert "bicep build" in done.err


def test_a_bicepparam_file_is_refused_with_the_way(hotpatch: Hotpatch) -> None:
    """A .bicepparam file is not read; the message names the command that makes JSON of it."""
    done = hotpatch.check("using './main.bicep'", name="main.bicepparam")
    assert done.code == 2
    assert "bicep build-params" in done.err
