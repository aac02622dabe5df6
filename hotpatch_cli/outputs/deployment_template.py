"""Templates of Azure Resource Manager, for `az deployment group create` and the portal.

Resources of other resource groups and of subscriptions are in nested deployments, whose expressions
are evaluated in the template around them.
https://learn.microsoft.com/azure/azure-resource-manager/templates/deploy-to-resource-group
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.errors import refuse

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SUBSCRIPTION_SCHEMA = (
    "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
)
DEPLOYMENTS = "Microsoft.Resources/deployments"
_DEPLOYMENTS_VERSION = "2022-09-01"
_VERSION = "1.0.0.0"
MOST_RESOURCES = 800
"""Azure's limit for a template.
https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices"""
LARGEST_TEMPLATE = 4 * 1024 * 1024
"""Azure's limit in bytes, from the same page."""
_NAME_LENGTH = 64  # of a deployment
LOCATION = "[parameters('location')]"


class Scope(NamedTuple):
    """Where resources are deployed: a resource group, or a subscription, which needs a region."""

    subscription: str
    group: str | None
    region: str | None = None


def literal(text: str, *, depth: int = 1) -> str:
    """Text that Azure doesn't read as an expression: each template around it removes a bracket."""
    return "[" * depth + text if text.startswith("[") and text.endswith("]") else text


def resource_id(kind: str, name: str) -> str:
    """The expression for the id of a resource in the resource group of the deployment."""
    quoted = name.replace("'", "''")
    return f"[resourceId('{kind}', '{quoted}')]"


def deployment_id(scope: Scope, name: str) -> str:
    """The id of a nested deployment to a resource group."""
    group = f"/subscriptions/{scope.subscription}/resourceGroups/{scope.group}"
    return f"{group}/providers/{DEPLOYMENTS}/{name}"


def template(
    resources: Sequence[Mapping[str, Any]],
    parameters: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    schema: str = SCHEMA,
) -> dict[str, Any]:
    """A template with its resources."""
    return {
        "$schema": schema,
        "contentVersion": _VERSION,
        **({"metadata": metadata} if metadata else {}),
        **({"parameters": parameters} if parameters else {}),
        "resources": list(resources),
    }


def location_parameter(region: str | None) -> dict[str, Any]:
    """The parameter `location`; without a region, the deployment asks for it."""
    described = {"description": "Region of the maintenance configurations"}
    default = {} if region is None else {"defaultValue": region}
    return {"location": {"type": "string", **default, "metadata": described}}


def nested(
    scope: Scope,
    resources: Sequence[Mapping[str, Any]],
    depends_on: Iterable[str] = (),
) -> list[dict[str, Any]]:
    """Deployments of resources to another scope, as many as Azure's limit requires."""
    return [
        _nested(scope, resources[first : first + MOST_RESOURCES], depends_on)
        for first in range(0, len(resources), MOST_RESOURCES)
    ]


def _nested(
    scope: Scope, resources: Sequence[Mapping[str, Any]], depends_on: Iterable[str]
) -> dict[str, Any]:
    needed = list(depends_on)
    inner = template(resources, schema=SUBSCRIPTION_SCHEMA if scope.group is None else SCHEMA)
    return {
        "type": DEPLOYMENTS,
        "apiVersion": _DEPLOYMENTS_VERSION,
        "name": _deployment_name(scope, resources),
        "subscriptionId": scope.subscription,
        **({"resourceGroup": scope.group} if scope.group is not None else {}),
        **({"location": scope.region or LOCATION} if scope.group is None else {}),
        **({"dependsOn": needed} if needed else {}),
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "outer"},
            "template": inner,
        },
    }


def _deployment_name(scope: Scope, resources: Sequence[Mapping[str, Any]]) -> str:
    """A name that deployments of other resources to the same scope don't have."""
    names = json.dumps(
        [scope, [(each["type"], each["name"], each.get("scope")) for each in resources]]
    )
    digest = sha256(names.encode()).hexdigest()[:12]
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", scope.group or scope.subscription)
    return f"hotpatch-{readable}"[: _NAME_LENGTH - len(digest) - 1] + f"-{digest}"


def template_json(content: Mapping[str, Any], largest: int = LARGEST_TEMPLATE) -> str:
    """The text of a template, without spaces if it's too large with them. Raises InputError where
    Azure would refuse it.
    """
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    if len(text.encode()) > largest:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
    size, count = len(text.encode()), len(content["resources"])
    if size > largest or count > MOST_RESOURCES:
        raise refuse(
            "the template",
            f"It has {counted(count, 'resource')} and {size:,} bytes. Azure accepts "
            f"{MOST_RESOURCES} resources and {largest:,} bytes.",
            "Write fewer machines at once: a folder with `windows export --output`, or a part of "
            "the fleet.",
        )
    return text
