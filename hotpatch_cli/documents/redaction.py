"""Secrets in texts of inputs: the one place that knows their names and shapes.

A name is a key whose value is a secret, such as `adminPassword`. A shape is a value that is a
secret by itself, such as `?sig=...` or a private key. Messages, excerpts, and tags use it.
"""

import re

REDACTED = "(redacted)"

_NAME = re.compile(
    r"(?i)passw(?:or)?d|pwd|passphrase|secret|token|credential|connection_?-?string|"
    r"(?:account|access|api|private|storage|shared|primary|secondary|signing|encryption)[ _-]?key|"
    r"custom_?-?data|user_?-?data|protected_?-?settings|authorization|bearer|signature|"
    r"(?:^|[\W_])(?:pat|sas|pass)(?:$|[\W_])"
)
_LINE = re.compile(r"(?i)pass|connection|authori[sz]|key\s*[:=]")
_HEADS = re.compile(  # one quick look: most texts have none of these
    r"(?i):/|sig=|key=|pwd=|code=|pass|secret|token|bearer|basic |eyJ|gh[a-z]_|github_pat_|glpat-|"
    r"AKIA|ASIA|xox|-----BEGIN|\$ANSIBLE_VAULT|AccountKey|SharedAccess"
)
_PARAMETERS = (
    r"sig|account_?key|shared_?access_?key|shared_?access_?signature|"
    r"password|passwd|pwd|client_?secret|secret|access_?token|api_?key|token|code"
)
_SHAPES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (
            r"(?s)-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}-----|\Z)",
            REDACTED,
        ),
        (r"(?s)\$ANSIBLE_VAULT;[0-9.]{1,5};.*", REDACTED),
        (r"(:/{1,2})[^\s/@?#'\"]{1,2000}@", rf"\1{REDACTED}@"),
        (
            rf"(?i)(?<![\w-])((?:{_PARAMETERS})=)[^\s&;,'\"]{{1,4000}}",
            rf"\1{REDACTED}",
        ),
        (r"(?i)\b((?:bearer|basic) )[A-Za-z0-9+/=._~-]{8,}", rf"\1{REDACTED}"),
        (r"\beyJ[\w-]{5,4000}\.[\w-]{5,4000}(?:\.[\w-]{0,4000})?", REDACTED),
        (r"\b(?:gh[pousr]_|github_pat_|glpat-)[\w-]{16,}", REDACTED),
        (r"\bxox[abprs]-[\w-]{8,}", REDACTED),
        (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", REDACTED),
    )
)


def names_secret(key: str) -> bool:
    """Whether a key says that its value is a secret."""
    return _NAME.search(key) is not None


def has_secret(line: str) -> bool:
    """Whether a line of a file could have a secret: rather once too often."""
    return bool(_LINE.search(line)) or names_secret(line) or redacted(line) != line


def redacted(text: str) -> str:
    """A text without the values in it that are secrets by their shape."""
    if not _HEADS.search(text):
        return text
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def redacted_value(key: str, value: str) -> str:
    """The value of a key: nothing of it where the key names a secret."""
    return REDACTED if value and names_secret(key) else redacted(value)
