"""The client over HTTPS, against a server with a certificate that a test made."""

import json
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.exceptions import AzureError
from azure_stand import Azure, running

from hotpatch_cli.inputs.live.client import GraphClient, Pace, SignIn, _Nobody

QUERY = {"query": "Resources", "options": {"$top": 1, "resultFormat": "objectArray"}}
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl isn't installed")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1, signed by itself, with its key."""
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", f"{path}.key", "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture
def azure(certificate: Path) -> Iterator[Azure]:
    """The stand-in for Azure, over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, f"{certificate}.key")
    with running(context) as stand:
        yield stand


def _client(azure: Azure) -> GraphClient:
    return GraphClient(azure.url, SignIn(_Nobody(), "loopback"), Pace(tries=0, answer=10))


def test_a_certificate_that_nobody_vouches_for_is_refused(azure: Azure) -> None:
    """No query and no token are sent to a server that isn't who it says."""
    with _client(azure) as client, pytest.raises(AzureError, match=r"(?i)certificate"):
        client.resources(QUERY)
    assert azure.asked == []


def test_a_bundle_of_the_environment_is_trusted(
    azure: Azure, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Companies whose proxies have certificates of their own name them in a variable."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with _client(azure) as client:
        answer, _ = client.resources(QUERY)
    assert json.dumps(answer)
    assert len(azure.asked) == 1
