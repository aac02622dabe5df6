"""Azure's errors in terms of the fix. Their own texts are left out: they could contain any name."""

import json
import re

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from hotpatch_cli.errors import InputError, refuse
from hotpatch_cli.inputs.live.scope import AzureScope

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,79}")
_READER = (
    "Request the Reader role on the subscriptions or their management group. "
    "It includes Microsoft.ResourceGraph/resources/read and */read."
)
_SIGN_IN = {
    "public": "Run `az login`, or set AZURE_CLIENT_ID, AZURE_TENANT_ID, and a secret or "
    "certificate of an application.",
    "usgovernment": "Run `az cloud set --name AzureUSGovernment`, then `az login`.",
    "china": "Run `az cloud set --name AzureChinaCloud`, then `az login`.",
}
_SAID = {
    401: ("Azure rejected the sign-in", ""),
    403: ("This account doesn't have permission to query Azure", _READER),
    404: (
        "Azure can't find the requested scope",
        "Check the management group with `az account management-group list`.",
    ),
    429: (
        "Azure is throttling requests",
        "Try again later, or specify fewer subscriptions.",
    ),
}
_UNCLEAR = "Check the values of --subscription and --management-group."
_LATER = "Try again later. For outages, see https://azure.status.microsoft."
_UNAUTHORIZED = 401
_SIGN_IN_CODE = re.compile(r"AADSTS[0-9]{4,8}")
"""What Entra ID calls its refusals; the text behind it names tenants and applications."""
_CLIENT_ERRORS = range(400, 500)


def told(error: AzureError, scope: AzureScope, about: str) -> InputError:
    """An error of the client with its fix; of the request and response it has only codes."""
    if isinstance(error, DecodeError):
        return not_json(scope, about)
    if isinstance(error, ClientAuthenticationError) and error.status_code != _UNAUTHORIZED:
        codes = ", ".join(dict.fromkeys(_SIGN_IN_CODE.findall(str(error.message))))
        return refuse(
            scope.name,
            f"You aren't signed in to Azure{f' ({codes})' if codes else ''}.",
            _SIGN_IN[scope.cloud],
        )
    if isinstance(error, HttpResponseError) and error.status_code:
        return _answered(error, error.status_code, scope, about)
    if isinstance(error, ServiceRequestError):
        return refuse(
            scope.name,
            "Azure is unreachable.",
            "Check the network, the proxy settings, and --cloud.",
        )
    if isinstance(error, ServiceResponseError):
        return refuse(
            scope.name, f"The request for {about} timed out or the connection was lost.", _LATER
        )
    return refuse(
        scope.name, f"The response for {about} can't be read ({type(error).__name__}).", _LATER
    )


def not_json(scope: AzureScope, about: str) -> InputError:
    """An answer that isn't JSON, as proxies and sign-in pages send."""
    said = f"The response for {about} isn't JSON and can't be read. It didn't come from Azure."
    return refuse(scope.name, said, "Check for a proxy or a sign-in page between you and Azure.")


def _answered(error: HttpResponseError, status: int, scope: AzureScope, about: str) -> InputError:
    said, remedy = _SAID.get(status, (f"Azure rejected the request for {about}", _UNCLEAR))
    if status not in _CLIENT_ERRORS:
        said, remedy = f"Azure failed to process the request for {about}", _LATER
    codes = ", ".join([str(status), *_codes(error)])
    return refuse(scope.name, f"{said} ({codes}).", remedy or _SIGN_IN[scope.cloud])


def _codes(error: HttpResponseError) -> list[str]:
    """The codes of an error and of its details."""
    try:
        body = json.loads(getattr(error, "body", b"") or b"null")
    except (ValueError, RecursionError):
        return []
    root = body.get("error") if isinstance(body, dict) else None
    details = root.get("details") if isinstance(root, dict) else None
    listed = [root, *(details if isinstance(details, list) else [])][:5]
    codes = [detail.get("code") for detail in listed if isinstance(detail, dict)]
    return list(
        dict.fromkeys(code for code in codes if isinstance(code, str) and _CODE.fullmatch(code))
    )
