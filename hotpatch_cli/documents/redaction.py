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
    r"(?i):/|sig[ \t]*(?:=|%3d)|key|pwd|code[ \t]*(?:=|%3d)|pass|secret|token|bearer|basic |eyJ|"
    r"gh[a-z]_|github_pat_|glpat-|AKIA|ASIA|xox|-----BEGIN|\$ANSIBLE_VAULT|SharedAccess"
)
_PARAMETERS = (
    r"sig|account[_ ]?key|shared_?access_?key|shared_?access_?signature|"
    r"password|passwd|pwd|client_?secret|secret|access_?token|api_?key|token|code"
)
_PAIR = rf"(?<![\w-])((?:{_PARAMETERS})[ \t]{{0,8}}(?:=|%3D)[ \t]{{0,8}})(?!\(redacted\))"
"""A parameter of an address or a connection string, up to its value."""
_INNER_PAIR = rf"(?i:(?<=;){_PAIR}[^;\r\n]{{1,4000}})"
_FIRST_PAIR = rf"(?i:{_PAIR}[^;\r\n]{{1,400}}+(?=;[ ]?\w[\w ]{{0,40}}=))"
_MEMBER = (
    r"(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|connection_?string|"
    r"(?:account|access|api|private|storage|shared)[_-]?key)"
)
_JSON_MEMBER = (
    rf"(?i)(\\?[\"'][\w-]{{0,40}}{_MEMBER}[\w-]{{0,20}}\\?[\"']\s{{0,8}}:\s{{0,8}}"
    r"(\\?[\"']))(?:\\.|.){0,4000}?(?=(?<!\\)\2|$)"
)
"""A member of JSON in a text, which may be escaped in JSON itself."""
_SHAPES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (
            r"(?s)-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}-----|\Z)",
            REDACTED,
        ),
        (r"(?s)\$ANSIBLE_VAULT;[0-9.]{1,5};.*", REDACTED),
        # the name and the password of an address, up to the last @ before its host; the password
        # can have a slash, but digits between a colon and a slash are a port
        (
            r"(:/{1,2})[^\s/@:?#'\"]{0,200}+:(?!\d{1,5}[/?#])[^\s'\"@]{1,300}+(?:@[^\s'\"/@]{1,300}+)*@",
            rf"\1{REDACTED}@",
        ),
        (r"(:/{1,2})[^\s/?#'\"]{1,2000}@", rf"\1{REDACTED}@"),
        (_JSON_MEMBER, rf"\1{REDACTED}"),
        # quotes around a value are no part of it
        (rf"(?i){_PAIR}(\\?[\"'])[^\r\n]{{0,4000}}?(?:(?<!\\)\2|$)", rf"\1{REDACTED}"),
        # only a semicolon ends a value between the others of a connection string
        (rf"{_INNER_PAIR}|{_FIRST_PAIR}", rf"\1\2{REDACTED}"),
        (rf"(?i){_PAIR}[^\s&;,'\"]{{1,4000}}", rf"\1{REDACTED}"),
        (r"(?i)\b((?:bearer|basic) )[A-Za-z0-9+/=._~-]{8,}", rf"\1{REDACTED}"),
        (r"(?<![\w-])eyJ[\w-]{5,4000}\.[\w-]{5,4000}(?:\.[\w-]{0,4000})?", REDACTED),
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
