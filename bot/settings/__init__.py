"""Settings: environment variables that begin with MONAZITE_, lines of a .env file, and secrets in files of their own.

Read once at the start by whoever puts the program together; everything else gets plain values.
"""

import os
import pkgutil
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ByteSize, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import ConfigError
from bot.feeds.catalogue.codes import nearest
from bot.feeds.catalogue.values import shown
from bot.settings.database import database_secrets, database_url
from bot.settings.files import read_env_file, read_secret
from bot.settings.values import (
    BaseUrl,
    DatabaseAddress,
    FilePath,
    HeaderText,
    Hosts,
    Lowered,
    Names,
    Place,
    Seconds,
    Secret,
    SlackAppToken,
    SlackBotToken,
    Span,
    host_and_port,
    unfit,
)
from bot.text.durations import write_duration

PREFIX = "MONAZITE_"
_FILE = "_FILE"
# Kubernetes gives every container such variables where a service is called monazite.
_KUBERNETES = re.compile(r"MONAZITE_(?:SERVICE_HOST|SERVICE_PORT\w*|PORT(?:_\d+_(?:TCP|UDP|SCTP)\w*)?)")


class Settings(BaseSettings):
    """Every setting, described in docs/configuration.md. ``load_settings`` makes it; it cannot be changed.

    Intervals and timeouts are in seconds; ages are timedeltas.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    feeds: FilePath = Path("feeds.yaml")
    database: DatabaseAddress = Field("monazite.db", repr=False)
    platforms: Names = ()
    slack_bot_token: SlackBotToken | None = None
    slack_app_token: SlackAppToken | None = None
    slack_signing_secret: Secret | None = None
    slack_client_id: HeaderText | None = None
    slack_client_secret: Secret | None = None
    slack_mode: Annotated[Literal["socket", "http"], Lowered] = "socket"
    slack_listen: HeaderText = "127.0.0.1:3000"
    slack_managers: HeaderText = "members"
    slack_base_url: BaseUrl | None = None
    discord_token: Secret | None = None
    discord_shards: HeaderText | None = None
    discord_base_url: BaseUrl | None = None
    tick: Seconds = Field(15.0, ge=0.05, le=3600.0)
    min_interval: Seconds = Field(120.0, ge=0.1, le=86400.0)
    max_interval: Seconds = Field(3600.0, ge=0.1, le=30 * 86400.0)
    stale_after: Span = Field(timedelta(days=90), ge=timedelta(hours=1), le=timedelta(days=3650))
    user_agent: HeaderText = "Monazite/0.1.0 (news alert bot; +https://example.org/contact)"
    fetch_timeout: Seconds = Field(20.0, ge=0.1, le=300.0)
    max_bytes: ByteSize = Field(ByteSize(10 * 1024**2), ge=1024, le=100 * 1024**2)
    concurrency: int = Field(64, ge=1, le=1000)
    per_host: int = Field(2, ge=1, le=1000)
    allow_hosts: Hosts = ()
    first_poll_alerts: bool = False
    expire_after: Span = Field(timedelta(days=1), ge=timedelta(minutes=1), le=timedelta(days=365))
    unknown: Annotated[Literal["repeat", "hold"], Lowered] = "repeat"
    alert_max_age: Span = Field(timedelta(days=3), ge=timedelta(minutes=1), le=timedelta(days=365))
    story_window_days: int = Field(10, ge=1, le=90)
    retention_days: int = Field(90, ge=1, le=3650)
    mediation_counts: bool = False
    embeddings: Annotated[Literal["auto", "on", "off"], Lowered] = "auto"
    articles: Annotated[Literal["auto", "on", "off"], Lowered] = "auto"
    llm: Annotated[Literal["off", "openai", "anthropic"], Lowered] = "off"
    llm_key: Secret | None = None
    llm_model: HeaderText | None = None
    llm_base_url: BaseUrl | None = None
    llm_tokens_a_day: int = Field(200_000, ge=1000, le=1_000_000_000)
    http: Place | None = None
    log_format: Annotated[Literal["console", "json"], Lowered] = "console"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Lowered] = "info"
    platform_options: Mapping[str, SecretStr] = Field(default_factory=dict)

    @property
    def database_url(self) -> str:
        """The database's address as SQLAlchemy takes it, with the password where there is one."""
        return database_url(self.database)

    @property
    def http_place(self) -> tuple[str, int] | None:
        """Host and port at which the program can be watched; None where it is not to be."""
        return host_and_port(self.http) if self.http else None

    @property
    def secrets(self) -> frozenset[str]:
        """Every secret in plain text, the database's password included: what may never be shown."""
        fields = [getattr(self, name) for name in type(self).model_fields]
        found = {value.get_secret_value() for value in fields if isinstance(value, SecretStr)}
        # Of the options that nobody described here, a short one is a word such as "true", and no secret.
        found |= {text for value in self.platform_options.values() if len(text := value.get_secret_value()) >= 8}
        return frozenset(found | database_secrets(self.database))

    @property
    def switched_on(self) -> frozenset[str]:
        """The names of the settings that leave rules of a topic out, where they are on."""
        return frozenset({"mediation_counts"} if self.mediation_counts else ())

    def options_of(self, platform: str) -> dict[str, str]:
        """The settings whose names begin with a platform's, without that beginning; only those that are given.

        ``options_of("slack")`` gives ``bot_token`` and so on, secrets in plain text.
        """
        begin = f"{platform}_"
        own = {name: getattr(self, name) for name in type(self).model_fields if name.startswith(begin)}
        found = {**own, **{name: value for name, value in self.platform_options.items() if name.startswith(begin)}}
        return {
            name.removeprefix(begin): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            for name, value in found.items()
            if value is not None
        }

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but what ``load_settings`` gives: it knows where each value came from, and can say so."""
        return (init_settings,)


VARIABLES: Mapping[str, str] = {
    PREFIX + name.upper(): name for name in Settings.model_fields if name != "platform_options"
}
"""The name of every environment variable, and its field."""

SECRETS = frozenset(
    {"database", "slack_bot_token", "slack_app_token", "slack_signing_secret", "slack_client_secret"}
    | {"discord_token", "llm_key"}
)
"""Fields whose values are never shown, and which may be given as a file by a variable that ends in _FILE."""

_KNOWN = {**VARIABLES, **{f"{PREFIX}{field.upper()}{_FILE}": field for field in SECRETS}}


@dataclass(frozen=True, slots=True)
class _Given:
    """A value, the variable that gives it, and where that stands: '' for the environment."""

    variable: str
    value: str
    place: str

    @property
    def name(self) -> str:
        """How a complaint calls it."""
        name = shown(self.variable) if unfit(self.variable) else self.variable
        return f"{name} ({self.place})" if self.place else name


@dataclass(frozen=True, slots=True)
class Reading:
    """Settings as far as they are right, and what is wrong: one line a mistake.

    ``wrong`` has the fields that were meant and have their default instead: what rests on one of them cannot
    be judged before it is put right.
    """

    settings: Settings
    problems: tuple[str, ...] = ()
    wrong: frozenset[str] = frozenset()

    def doubts(self, beginning: str) -> bool:
        """Whether a field whose name begins so is among the wrong ones."""
        return any(field.startswith(beginning) for field in self.wrong)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is gathered from the variables, by field, and what is wrong with it."""

    given: dict[str, _Given] = field(default_factory=dict)
    options: dict[str, SecretStr] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)


def load_settings(env: Mapping[str, str] | None = None, env_file: Path | None = None) -> Settings:
    """Read the settings; a variable of the environment goes before the same one in the file.

    Args:
        env: Used instead of the process's environment.
        env_file: A file of NAME=value lines. Without it and without ``env``, ``.env`` is read where there is one.

    Raises:
        ConfigError: one line for every variable that is unknown or wrong, and what is expected; never a secret.
    """
    reading = read_settings(env, env_file)
    if reading.problems:
        raise ConfigError("\n".join(reading.problems))
    return reading.settings


def read_settings(env: Mapping[str, str] | None = None, env_file: Path | None = None) -> Reading:
    """As ``load_settings``, for who has more to look at before it is all told at once."""
    found = _Found()
    if env_file is None and env is None and Path(".env").is_file():
        env_file = Path(".env")
    if env_file is not None:
        try:
            _gather(read_env_file(env_file, found.problems), str(env_file), found)
        except ConfigError as error:
            found.problems.append(str(error))
            found.wrong.update(Settings.model_fields)  # any of them may have been meant there
    _gather(os.environ if env is None else env, "", found)
    settings = _make(found)
    found.problems.extend(_contradictions(settings, found.wrong))
    return Reading(settings, tuple(found.problems), frozenset(found.wrong))


def _make(found: _Found) -> Settings:
    values: dict[str, Any] = {name: given.value for name, given in found.given.items()}
    try:
        return Settings(**values, platform_options=found.options)
    except ValidationError as error:
        wrong = {str(one["loc"][0]): one for one in error.errors(include_url=False, include_input=False)}
    for name, one in wrong.items():
        given = found.given[name]
        value = "" if name in SECRETS else f" {shown(given.value)}"
        found.problems.append(f"{given.name}:{value} {_complaint(one)}")
    found.wrong.update(wrong)
    right = {name: value for name, value in values.items() if name not in wrong}
    return Settings(**right, platform_options=found.options)


def _complaint(wrong: Mapping[str, Any]) -> str:
    """Return what is wrong and what is expected, from one of pydantic's errors."""
    context = wrong.get("ctx", {})
    simple = {
        "bool_parsing": "is not true or false",
        "byte_size": "is not a size such as 500kB or 10MB",
        "byte_size_unit": "is not a size such as 500kB or 10MB",
        "int_parsing": "is not a whole number",
    }
    if wrong["type"] == "value_error":
        return str(context["error"])
    if wrong["type"] == "greater_than_equal":
        return f"must be at least {_limit(context['ge'])}"
    if wrong["type"] == "less_than_equal":
        return f"must be at most {_limit(context['le'])}"
    if wrong["type"] == "literal_error":
        return f"is not one of {context['expected']}"
    return simple.get(wrong["type"], f"is wrong: {wrong['msg']}")


def _limit(limit: float | str) -> str:
    return write_duration(limit) if isinstance(limit, float) else str(limit)  # pydantic writes timedeltas out itself


def _contradictions(settings: Settings, wrong: AbstractSet[str]) -> Iterator[str]:
    """What does not go together, where both values are known."""
    if settings.min_interval > settings.max_interval and wrong.isdisjoint({"min_interval", "max_interval"}):
        yield "MONAZITE_MIN_INTERVAL: is longer than MONAZITE_MAX_INTERVAL; the shorter of the two goes first"
    for name, span in (
        ("story_window_days", timedelta(days=settings.story_window_days)),
        ("alert_max_age", settings.alert_max_age),
    ):
        if span > timedelta(days=settings.retention_days) and wrong.isdisjoint({name, "retention_days"}):
            yield f"{PREFIX}{name.upper()}: is longer than entries are kept (MONAZITE_RETENTION_DAYS); keep them longer"
    if settings.llm != "off":
        lacking = [name for name in ("llm_key", "llm_model") if not getattr(settings, name) and name not in wrong]
        yield from (f"MONAZITE_LLM is {settings.llm}, but {PREFIX}{name.upper()} is not set" for name in lacking)


def _gather(variables: Mapping[str, str | None], place: str, found: _Found) -> None:
    """Add the values of these variables; those of an earlier place give way."""
    here: dict[str, _Given] = {}
    for variable, value in variables.items():
        if (
            not variable.upper().startswith(PREFIX)
            or _KUBERNETES.fullmatch(variable)
            or value is None
            or not value.strip()
        ):
            continue
        given = _Given(variable, value.strip(), place)
        name = _KNOWN.get(variable)
        option = _option_of(variable) if name is None else ""
        if name is None and not option:
            _refuse(given, found)
            continue
        if variable.endswith(_FILE) and not unfit(given.value):
            given = _Given(variable, read_secret(given.name, Path(given.value), found.problems), place)
        key = name or option.removesuffix(_FILE.lower())
        if wrong := unfit(given.value):
            found.problems.append(f"{given.name}: {wrong}")
        if wrong or not given.value:
            found.wrong.add(key)
        elif option:
            found.options[key] = SecretStr(given.value)
        elif key in here:
            found.problems.append(f"{given.name}: stands beside {here[key].name}; give one of the two")
        else:
            here[key] = given
    found.given.update(here)


def _refuse(given: _Given, found: _Found) -> None:
    """Note that a variable is unknown, and that the one which it resembles was perhaps meant."""
    near = _nearest(given.variable)
    meant = f"; did you mean {near}?" if near else "; docs/configuration.md lists them all"
    found.problems.append(f"{given.name}: is not a setting{meant}")
    found.wrong.add(_KNOWN.get(near, given.variable[len(PREFIX) :].lower()))


def _option_of(variable: str) -> str:
    """The option's name where the variable belongs to a platform whose options no setting here describes, else ''."""
    folder = find_spec("handlers")
    names = {found.name for found in pkgutil.iter_modules(folder.submodule_search_locations or ())} if folder else set()
    described = {field.partition("_")[0] for field in VARIABLES.values()}
    option = variable.removeprefix(PREFIX).lower()
    return option if option.partition("_")[0] in names - described and variable.isupper() else ""


def _nearest(variable: str) -> str:
    """The variable that is spelt most like this one, '' where none is."""
    plain = variable[len(PREFIX) :].upper()
    if PREFIX + plain.removesuffix(_FILE) in VARIABLES:
        plain = plain.removesuffix(_FILE)
    near = nearest(plain, [name.removeprefix(PREFIX) for name in _KNOWN])
    return f"{PREFIX}{near}" if near else ""
