"""Secrets by name and by shape: taken out, and nothing else with them."""

import pytest

from hotpatch_cli.documents.redaction import redacted, redacted_value

PLANTED = "Pl4ntedS3cretValue0123456789abcdef"
SHAPES = {
    "sas": f"https://a.blob.core.windows.net/c/x.vhd?sv=2024-01-01&sig={PLANTED}&se=2026",
    "sas at the front": f"https://a.blob.core.windows.net/c/x.vhd?sig={PLANTED}",
    "storage connection": f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={PLANTED}==;",
    "service bus": f"Endpoint=sb://x.net/;SharedAccessKeyName=r;SharedAccessKey={PLANTED}",
    "sql": f"Server=tcp:db;User ID=me;Password={PLANTED};Encrypt=True",
    "sql, short": f"Server=db;Uid=me;Pwd={PLANTED};",
    "address": f"https://me:{PLANTED}@example.com/page",
    "address, name alone": f"https://{PLANTED}@example.com/page",
    "other scheme": f"ftp://me:{PLANTED}@host/x",
    "bearer": f"Authorization: Bearer {PLANTED}",
    "basic": f"Authorization: Basic {PLANTED}",
    "jwt": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{PLANTED}",
    "github": f"ghp_{PLANTED}",
    "github server": f"ghs_{PLANTED}",
    "github fine-grained": f"github_pat_{PLANTED}",
    "gitlab": f"glpat-{PLANTED}",
    "slack": f"xoxb-123-{PLANTED}",
    "pem": f"-----BEGIN RSA PRIVATE KEY-----\n{PLANTED}\n-----END RSA PRIVATE KEY-----",
    "pem, cut": f"-----BEGIN PRIVATE KEY-----\n{PLANTED}",
    "vault": f"$ANSIBLE_VAULT;1.1;AES256\n{PLANTED}",
    "function key": f"https://f.azurewebsites.net/api/x?code={PLANTED}",
    "token in an address": f"https://example.com/x?access_token={PLANTED}",
    "client secret": f"client_id=1&client_secret={PLANTED}",
}
NAMES = (
    "adminPassword",
    "admin_password",
    "db-password",
    "pwd",
    "clientSecret",
    "ARM_CLIENT_SECRET",
    "AccountKey",
    "storage_account_key",
    "accessKey",
    "api_key",
    "privateKey",
    "sasToken",
    "connectionString",
    "customData",
    "user_data",
    "protectedSettings",
    "Authorization",
    "AZDO_PAT",
    "ansible_become_pass",
    "passphrase",
)
PLAIN = (
    "2025-datacenter-azure-edition-core-smalldisk",
    "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition:latest",
    "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web01",
    "https://learn.microsoft.com/en-us/windows-server/get-started/hotpatch?tabs=azure&view=x",
    "https://example.com/@team/page",
    "team@example.com",
    "KB5068966",
    "AutomaticByPlatform",
    "FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2",
    "basic tier",
    "signature=none of these",
)


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_shapes(text: str) -> None:
    """A value with the shape of a secret loses the secret, and a second time changes nothing."""
    done = redacted(f"before {text}")
    assert PLANTED not in done
    assert done.startswith("before ")
    assert redacted(done) == done


@pytest.mark.parametrize("key", NAMES)
def test_names(key: str) -> None:
    """A key that names a secret keeps nothing of its value."""
    assert redacted_value(key, "hunter2") == "(redacted)"


@pytest.mark.parametrize("text", PLAIN)
def test_plain_values(text: str) -> None:
    """SKUs, images, resource IDs, addresses, and rules stay as they are."""
    assert redacted(text) == text


@pytest.mark.parametrize("key", ["env", "role", "owner", "costcenter", "patch group", "keyboard"])
def test_plain_names(key: str) -> None:
    """Usual tags keep their values."""
    assert redacted_value(key, "prod") == "prod"
