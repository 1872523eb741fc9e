"""The files that settings may stand in: lines of NAME=value, and secrets in files of their own."""

import logging
from collections.abc import Mapping
from pathlib import Path

from pydantic_settings import BaseSettings, DotEnvSettingsSource

from bot.errors import ConfigError

_LARGEST = 65536  # bytes of a secret


def read_secret(name: str, path: Path, problems: list[str]) -> str:
    """What stands in a secret's file; '' where that is nothing or cannot be read, which is then one of ``problems``.

    ``name`` is how the problem calls the variable that names the file.
    """
    try:
        if path.stat().st_size > _LARGEST:
            problems.append(f"{name}: {path} is too large to hold a secret")
            return ""
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        problems.append(f"{name}: {path} cannot be read ({error.strerror}); a file that holds the secret is right")
        return ""
    except UnicodeDecodeError:
        problems.append(f"{name}: {path} is not a text file; one that holds nothing but the secret is right")
        return ""
    if not text:
        problems.append(f"{name}: {path} is empty; a file that holds the secret is right")
    return text


def read_env_file(path: Path, problems: list[str]) -> Mapping[str, str | None]:
    """The variables of a file of NAME=value lines; a line that is none is added to ``problems``.

    Raises:
        ConfigError: nothing in it can be read.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file; expected a file of lines NAME=value")

    def note(record: logging.LogRecord) -> bool:
        line = record.args[0] if isinstance(record.args, tuple) and record.args else "?"
        problems.append(
            f"{path}:{line}: is not a line NAME=value; comments begin with #, texts with spaces need quotes"
        )
        return False

    log = logging.getLogger("dotenv.main")  # python-dotenv tells of lines that it cannot read in no other way
    log.addFilter(note)
    try:
        return DotEnvSettingsSource(BaseSettings, path, "utf-8-sig", case_sensitive=True).env_vars
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); expected a readable file") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8; save it as UTF-8") from None
    finally:
        log.removeFilter(note)
