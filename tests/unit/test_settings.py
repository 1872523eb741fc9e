"""Settings: the environment, .env files, secrets in files, and what is said where they are wrong."""

import re
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from sqlalchemy.engine import make_url

from bot.errors import ConfigError
from bot.settings import SECRETS, VARIABLES, Settings, load_settings
from bot.settings.database import database_url

ROOT = Path(__file__).parent.parent.parent
PASSWORD = "s3cr%2Ft"


def complaints(env: dict[str, str], env_file: Path | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_settings(env, env_file)
    return str(caught.value).splitlines()


def complaint(env: dict[str, str]) -> str:
    (line,) = complaints(env)
    return line


def test_without_anything_every_setting_has_its_default() -> None:
    settings = load_settings({})
    assert settings.feeds == Path("feeds.yaml")
    assert settings.database_url == "sqlite+aiosqlite:///monazite.db"
    assert settings.tick == 15.0
    assert settings.min_interval < settings.max_interval
    assert settings.alert_max_age == timedelta(days=3)
    assert settings.first_poll_alerts is False
    assert settings.platforms == ()
    assert settings.slack_bot_token is None


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("FEEDS", "~/feeds.yaml", Path.home() / "feeds.yaml"),
        ("TICK", "0.25", 0.25),
        ("MIN_INTERVAL", "90s", 90.0),
        ("MAX_INTERVAL", "1h30m", 5400.0),
        ("STALE_AFTER", "2w", timedelta(weeks=2)),
        ("ALERT_MAX_AGE", "36h", timedelta(hours=36)),
        ("MAX_BYTES", "500kB", 500_000),
        ("MAX_BYTES", "2MiB", 2 * 1024**2),
        ("MAX_BYTES", "4096", 4096),
        ("PER_HOST", " 3 ", 3),
        ("FIRST_POLL_ALERTS", "yes", True),
        ("MEDIATION_COUNTS", "0", False),
        ("EMBEDDINGS", "ON", "on"),
        ("LOG_LEVEL", "Warning", "warning"),
        ("PLATFORMS", "Slack, discord,,slack", ("slack", "discord")),
        ("ALLOW_HOSTS", "localhost, 127.0.0.1,10.0.0.0/8, [::1],fe80::/10,a_b.example", None),
        ("USER_AGENT", "Mine/1.0 (+https://me.example)", "Mine/1.0 (+https://me.example)"),
        ("DISCORD_BASE_URL", "http://127.0.0.1:8080/api/v10/", "http://127.0.0.1:8080/api/v10"),
        ("SLACK_SIGNING_SECRET", "abc", SecretStr("abc")),
    ],
)
def test_a_value_is_read(variable: str, text: str, value: object) -> None:
    settings = load_settings({f"MONAZITE_{variable}": text, "PATH": "/bin", "MONAZITER": "1"})
    expected = tuple(part.strip() for part in text.split(",")) if value is None else value
    assert getattr(settings, variable.lower()) == expected


@pytest.mark.parametrize("nothing", ["", "  "])
def test_a_variable_set_to_nothing_is_not_set(nothing: str) -> None:
    assert load_settings({"MONAZITE_TICK": nothing, "MONAZITE_SLACK_BOT_TOKEN_FILE": nothing}) == load_settings({})


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("TICK", "soon", "'soon' is not a duration such as 30s, 5m, 2h or 7d"),
        ("TICK", "0", "'0' must be at least 0.05s"),
        ("MAX_INTERVAL", "5w", "'5w' must be at most 30d"),
        ("ALERT_MAX_AGE", "1s", "'1s' must be at least 1 minute"),
        ("PER_HOST", "many", "'many' is not a whole number"),
        ("PER_HOST", "1.5", "'1.5' is not a whole number"),
        ("PER_HOST", "0", "'0' must be at least 1"),
        ("PER_HOST", "9" * 4000, f"'{'9' * 77}…' must be at most 1000"),
        ("PER_HOST", "9" * 5000, "5,000 characters are too many; at most 4,096 are read"),
        ("HTTP", "a b:80", "'a b:80' is not a host and a port such as 127.0.0.1:8080"),
        ("HTTP", f"{'a' * 64}:80", f"'{'a' * 64}:80' is not a host and a port such as 127.0.0.1:8080"),
        ("ALLOW_HOSTS", "a..b", "'a..b' has 'a..b', which is no host name, address or network"),
        ("DATABASE", "a" * 300, "is a path that cannot be looked at (File name too long); name another"),
        ("MAX_BYTES", "10 parsecs", "'10 parsecs' is not a size such as 500kB or 10MB"),
        ("MAX_BYTES", "much", "'much' is not a size such as 500kB or 10MB"),
        ("FIRST_POLL_ALERTS", "maybe", "'maybe' is not true or false"),
        ("EMBEDDINGS", "maybe", "'maybe' is not one of 'auto', 'on' or 'off'"),
        ("LOG_LEVEL", "loud", "'loud' is not one of 'debug', 'info', 'warning' or 'error'"),
        ("USER_AGENT", "Монацит", "'Монацит' is not at most 200 plain ASCII characters"),
        ("DISCORD_BASE_URL", "discord.example", "'discord.example' is not an address that begins with http://"),
        ("HTTP", "8080", "'8080' is not a host and a port such as 127.0.0.1:8080"),
        ("HTTP", "::1:8080", "'::1:8080' is not a host and a port such as 127.0.0.1:8080"),
        ("HTTP", "127.0.0.1:99999", "'127.0.0.1:99999' is not a host and a port such as 127.0.0.1:8080"),
        ("ALLOW_HOSTS", "a.example, b c", "'a.example, b c' has 'b c', which is no host name, address or network"),
        (
            "FEEDS",
            "~nobody-here/feeds.yaml",
            "'~nobody-here/feeds.yaml' begins with '~nobody-here', which is nobody's home",
        ),
        ("SLACK_BOT_TOKEN", "xapp-1", "begins with xapp-, so it is another token of Slack's; this one begins"),
        ("SLACK_APP_TOKEN", "xoxb-1", "begins with xoxb-, so it is another token of Slack's; this one begins"),
        ("DISCORD_TOKEN", "Bot abc", "has a space, a line break or a foreign character in it; copy it again"),
    ],
)
def test_a_wrong_value_is_one_line(variable: str, text: str, said: str) -> None:
    assert complaint({f"MONAZITE_{variable}": text}).startswith(f"MONAZITE_{variable}: {said}")


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("MONAZITE_FEED", "did you mean MONAZITE_FEEDS?"),
        ("MONAZITE_SLACK_TOKEN", "did you mean MONAZITE_SLACK_BOT_TOKEN?"),
        ("MONAZITE_DISCORD_TOKEN_FIEL", "did you mean MONAZITE_DISCORD_TOKEN_FILE?"),
        ("monazite_tick", "did you mean MONAZITE_TICK?"),
        ("MONAZITE_PLATFORM_OPTIONS", "did you mean MONAZITE_PLATFORMS?"),
        ("MONAZITE_XYZ", "docs/configuration.md lists them all"),
        ("MONAZITE_TICK_FILE", "did you mean MONAZITE_TICK?"),
    ],
)
def test_an_unknown_variable_is_one_line_with_the_nearest(variable: str, said: str) -> None:
    assert complaint({variable: "secret"}) == f"{variable}: is not a setting; {said}"


def test_what_kubernetes_sets_is_passed_over() -> None:
    names = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_80_TCP", "PORT_80_TCP_ADDR")
    assert load_settings({f"MONAZITE_{name}": "tcp://10.0.0.1:80" for name in names}) == load_settings({})


def test_every_mistake_is_told_at_once() -> None:
    lines = complaints({"MONAZITE_TICK": "x", "MONAZITE_PER_HOST": "x", "MONAZITE_NIX": "x", "MONAZITE_FEEDS": "ok"})
    assert [line.partition(":")[0] for line in lines] == ["MONAZITE_NIX", "MONAZITE_TICK", "MONAZITE_PER_HOST"]


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"MIN_INTERVAL": "2h"}, "MONAZITE_MIN_INTERVAL: is longer than MONAZITE_MAX_INTERVAL"),
        ({"RETENTION_DAYS": "5"}, "MONAZITE_STORY_WINDOW_DAYS: is longer than entries are kept"),
        ({"ALERT_MAX_AGE": "100d"}, "MONAZITE_ALERT_MAX_AGE: is longer than entries are kept"),
        ({"LLM": "openai", "LLM_MODEL": "m"}, "MONAZITE_LLM is openai, but MONAZITE_LLM_KEY is not set"),
    ],
)
def test_settings_that_contradict_each_other_are_told(env: dict[str, str], said: str) -> None:
    assert complaint({f"MONAZITE_{name}": value for name, value in env.items()}).startswith(said)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        load_settings({}).tick = 1.0


# The database


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("monazite.db", "sqlite+aiosqlite:///monazite.db"),
        ("/data/my news.db", "sqlite+aiosqlite:////data/my news.db"),
        ("~/monazite.db", f"sqlite+aiosqlite:///{Path.home()}/monazite.db"),
        ("sqlite:///monazite.db", "sqlite+aiosqlite:///monazite.db"),
        ("sqlite:////data/monazite.db", "sqlite+aiosqlite:////data/monazite.db"),
        ("sqlite+aiosqlite:///50%25.db", "sqlite+aiosqlite:///50%25.db"),
        ("postgresql://host/news", "postgresql+asyncpg://host/news"),
        (f"postgres://me:{PASSWORD}@host:5433/news", f"postgresql+asyncpg://me:{PASSWORD}@host:5433/news"),
        ("postgresql+asyncpg://me@[::1]:5433/news", "postgresql+asyncpg://me@[::1]:5433/news"),
        ("postgresql://me:a@b@host/news", "postgresql+asyncpg://me:a%40b@host/news"),
        ("postgresql:///news?host=/run/postgresql", "postgresql+asyncpg:///news?host=/run/postgresql"),
        ("postgresql://host/news?sslmode=require&channel_binding=prefer", "postgresql+asyncpg://host/news?ssl=require"),
    ],
)
def test_the_database_address_becomes_sqlalchemys(typed: str, url: str) -> None:
    settings = load_settings({"MONAZITE_DATABASE": typed})
    assert settings.database_url == url
    assert make_url(url).get_backend_name() == url.partition("+")[0]


def test_a_password_arrives_as_it_was_meant() -> None:
    url = make_url(database_url("postgresql://me:%2F%3F%23%40%25+%20ü@host/news"))
    assert (url.username, url.password, url.host, url.database) == ("me", "/?#@%+ ü", "host", "news")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (":memory:", "is a database in memory, which would forget everything; name a file"),
        ("sqlite://", "names no file; write sqlite:///monazite.db"),
        ("sqlite://monazite.db", "names no file; write sqlite:///monazite.db"),
        ("sqlite:monazite.db", "is neither a path nor an address"),
        ("postgres:news", "is neither a path nor an address"),
        ("me:s3cret@host/news", "is neither a path nor an address"),
        ("monazite.db?mode=ro", "has '?' or '#' in it"),
        ("/tmp", "is a folder; name a file in it, such as '/tmp/monazite.db'"),
        (
            "mysql://me:s3cret@host/news",
            "begins with 'mysql://'; expected a path, sqlite:///path or postgresql://…",
        ),
        ("me:s3cret@host://news", "is no address; expected a path"),
        ("postgresql+psycopg2://me:s3cret@host/news", "begins with 'postgresql+psycopg2://'"),
        ("postgresql://me:s3cret@host", "names no database"),
        ("postgresql://me:s3cret/4@host/news", "cannot be read as postgresql://user:password@host:port/name"),
        ("postgresql://me:s3cret#4@host/news", "cannot be read as postgresql://user:password@host:port/name"),
        ("postgresql://me:s3cret?4@host/news", "cannot be read as postgresql://user:password@host:port/name"),
        ("postgresql://me:12/s3cret@host/news", "cannot be read as postgresql://user:password@host:port/name"),
        ("postgresql://me:s3cret@host:port/news", "cannot be read as postgresql://user:password@host:port/name"),
        ("postgresql://me:s3cret@[::1/news", "cannot be read as postgresql://user:password@host:port/name"),
        (
            "postgresql://host/news?sslmod=require",
            "has the option 'sslmod', which is not known; did you mean 'sslmode'?",
        ),
        ("postgresql://host/news?colour=red", "has the option 'colour', which is not known; known are host, ssl"),
        ("postgresql://host/news?sslmode=yes", "has sslmode='yes'; expected one of disable, allow, prefer, require"),
    ],
)
def test_a_wrong_database_is_one_line_without_the_password(typed: str, said: str) -> None:
    line = complaint({"MONAZITE_DATABASE": typed})
    assert line.startswith(f"MONAZITE_DATABASE: {said}")
    assert "s3cret" not in line


@given(st.text(max_size=40) | st.text(max_size=30).map("postgresql://".__add__))
@example("postgresql://[")
@example("postgresql://h:99999/n")
@example("postgresql://h／x/n")
def test_any_text_as_database_is_an_address_or_a_complaint(typed: str) -> None:
    try:
        url, said = database_url(typed), "an address"
        make_url(url)
    except ValueError as error:
        said = str(error)
    assert len(said.splitlines()) == 1


def test_an_allowed_host_that_is_an_address_gets_its_host_suggested() -> None:
    line = complaint({"MONAZITE_ALLOW_HOSTS": "http://me@feeds.example:80/x"})
    assert line.endswith("which is no host name, address or network; did you mean 'feeds.example'?")


# Secrets


@pytest.mark.parametrize("field", sorted(SECRETS))
def test_a_secret_can_stand_in_a_file(tmp_path: Path, field: str) -> None:
    path = tmp_path / "secret"
    path.write_text("/data/very-secret\n")
    settings = load_settings({f"MONAZITE_{field.upper()}_FILE": str(path)})
    value = getattr(settings, field)
    assert (value.get_secret_value() if isinstance(value, SecretStr) else value) == "/data/very-secret"


@pytest.mark.parametrize(
    ("typed", "meant"), [("127.0.0.1:8080", ("127.0.0.1", 8080)), ("[::1]:1", ("::1", 1)), ("", None)]
)
def test_where_the_program_can_be_watched(typed: str, meant: tuple[str, int] | None) -> None:
    assert load_settings({"MONAZITE_HTTP": typed}).http_place == meant


@pytest.mark.parametrize("field", sorted(SECRETS - {"database"}))
def test_every_secret_is_known_to_who_keeps_it_out_of_the_logs(field: str) -> None:
    secret = {"slack_bot_token": "xoxb-1", "slack_app_token": "xapp-1"}.get(field, "of-no-worth")
    assert load_settings({f"MONAZITE_{field.upper()}": secret}).secrets == {secret}


def test_the_password_of_the_database_is_a_secret() -> None:
    settings = load_settings({"MONAZITE_DATABASE": "postgresql://ann:p%2Fss@127.0.0.1/news"})
    assert settings.secrets == {"p/ss", "p%2Fss"}
    assert load_settings({}).secrets == set()


def test_secrets_are_not_shown() -> None:
    settings = load_settings(
        {"MONAZITE_DATABASE": f"postgresql://me:{PASSWORD}@host/news", "MONAZITE_DISCORD_TOKEN": PASSWORD}
    )
    assert PASSWORD not in f"{settings} {settings!r}"


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (lambda path: None, "cannot be read (No such file or directory); a file that holds the secret is right"),
        (lambda path: path.mkdir(), "cannot be read (Is a directory); a file that holds the secret is right"),
        (lambda path: path.write_text(" \n"), "is empty; a file that holds the secret is right"),
        (
            lambda path: path.write_bytes(b"\xff\xfe"),
            "is not a text file; one that holds nothing but the secret is right",
        ),
        (lambda path: path.write_text("a" * 70_000), "is too large to hold a secret"),
    ],
)
def test_a_wrong_secret_file_is_one_line(tmp_path: Path, prepare: Callable[[Path], Any], said: str) -> None:
    path = tmp_path / "secret"
    prepare(path)
    assert complaint({"MONAZITE_DISCORD_TOKEN_FILE": str(path)}) == f"MONAZITE_DISCORD_TOKEN_FILE: {path} {said}"


def test_a_secret_may_be_given_in_one_way_only(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("abc")
    env = {"MONAZITE_DISCORD_TOKEN": "abc", "MONAZITE_DISCORD_TOKEN_FILE": str(path)}
    assert complaint(env) == "MONAZITE_DISCORD_TOKEN_FILE: stands beside MONAZITE_DISCORD_TOKEN; give one of the two"


# Platforms


def test_a_platform_gets_its_settings_under_their_short_names() -> None:
    env = {"MONAZITE_SLACK_BOT_TOKEN": "xoxb-1", "MONAZITE_SLACK_APP_TOKEN": "xapp-1", "MONAZITE_DISCORD_TOKEN": "abc"}
    settings = load_settings(env)
    slack = settings.options_of("slack")
    assert (slack["bot_token"], slack["app_token"], slack["mode"]) == ("xoxb-1", "xapp-1", "socket")
    assert "signing_secret" not in slack
    assert settings.options_of("discord") == {"token": "abc"}
    assert settings.options_of("console") == {}


def test_a_platform_that_no_setting_describes_gets_what_begins_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("hidden\n")
    settings = load_settings({"MONAZITE_CONSOLE_COLOUR": "red", "MONAZITE_CONSOLE_KEY_FILE": str(path)})
    assert settings.options_of("console") == {"colour": "red", "key": "hidden"}
    assert "hidden" not in repr(settings)


# .env


def test_a_file_is_read_and_the_environment_goes_before_it(tmp_path: Path) -> None:
    path = tmp_path / "some.env"
    path.write_text(
        "\ufeff# a comment\nMONAZITE_TICK=30s\nexport MONAZITE_PER_HOST='4'  # more\nOTHER=1\n"
        'MONAZITE_USER_AGENT="Mine/1.0 (news)"\nMONAZITE_DISCORD_TOKEN=\n',
        encoding="utf-8",
    )
    settings = load_settings({"MONAZITE_TICK": "45s"}, path)
    assert (settings.tick, settings.per_host, settings.user_agent) == (45.0, 4, "Mine/1.0 (news)")


def test_a_secret_of_the_environment_goes_before_its_file_form_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "some.env"
    path.write_text("MONAZITE_DISCORD_TOKEN_FILE=/nowhere\n")
    with pytest.raises(ConfigError, match=r"MONAZITE_DISCORD_TOKEN_FILE .* /nowhere cannot be read"):
        load_settings({"MONAZITE_DISCORD_TOKEN": "abc"}, path)
    path.write_text("MONAZITE_DISCORD_TOKEN=old\n")
    (tmp_path / "new").write_text("new")
    settings = load_settings({"MONAZITE_DISCORD_TOKEN_FILE": str(tmp_path / "new")}, path)
    assert settings.options_of("discord") == {"token": "new"}


def test_mistakes_in_a_file_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "some.env"
    path.write_text("MONAZITE_TICK=soon\nMONAZITE_FEED=x\nMONAZITE PER HOST=3\n")
    assert complaints({}, path) == [
        f"{path}:3: is not a line NAME=value; comments begin with #, texts with spaces need quotes",
        f"MONAZITE_FEED ({path}): is not a setting; did you mean MONAZITE_FEEDS?",
        f"MONAZITE_TICK ({path}): 'soon' is not a duration such as 30s, 5m, 2h or 7d",
    ]


def test_an_unreadable_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "some.env"
    assert complaints({}, path) == [f"{path}: there is no such file; expected a file of lines NAME=value"]
    path.write_bytes(b"MONAZITE_TICK=\xff")
    assert complaints({}, path) == [f"{path}: is not UTF-8; save it as UTF-8"]


def test_the_file_in_the_working_folder_is_read_with_the_processs_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("MONAZITE_TICK=30s\nMONAZITE_PER_HOST=5\n")
    monkeypatch.setenv("MONAZITE_TICK", "45s")
    settings = load_settings()
    assert (settings.tick, settings.per_host) == (45.0, 5)
    assert load_settings({}).per_host == 2


# What is written about them


def documented() -> dict[str, tuple[str, str]]:
    """Each variable of docs/configuration.md with its default and meaning, as written there."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(MONAZITE_\w+)` \| (.+?) \| (.+) \|$", text, re.MULTILINE)
    return {name: (default, meaning) for name, default, meaning in rows}


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    assert set(documented()) == set(VARIABLES)


def test_documented_defaults_are_the_defaults() -> None:
    plain = load_settings({})
    for name, (default, _) in documented().items():
        field = VARIABLES[name]
        if default == "none":
            assert getattr(plain, field) in (None, ()), name
        else:
            settings = load_settings({name: default.strip("`")})
            assert getattr(settings, field) == getattr(plain, field), name


def test_documented_secrets_are_the_secrets() -> None:
    marked = {VARIABLES[name] for name, (_, meaning) in documented().items() if meaning.startswith("**secret**")}
    assert marked == SECRETS


def test_every_secret_field_is_known_as_a_secret() -> None:
    hidden = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert hidden - {"platform_options"} == SECRETS - {"database"}


def test_variables_named_elsewhere_exist() -> None:
    texts = [ROOT / "README.md", ROOT / "Dockerfile", *(ROOT / "docs").glob("*.md"), *(ROOT / "bot").rglob("*.py")]
    named = {name for path in texts for name in re.findall(r"MONAZITE_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))}
    known = {*VARIABLES, *(f"MONAZITE_{field.upper()}_FILE" for field in SECRETS)}
    examples = {"MONAZITE_FEED", "MONAZITE_SERVICE_HOST"}
    assert named - known - examples == set()


def test_the_bot_names_its_own_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert load_settings({}).user_agent.startswith(f"Monazite/{project['version']} ")
