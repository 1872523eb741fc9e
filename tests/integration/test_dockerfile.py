"""The Dockerfile, as far as it can be tested without an engine to build it."""

import re
import shlex
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from importlib.metadata import requires
from json import loads
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from bot.settings import load_settings

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its text, continued lines joined and comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


def texts(word: str) -> list[str]:
    return [text for found, text in instructions() if found == word]


def copied() -> list[str]:
    """What is copied from the folder of the Dockerfile."""
    parts = [shlex.split(text) for text in texts("COPY") if not text.startswith("--from=")]
    return [source for part in parts for source in part[:-1]]


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path from the builder: the last line that fits it, or a folder of it, decides."""
    out = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!").removeprefix("**/")
        folders = [str(parent) for parent in (Path(path), *Path(path).parents)]
        anywhere = "**/" in line and any(fnmatch(part, pattern) for part in Path(path).parts)
        if anywhere or any(fnmatch(folder, pattern) for folder in folders if folder != "."):
            out = not line.startswith("!")
    return out


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    found = subprocess.run(
        [hadolint, "--no-color", "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


@pytest.mark.parametrize("path", copied())
def test_what_is_copied_exists_and_reaches_the_builder(path: str) -> None:
    assert (ROOT / path).exists()
    assert not ignored(path)


def test_what_must_not_be_in_an_image_does_not_reach_the_builder() -> None:
    private = [
        ".env",
        ".git/config",
        "var/demo/monazite.db",
        "monazite.db",
        "tests/conftest.py",
        "bot/__pycache__/a.pyc",
    ]
    assert [path for path in private if not ignored(path)] == []


def test_what_the_wheel_is_made_of_is_copied() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    project = PROJECT["project"]
    needed = {
        "pyproject.toml",
        project["readme"],
        *project["license-files"],
        *wheel["packages"],
        *wheel["force-include"],
    }
    assert needed <= set(copied())


def test_every_stage_stands_on_a_base_that_is_pinned() -> None:
    stages = [text.split() for text in texts("FROM")]
    names = {stage[2] for stage in stages if len(stage) == 3}
    bases = {stage[0] for stage in stages} - names
    assert len(stages) > 1
    assert [
        base for base in bases if not re.fullmatch(r"[a-z./-]+:\d+\.\d+\.\d+-[a-z-]+@sha256:[0-9a-f]{64}", base)
    ] == []


def test_the_label_and_the_base_name_what_is_true() -> None:
    (label,) = texts("LABEL")
    labels = dict(part.split("=", 1) for part in shlex.split(label))
    assert labels["org.opencontainers.image.version"] == PROJECT["project"]["version"]
    assert labels["org.opencontainers.image.licenses"] == PROJECT["project"]["license"]
    base = texts("FROM")[0].partition("@")[0]
    assert labels["org.opencontainers.image.base.name"] == f"docker.io/library/{base}"


def test_the_base_has_a_python_that_the_project_takes() -> None:
    minor = re.search(r"python:3\.(\d+)", texts("FROM")[0])
    least = re.search(r">=3\.(\d+)", PROJECT["project"]["requires-python"])
    assert minor
    assert least
    assert int(minor[1]) >= int(least[1])


def test_everything_is_installed_by_hash() -> None:
    installs = [step for text in texts("RUN") for step in text.split("&&") if " install " in step and "pip" in step]
    fetching = [step for step in installs if "--no-index" not in step]
    assert fetching
    assert all("--require-hashes" in step and "--only-binary :all:" in step for step in fetching)


def test_both_extras_are_among_the_pins() -> None:
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    extras = [
        Requirement(text).name for group in PROJECT["project"]["optional-dependencies"].values() for text in group
    ]
    assert extras
    assert [name for name in extras if not re.search(rf"^{name}==", pins, re.MULTILINE)] == []


def test_the_build_backend_is_picked_from_the_pins_with_all_that_it_needs() -> None:
    picked = re.search(r"keep = /\^\(([\w|-]+)\)==/", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert picked
    names = set(picked[1].split("|"))
    pins = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    assert names == _closure("hatchling")
    assert [name for name in names if not re.search(rf"^{name}==", pins, re.MULTILINE)] == []


def _closure(name: str) -> set[str]:
    needed = [Requirement(text) for text in requires(name) or []]
    inner = [need.name for need in needed if not need.marker or need.marker.evaluate({"extra": ""})]
    return {name}.union(*(_closure(other) for other in inner))


def test_the_program_runs_without_root() -> None:
    (user,) = texts("USER")
    number = int(user.partition(":")[0])
    assert number >= 1000
    assert any(f"--uid {number}" in text for text in texts("RUN"))


def test_what_is_written_goes_to_the_volume() -> None:
    (volume,) = texts("VOLUME")
    settings = load_settings({name: value for name, value in _environment().items() if name.startswith("MONAZITE_")})
    assert settings.database_url == f"sqlite+aiosqlite:///{volume}/monazite.db"
    assert texts("WORKDIR")[-1] == volume
    copies = [shlex.split(text)[-1] for text in texts("COPY")]
    assert str(settings.feeds) in copies
    assert _environment()["PYTHONDONTWRITEBYTECODE"] == "1"


def _environment() -> dict[str, str]:
    return dict(part.split("=", 1) for text in texts("ENV") for part in shlex.split(text))


def test_a_stop_reaches_the_program() -> None:
    assert texts("STOPSIGNAL") == ["SIGTERM"]
    assert all(text.startswith("[") for word in ("ENTRYPOINT", "CMD") for text in texts(word))


@pytest.mark.parametrize("words", [loads(texts("CMD")[-1]), loads(texts("HEALTHCHECK")[-1].partition("CMD ")[2])[1:]])
def test_the_commands_of_the_image_exist(words: list[str]) -> None:
    (program,) = loads(texts("ENTRYPOINT")[-1])
    assert program in PROJECT["project"]["scripts"]
    module = PROJECT["project"]["scripts"][program].partition(":")[0].removesuffix(".__main__")
    shown = subprocess.run(
        [sys.executable, "-m", module, *words, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"{words[0]} [OPTIONS]" in shown.stdout


def test_the_health_check_asks_the_same_program() -> None:
    check = loads(texts("HEALTHCHECK")[-1].partition("CMD ")[2])
    assert check[:1] == loads(texts("ENTRYPOINT")[-1])
