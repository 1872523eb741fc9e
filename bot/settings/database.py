"""The database's address: from what a person writes to what SQLAlchemy takes. No complaint ever holds a password."""

import re
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from bot.feeds.catalogue.codes import nearest
from bot.feeds.catalogue.values import hint, shown

_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_POSTGRES_OPTIONS = ("host", "ssl", "target_session_attrs", "prepared_statement_cache_size")


def database_url(typed: str) -> str:
    """SQLAlchemy's address, with the asynchronous driver named, of a path, ``sqlite:///path`` or ``postgresql://…``.

    Raises:
        ValueError: it is none of these; the text never holds a password.
    """
    scheme, separator, rest = typed.partition("://")
    kind, _, driver = scheme.lower().partition("+")
    if not separator:
        if "@" in typed or re.match(r"(?:sqlite|postgres(?:ql)?|file)\b\+?\w*:", typed):
            raise ValueError(
                "is neither a path nor an address; write sqlite:///path or postgresql://user:password@host/name"
            )
        return _sqlite_url(typed)
    if kind == "sqlite" and driver in {"", "aiosqlite"}:
        if not rest.startswith("/"):
            raise ValueError("names no file; write sqlite:///monazite.db, or sqlite:////data/monazite.db from the root")
        return _sqlite_url(rest[1:])
    if kind in {"postgresql", "postgres"} and driver in {"", "asyncpg"}:
        if find_spec("asyncpg") is None:
            raise ValueError("is PostgreSQL, for which the postgres extra is needed: pip install 'monazite[postgres]'")
        return _postgres_url(rest)
    begun = f"begins with {shown(scheme + '://')}" if re.fullmatch(r"[\w+.-]+", scheme) else "is no address"
    raise ValueError(f"{begun}; expected a path, sqlite:///path or postgresql://…")


def database_secrets(typed: str) -> set[str]:
    """The password of an address, as it is typed and as it is meant."""
    password = urlsplit(database_url(typed)).password
    return {password, unquote(password)} if password else set()


def expanded(path: Path) -> Path:
    """The path with ``~`` replaced by the home folder. Raises ValueError where there is none."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(f"begins with {shown(path.parts[0])}, which is nobody's home folder") from None


def _sqlite_url(path: str) -> str:
    if not path or path.startswith(":memory:"):
        raise ValueError("is a database in memory, which would forget everything; name a file")
    if "?" in path or "#" in path:
        raise ValueError("has '?' or '#' in it; expected a plain path")
    found = expanded(Path(path))
    try:
        is_folder = path.endswith("/") or found.is_dir()
    except OSError as error:
        raise ValueError(f"is a path that cannot be looked at ({error.strerror}); name another") from None
    if is_folder:
        raise ValueError(f"is a folder; name a file in it, such as {shown(path.rstrip('/') + '/monazite.db')}")
    return f"sqlite+aiosqlite:///{found}"


def _postgres_url(rest: str) -> str:
    try:
        parts = urlsplit(f"postgresql://{rest}")
        place = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, place = urlsplit("#"), ""
    name = parts.path.removeprefix("/")
    if parts.fragment or "@" in name or "/" in name or parts.scheme != "postgresql":
        raise ValueError(
            "cannot be read as postgresql://user:password@host:port/name; in a password / ? # @ are %2F %3F %23 %40"
        )
    if not name:
        raise ValueError("names no database; expected postgresql://user:password@host/name")
    options = _postgres_options(parts.query)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    who = quote(unquote(parts.username or ""), safe="")
    if parts.password is not None:
        who += ":" + quote(unquote(parts.password), safe="")
    query = "?" + urlencode(options, safe="/") if options else ""
    return f"postgresql+asyncpg://{who + '@' if who else ''}{host}{place}/{name}{query}"


def _postgres_options(query: str) -> dict[str, str]:
    """What follows the '?': libpq's words in asyncpg's (channel binding has none: asyncpg never binds channels)."""
    options: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "channel_binding":
            continue
        known = "ssl" if key == "sslmode" else key
        if known not in _POSTGRES_OPTIONS:
            right = hint(nearest(key, (*_POSTGRES_OPTIONS, "sslmode"))) or f"; known are {', '.join(_POSTGRES_OPTIONS)}"
            raise ValueError(f"has the option {shown(key)}, which is not known{right}")
        if known == "ssl" and value not in _SSL_MODES:
            raise ValueError(f"has {key}={shown(value)}; expected one of {', '.join(_SSL_MODES)}")
        options[known] = value
    return options
