"""What Azure's errors mean to a person: who must do what. Their own texts are left out: nobody
knows what they name.
"""

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
    "Ask for the role Reader on the subscriptions or their management group; "
    "it holds Microsoft.ResourceGraph/resources/read and */read."
)
_SIGN_IN = {
    "public": "Run `az login`, or set AZURE_CLIENT_ID, AZURE_TENANT_ID and a secret or certificate "
    "of an application.",
    "usgovernment": "Run `az cloud set --name AzureUSGovernment`, then `az login`.",
    "china": "Run `az cloud set --name AzureChinaCloud`, then `az login`.",
}
_SAID = {
    401: ("Azure does not accept the sign-in", ""),
    403: ("This sign-in may not ask Azure", _READER),
    404: (
        "Azure does not know what was asked for",
        "Check the management group with `az account management-group list`.",
    ),
    429: (
        "Azure asks to wait longer than is reasonable",
        "Try again later, or ask for fewer subscriptions at once.",
    ),
}
_UNCLEAR = "Check the names given with --subscription and --management-group."
_LATER = "Try again later; https://azure.status.microsoft tells of troubles."
_UNAUTHORIZED = 401
_SIGN_IN_CODE = re.compile(r"AADSTS[0-9]{4,8}")
"""What Entra ID calls its refusals; the text behind it names tenants and applications."""
_CLIENT_ERRORS = range(400, 500)


def told(error: AzureError, scope: AzureScope, about: str) -> InputError:
    """An error of the client in words that help. Nothing of what was sent or answered stands in it
    but codes.
    """
    if isinstance(error, DecodeError):
        said = f"The answer about {about} is not what Azure answers: it is no JSON."
        return refuse(
            scope.name, said, "Look at proxies in between, and at pages that ask for a sign-in."
        )
    if isinstance(error, ClientAuthenticationError) and error.status_code != _UNAUTHORIZED:
        codes = ", ".join(dict.fromkeys(_SIGN_IN_CODE.findall(str(error.message))))
        return refuse(
            scope.name,
            f"Nobody is signed in to Azure{f' ({codes})' if codes else ''}.",
            _SIGN_IN[scope.cloud],
        )
    if isinstance(error, HttpResponseError) and error.status_code:
        return _answered(error, error.status_code, scope, about)
    if isinstance(error, ServiceRequestError):
        return refuse(
            scope.name, "Azure is out of reach.", "Look at the network, at proxies and at --cloud."
        )
    if isinstance(error, ServiceResponseError):
        return refuse(
            scope.name, f"The connection broke, or no answer about {about} came in time.", _LATER
        )
    return refuse(
        scope.name, f"The answer about {about} is not understood ({type(error).__name__}).", _LATER
    )


def _answered(error: HttpResponseError, status: int, scope: AzureScope, about: str) -> InputError:
    said, remedy = _SAID.get(status, (f"Azure refused the question about {about}", _UNCLEAR))
    if status not in _CLIENT_ERRORS:
        said, remedy = f"Azure has troubles with the question about {about}", _LATER
    codes = ", ".join([str(status), *_codes(error)])
    return refuse(scope.name, f"{said} ({codes}).", remedy or _SIGN_IN[scope.cloud])


def _codes(error: HttpResponseError) -> list[str]:
    """The codes of an error and of its details."""
    try:
        body = json.loads(error.response.text()) if error.response is not None else None
    except (ValueError, RecursionError, AzureError):
        return []
    root = body.get("error") if isinstance(body, dict) else None
    details = root.get("details") if isinstance(root, dict) else None
    listed = [root, *(details if isinstance(details, list) else [])][:5]
    codes = [detail.get("code") for detail in listed if isinstance(detail, dict)]
    return list(
        dict.fromkeys(code for code in codes if isinstance(code, str) and _CODE.fullmatch(code))
    )
