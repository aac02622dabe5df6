"""Secrets by name and by shape: taken out, and nothing else with them."""

from time import perf_counter

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
    "address, at sign in the password": f"https://me:p@{PLANTED}@example.com/page",
    "address, two": f"https://me:p@q@{PLANTED}@example.com/page",
    "address, slash in the password": f"https://me:pa/{PLANTED}@example.com/page",
    "connection, space": f"Server=x;Password=ab c,{PLANTED};Encrypt=true",
    "connection, first": f"Password=ab c,{PLANTED};Encrypt=true",
    "connection, last": f"Server=x;Password=ab 'c\" {PLANTED}",
    "apostrophes": f"Pwd='a b {PLANTED}'",
    "quotes": f'AccountKey="{PLANTED}=="',
    "quotes, escaped": f'AccountKey=\\"{PLANTED}==\\"',
    "quotes, open": f'AccountKey="a {PLANTED}',
    "spaces": f"Password = {PLANTED}",
    "JSON": f'{{"password": "{PLANTED}"}}',
    "JSON, other name": f'{{"adminPassword":"a\\" {PLANTED}"}}',
    "JSON, escaped": f'{{\\"clientSecret\\": \\"a b {PLANTED}\\"}}',
    "percent": f"?sv=1&sig%3D{PLANTED}",
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
    "https://example.com:8080/@team/page",
    "http://example.com:80/?mail=team@example.com",
    "The password is missing; set one.",
    '{"keyboard": "qwerty", "monkey": "x"}',
    "zip code: 12345; key: none",
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


def test_the_rest_of_a_connection_string_stays() -> None:
    """What comes before and after the secret is kept, and so is a sentence around a value."""
    done = redacted("Server=x;Password=ab c,d;Encrypt=true")
    assert done == "Server=x;Password=(redacted);Encrypt=true"
    assert redacted("The value pwd=abc isn't a fact.") == "The value pwd=(redacted) isn't a fact."
    done = redacted('{"password": "abc", "env": "prod"}')
    assert done == '{"password": "(redacted)", "env": "prod"}'


@pytest.mark.parametrize(
    "piece",
    [
        "eyJaaaa-",
        "://a:b",
        ":/a@",
        ":/a:b@",
        "pwd=",
        "pwd='",
        ";pwd=a",
        "pwd = a ",
        '"password":',
        '"password":"\\',
        "'a'",
        "sig%3D",
    ],
)
def test_time_is_linear(piece: str) -> None:
    """A text of many beginnings of a shape takes no longer a letter than a short one."""
    started = perf_counter()
    redacted(piece * (400_000 // len(piece)))
    assert perf_counter() - started < 20
