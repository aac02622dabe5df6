"""Microsoft's pipeline for Resource Graph, set up for a cloud: who signs in, how long is waited,
how often is tried.

A request goes to the cloud's own address and nowhere else: redirects and links aren't followed.

This module is imported only where the extra `azure` is needed.
"""

import json
import math
import os
import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from azure.core import AzureClouds
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import Pipeline, PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import HTTPPolicy, RetryPolicy, SansIOHTTPPolicy, UserAgentPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from azure.identity import AzureAuthorityHosts, DefaultAzureCredential
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from azure.mgmt.core.tools import get_arm_endpoints

from hotpatch_cli import __version__
from hotpatch_cli.errors import refuse
from hotpatch_cli.inputs.live.answer import BODY, BoundedAnswer
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
_UNAUTHORIZED = 401
_OK = 200
_PATH = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
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
        if asked is not None and not math.isfinite(asked):
            asked = None
        return asked or (quota_resets_after(response.http_response.headers) if throttled else None)

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        """Whether to try again: not where the wait would be too long."""
        return (self.get_retry_after(response) or 0) <= self.longest and super().is_retry(
            settings, response
        )


class SignIn(ARMChallengeAuthenticationPolicy):
    """Microsoft's own policy. It also asks once for a new token where one expired midway."""

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """The answer to a request with a token. Raises AzureError."""
        answer = super().send(request)
        if answer.http_response.status_code != _UNAUTHORIZED:
            return answer
        before = request.http_request.headers.get("Authorization")
        self.authorize_request(request, *self._scopes)
        if request.http_request.headers.get("Authorization") == before:
            return answer  # the same token would be rejected again
        return self.next.send(request)


class _Nobody:
    """The sign-in for a test endpoint on this machine."""

    def __init__(self) -> None:
        self._given = 0

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """A token that is none; each is another one."""
        self._given += 1
        number = f"-{self._given}" if self._given > 1 else ""
        return AccessToken(f"loopback{number}", int(time.time()) + 3600)


class GraphClient:
    """Sends queries to the one address of a cloud. Use it as a context manager."""

    def __init__(self, url: str, sign_in: SignIn, pace: Pace, *, https: bool = True) -> None:
        self._url = url.rstrip("/") + _PATH
        self._https = https
        policies: list[HTTPPolicy[Any, Any] | SansIOHTTPPolicy[Any, Any]] = [
            UserAgentPolicy(base_user_agent=f"hotpatch/{__version__}"),
            Stand(pace),
            sign_in,
            BoundedAnswer(pace.answer),
        ]
        transport = RequestsTransport(
            connection_timeout=min(30, pace.answer),
            read_timeout=pace.answer,
            connection_data_block_size=65_536,
            use_env_settings=https,
        )
        self._pipeline: Pipeline[Any, Any] = Pipeline(transport, policies)

    def __enter__(self) -> Self:
        self._pipeline.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._pipeline.__exit__(*problem)

    def resources(self, query: dict[str, Any]) -> tuple[Any, Mapping[str, str]]:
        """(the answer as JSON, its headers). Raises AzureError, AnswerError, and ValueError."""
        request = HttpRequest("POST", self._url, json=query, headers={"Accept-Encoding": "gzip"})
        done = self._pipeline.run(
            request,
            stream=True,
            retry_on_methods=["POST"],  # a query changes nothing, so it may be sent again
            enforce_https=self._https,
        )
        body: bytes = done.context[BODY]
        response = done.http_response
        if response.status_code != _OK:
            raise RejectedError(response.status_code, body)
        return json.loads(body), response.headers


class RejectedError(HttpResponseError):
    """An answer that is an error of the service, with its body."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(message=str(status))
        self.status_code = status
        self.body = body


def quota_resets_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the quota is full again, from `hh:mm:ss`; None without such a header."""
    found = _SPAN.fullmatch(headers.get("x-ms-user-quota-resets-after", ""))
    if found is None:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def connect(scope: AzureScope) -> tuple[GraphClient, Pace]:
    """(client, its pace) for a scope's cloud, or for the test endpoint in the variable."""
    pace = PACE
    if endpoint := os.environ.get(ENDPOINT):
        _require_own(endpoint)
        nobody = SignIn(_Nobody(), "loopback")
        return GraphClient(endpoint, nobody, pace, https=False), pace
    cloud, authority = _CLOUDS[scope.cloud]
    arm = get_arm_endpoints(cloud)
    credential = DefaultAzureCredential(authority=authority)
    sign_in = SignIn(credential, *arm["credential_scopes"])
    return GraphClient(arm["resource_manager"], sign_in, pace), pace


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
