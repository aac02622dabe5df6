"""The resources of a template of Azure Resource Manager, in all deployments nested in it."""

from collections.abc import Iterator
from typing import Any

GROUP = "/subscriptions/00000000-0000-0000-0000-00000000abcd/resourceGroups/windows"
"""The resource group to which a test deploys."""


def deployed(template: Any, scope: str = GROUP) -> Iterator[tuple[str, Any]]:
    """Each resource with the id of what it is deployed to, and with the values of expressions.

    Only the two expressions that we write are known: any other fails.
    """
    values = {"[parameters('location')]": location(template)}
    for resource in template["resources"]:
        if resource["type"] == "Microsoft.Resources/deployments":
            inner = resource["properties"]["template"]
            at = f"/subscriptions/{resource['subscriptionId']}"
            if "resourceGroup" in resource:
                at += f"/resourceGroups/{resource['resourceGroup']}"
            values_inside = {**inner, "parameters": template.get("parameters")}
            yield from deployed(values_inside, at)
        else:
            at = f"{scope}/providers/{resource['scope']}" if "scope" in resource else scope
            yield at, _evaluated(resource, values)


def location(template: Any) -> str:
    """The default of the parameter `location`."""
    parameters = template.get("parameters") or {}
    return parameters.get("location", {}).get("defaultValue", "nowhere")


def _evaluated(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _evaluated(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [_evaluated(inner, values) for inner in value]
    if not isinstance(value, str) or not value.endswith("]"):
        return value  # an expression is in brackets; two at the beginning are a text
    if not value.startswith("[") or value.startswith("[["):
        return value
    if value.startswith("[resourceId("):
        kind, name = value.removeprefix("[resourceId('").removesuffix("')]").split("', '")
        return f"{GROUP}/providers/{kind}/{name}"
    return values[value]
