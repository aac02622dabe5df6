"""Microsoft's client of Resource Graph, set up for a cloud: who signs in, how long is waited, how
often is tried.

This module is imported only where the extra `azure` is needed.
"""

import os
import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from azure.core import AzureClouds
from azure.core.credentials import AccessToken
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import RetryPolicy
from azure.identity import AzureAuthorityHosts, DefaultAzureCredential
from azure.mgmt.resourcegraph import ResourceGraphClient

from hotpatch_cli import __version__
from hotpatch_cli.errors import refuse
from hotpatch_cli.inputs.live.scope import AzureScope

ENDPOINT = "HOTPATCH_AZURE_ENDPOINT"
"""The variable with the address of a test endpoint on this machine; no user's sign-in is ever sent
there.
"""

_HOSTS = ("127.0.0.1", "::1", "localhost")
_CLOUDS = {
    "public": (AzureClouds.AZURE_PUBLIC_CLOUD, AzureAuthorityHosts.AZURE_PUBLIC_CLOUD),
    "usgovernment": (AzureClouds.AZURE_US_GOVERNMENT, AzureAuthorityHosts.AZURE_GOVERNMENT),
    "china": (AzureClouds.AZURE_CHINA_CLOUD, AzureAuthorityHosts.AZURE_CHINA),
}
_THROTTLED = 429
_SPAN = re.compile(r"(?:(\d{1,3})\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)")


class Pace(NamedTuple):
    """How patient the client is, in seconds: for an answer, between tries (doubled each time), and
    at the longest.
    """

    tries: int = 6
    answer: float = 120
    between: float = 0.8
    longest: float = 120

    def after(self, headers: Mapping[str, str]) -> None:
        """Wait until the quota is filled up again, where an answer says that this was the last
        query of it.
        """
        if headers.get("x-ms-user-quota-remaining") == "0":
            time.sleep(min(self.longest, quota_resets_after(headers) or 0))


PACE = Pace()


class Stand(RetryPolicy[Any, Any]):
    """The client's own policy. It also understands the header of Resource Graph's quota, and never
    waits for hours.
    """

    def __init__(self, pace: Pace) -> None:
        super().__init__(
            retry_total=pace.tries,
            retry_connect=pace.tries,
            retry_read=pace.tries,
            retry_status=pace.tries,
            retry_backoff_factor=pace.between,
            retry_backoff_max=pace.longest,
        )
        self.longest = pace.longest

    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> float | None:
        """Seconds that the service asks to wait; None where it doesn't ask, or the format is
        unknown.
        """
        try:
            asked = super().get_retry_after(response)
        except (ValueError, OverflowError):
            asked = None
        throttled = (
            response.http_response.status_code == _THROTTLED
        )  # other answers bear the header too
        return asked or (quota_resets_after(response.http_response.headers) if throttled else None)

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        """Whether to try again: not where the wait would be too long."""
        return (self.get_retry_after(response) or 0) <= self.longest and super().is_retry(
            settings, response
        )


class _Nobody:
    """The sign-in for a test endpoint on this machine."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """A token that is none."""
        return AccessToken("loopback", int(time.time()) + 3600)


def quota_resets_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the quota is full again, from `hh:mm:ss`; None without such a header."""
    found = _SPAN.fullmatch(headers.get("x-ms-user-quota-resets-after", ""))
    if found is None:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def connect(scope: AzureScope) -> tuple[ResourceGraphClient, Pace, dict[str, Any]]:
    """(client, its pace, options of each call) for a scope's cloud, or for the test endpoint in the
    variable.
    """
    pace = PACE
    common: dict[str, Any] = {
        "retry_policy": Stand(pace),
        "permit_redirects": False,  # a sign-in is sent only there
        "connection_timeout": min(30, pace.answer),
        "read_timeout": pace.answer,
        "user_agent": f"hotpatch/{__version__}",
    }
    options: dict[str, Any] = {
        "retry_on_methods": ["POST"]
    }  # a query changes nothing, so it may be sent again
    if endpoint := os.environ.get(ENDPOINT):
        _require_own(endpoint)
        client = ResourceGraphClient(_Nobody(), base_url=endpoint, use_env_settings=False, **common)
        return client, pace, options | {"enforce_https": False}
    cloud, authority = _CLOUDS[scope.cloud]
    credential = DefaultAzureCredential(authority=authority)
    return ResourceGraphClient(credential, cloud_setting=cloud, **common), pace, options


def _require_own(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        own = parts.scheme == "http" and parts.hostname in _HOSTS
    except ValueError:
        own = False
    if not own:
        said = "The test endpoint must be an address of this machine."
        raise refuse(
            ENDPOINT,
            said,
            "Use the format http://127.0.0.1:PORT. To query another cloud, use --cloud.",
        )
