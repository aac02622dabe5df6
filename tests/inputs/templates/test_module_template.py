"""Templates as Bicep 0.30 and later compiles modules: symbolic names, user-defined types and
functions, nullable parameters, safe dereference, spread, and lambdas.
"""

import json
from typing import Any

import pytest

SCHEMA = (
    "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"  # no network
)
PARAMETERS = SCHEMA.replace("deploymentTemplate", "deploymentParameters")


def _user_function(output: str, *parameters: str) -> dict[str, Any]:
    declared = [{"type": "string", "name": name} for name in parameters]
    return {"parameters": declared, "output": {"type": "object", "value": output}}


MODULE: dict[str, Any] = {
    "$schema": SCHEMA,
    "languageVersion": "2.0",
    "contentVersion": "1.0.0.0",
    "definitions": {
        "lockType": {"type": "object", "nullable": True},
        "patchType": {"type": "object", "properties": {"mode": {"type": "string"}}},
        "optionalPatchType": {"$ref": "#/definitions/patchType", "nullable": True},
        "passwordType": {"type": "securestring"},
    },
    "functions": [
        {
            "namespace": "__bicep",
            "members": {
                "settings": _user_function(
                    "[createObject('patchMode', parameters('mode'), 'enableHotpatching', "
                    "__bicep.truth(parameters('hot')))]",
                    "mode",
                    "hot",
                ),
                "truth": _user_function("[bool(parameters('text'))]", "text"),
            },
        }
    ],
    "parameters": {
        "name": {"type": "string"},
        "adminPassword": {"$ref": "#/definitions/passwordType"},
        "lock": {"$ref": "#/definitions/lockType"},
        "image": {"type": "object"},
        "osType": {"type": "string", "allowedValues": ["Windows", "Linux"]},
        "patch": {"$ref": "#/definitions/optionalPatchType"},
        "disks": {"type": "array", "defaultValue": [{"lun": 1}, {"lun": 2}]},
        "bypass": {"type": "bool", "nullable": True},
        "isHotpatched": {"type": "bool", "defaultValue": True},
    },
    "variables": {
        "copy": [
            {
                "name": "numbered",
                "count": "[length(parameters('disks'))]",
                "input": "[parameters('disks')[copyIndex('numbered')].lun]",
            }
        ],
        "mode": "[coalesce(tryGet(parameters('patch'), 'mode'), 'AutomaticByPlatform')]",
        "patchSettings": "[shallowMerge(createArray(__bicep.settings(variables('mode'), "
        "string(parameters('isHotpatched'))), if(equals(parameters('bypass'), null()), "
        "createObject(), createObject('automaticByPlatformSettings', "
        "createObject('bypassPlatformSafetyChecksOnUserSchedule', parameters('bypass'))))))]",
        "windowsConfiguration": {
            "provisionVMAgent": True,
            "patchSettings": "[variables('patchSettings')]",
            "additionalUnattendContent": "[map(createArray('a'), lambda('x', createObject("
            "'content', lambdaVariables('x'))))]",
        },
    },
    "resources": {
        "vm": {
            "type": "Microsoft.Compute/virtualMachines",
            "apiVersion": "2024-07-01",
            "name": "[parameters('name')]",
            "location": "[resourceGroup().location]",
            "properties": {
                "storageProfile": {"imageReference": "[parameters('image')]"},
                "osProfile": "[shallowMerge(createArray(createObject('computerName', "
                "parameters('name'), 'adminPassword', parameters('adminPassword'), "
                "'windowsConfiguration', if(equals(parameters('osType'), 'Windows'), "
                "variables('windowsConfiguration'), null()))))]",
            },
        },
        "lock": {
            "condition": "[not(empty(coalesce(parameters('lock'), createObject())))]",
            "type": "Microsoft.Authorization/locks",
            "apiVersion": "2020-05-01",
            "scope": "[format('Microsoft.Compute/virtualMachines/{0}', parameters('name'))]",
            "name": "[coalesce(tryGet(parameters('lock'), 'name'), 'lock')]",
        },
    },
}


def _image(sku: str) -> dict[str, Any]:
    return {
        "publisher": "MicrosoftWindowsServer",
        "offer": "WindowsServer",
        "sku": sku,
        "version": "latest",
    }


def _wrapped(**parameters: Any) -> str:
    """A template that uses the module, as Bicep compiles it."""
    given = {"name": "web", "osType": "Windows", **parameters}
    module = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "[format('{0}-vm', uniqueString(deployment().name))]",
        "properties": {
            "expressionEvaluationOptions": {"scope": "inner"},
            "mode": "Incremental",
            "parameters": {
                "adminPassword": {"value": "[parameters('password')]"},
                **{name: {"value": value} for name, value in given.items()},
            },
            "template": MODULE,
        },
    }
    return json.dumps(
        {
            "$schema": SCHEMA,
            "languageVersion": "2.0",
            "contentVersion": "1.0.0.0",
            "parameters": {
                "password": {"type": "securestring"},
                "sku": {"type": "string", "defaultValue": "2022-datacenter-azure-edition-core"},
            },
            "resources": {"webServer": module},
        }
    )


OLD, NEW = "2022-datacenter-azure-edition-core", "2025-datacenter-azure-edition"
VARIANTS: dict[str, tuple[dict[str, Any], str, set[str]]] = {
    "Core with defaults": ({"image": _image(OLD)}, "ready", set()),
    "2025": ({"image": _image(NEW)}, "ready", set()),
    "hotpatching off": (
        {"image": _image(NEW), "isHotpatched": False},
        "action-required",
        {"HP201"},
    ),
    "AutomaticByOS": (
        {"image": _image(OLD), "patch": {"mode": "AutomaticByOS"}},
        "action-required",
        {"HP202"},
    ),
    "bypass": ({"image": _image(OLD), "bypass": True}, "action-required", {"HP204"}),
    "an image from the template around it": (
        {"image": {**_image(""), "sku": "[parameters('sku')]"}},
        "ready",
        set(),
    ),
}


@pytest.mark.parametrize(("given", "verdict", "codes"), VARIANTS.values(), ids=VARIANTS)
def test_a_module_gives_a_verdict(
    hotpatch: Any, given: dict[str, Any], verdict: str, codes: set[str]
) -> None:
    """What the parameters say of a module's machine is known, secrets and open names aside."""
    done = hotpatch.check(_wrapped(**given), name="main.json")
    (machine,) = done.json["machines"]
    found = {reason["code"] for reason in machine["reasons"]}
    assert (machine["verdict"], codes - found) == (verdict, set())
    assert not found & {"HP401", "HP404", "HP405", "HP406"}
    assert machine["name"] == "webServer/web"


def test_a_missing_parameter_names_the_parameters_file(hotpatch: Any) -> None:
    """A parameter without a value leaves its facts unknown, and says where a value belongs."""
    hotpatch.write("main.json", json.dumps(MODULE))
    done = hotpatch("check", "main.json", "--as-of", "2025-12-15", "-f", "json")
    (machine,) = done.json["machines"]
    assert (machine["name"], machine["verdict"]) == ("vm", "unknown")
    given = {"image": _image(OLD), "name": "web", "osType": "Windows"}
    values = {name: {"value": value} for name, value in given.items()}
    hotpatch.write(
        "main.parameters.json", json.dumps({"$schema": PARAMETERS, "parameters": values})
    )
    done = hotpatch("check", "main.json", "--as-of", "2025-12-15", "-f", "json")
    (machine,) = done.json["machines"]
    assert (machine["name"], machine["verdict"]) == ("web", "ready")


def test_a_machine_that_is_off_by_default_is_told(hotpatch: Any) -> None:
    """A condition that is false by default is no reason to say nothing of its machine."""
    resources = MODULE["resources"]
    off = {**resources["vm"], "name": "spare", "condition": "[parameters('isSpare')]"}
    template = {
        **MODULE,
        "parameters": {
            **MODULE["parameters"],
            "image": {"type": "object", "defaultValue": _image(OLD)},
            "osType": {"type": "string", "defaultValue": "Windows"},
            "isSpare": {"type": "bool", "defaultValue": False},
        },
        "resources": {"vm": resources["vm"], "spare": off},
    }
    done = hotpatch.check(json.dumps(template), name="main.json")
    assert list(done.machines) == ["vm"]
    assert "main.json: ignored 1 virtual machine or image, because of a condition" in done.err


COMMENTED = """// The machine of the shop
{ // its schema
  "$schema": "%s",
  /* several
     lines */
  "contentVersion": "1.0.0.0",
  "resources": [{
    "type": "Microsoft.Compute/virtualMachines", "name": "shop", // "name": "old",
    "properties": {
      "storageProfile": {"imageReference": {"publisher": "MicrosoftWindowsServer",
        "offer": "WindowsServer", "sku": "2022-datacenter-azure-edition-core"}},
      "osProfile": {"windowsConfiguration": {"provisionVMAgent": true, "patchSettings":
        "[createObject(
            'patchMode', 'AutomaticByPlatform',
            'enableHotpatching', true())]"}}
    }
  }]
}
"""


def test_comments_and_strings_of_several_lines(hotpatch: Any) -> None:
    """Both are part of the language of templates, and lines are still counted."""
    done = hotpatch.check(COMMENTED % SCHEMA, name="main.json")
    assert done.machines["shop"]["verdict"] == "ready"
    broken = (COMMENTED % SCHEMA).replace('"shop",', '"shop"')
    assert "main.json:9:5: " in hotpatch.check(broken, name="main.json").err


def test_other_json_has_no_comments(hotpatch: Any) -> None:
    """What is no template is read strictly."""
    done = hotpatch.check('{ // x\n"machines": []}', name="fleet.json")
    assert (done.code, done.out) == (2, "")
    assert "fleet.json:1:3: Invalid JSON" in done.err


def test_a_module_of_a_scale_set(hotpatch: Any) -> None:
    """The profile of a scale set can be one expression, in which the secret alone stays open."""
    resources = dict(MODULE["resources"])
    del resources["vm"]
    extension = "createObject('properties', createObject('type', 'ApplicationHealthWindows'))"
    resources["set"] = {
        "type": "Microsoft.Compute/virtualMachineScaleSets",
        "apiVersion": "2023-09-01",
        "name": "[parameters('name')]",
        "properties": {
            "orchestrationMode": "Flexible",
            "virtualMachineProfile": "[shallowMerge(createArray(createObject('storageProfile', "
            "createObject('imageReference', parameters('image'))), createObject('osProfile', "
            "createObject('adminPassword', parameters('adminPassword'), 'windowsConfiguration', "
            "variables('windowsConfiguration'))), createObject('extensionProfile', "
            f"createObject('extensions', createArray({extension})))))]",
        },
    }
    given = {"name": "set1", "image": _image(OLD), "osType": "Windows"}
    values = {name: {"value": value} for name, value in given.items()}
    hotpatch.write("set.json", json.dumps({**MODULE, "resources": resources}))
    hotpatch.write("set.parameters.json", json.dumps({"$schema": PARAMETERS, "parameters": values}))
    done = hotpatch("check", "set.json", "--as-of", "2025-12-15", "-f", "json")
    assert done.machines["set1"]["verdict"] == "ready"
