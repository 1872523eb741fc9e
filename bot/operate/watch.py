"""An address for those who operate the bot: ``/livez``, ``/readyz`` and ``/metrics`` over HTTP. It takes no orders."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, ProcessCollector, generate_latest

from bot.errors import ConfigError
from bot.model import DeliveryState
from bot.observe import Meters
from bot.operate.health import Check, Health, Look
from bot.ports import Clock

_PULSE = 0.5  # seconds between two measurements of the event loop's lag

log = structlog.get_logger()


class Watch:
    """Serves the three paths at ``place``, host and port. Words that come from elsewhere pass ``clean`` first."""

    def __init__(
        self, health: Health, meters: Meters, place: tuple[str, int], *, clock: Clock, clean: Callable[[str], str]
    ) -> None:
        self._health = health
        self._meters = meters
        self._place = place
        self._clock = clock
        self._clean = clean
        self._gauges = _Gauges(meters)

    async def run(self) -> None:
        """Serve until cancelled. Raises ConfigError where nobody can listen at the place."""
        app = web.Application(client_max_size=1024)
        app.add_routes(
            [web.get("/livez", self._live), web.get("/readyz", self._ready), web.get("/metrics", self._metrics)]
        )
        app.on_response_prepare.append(_without_banner)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        host, port = self._place
        lag = asyncio.ensure_future(self._measure_lag())
        try:
            await web.TCPSite(runner, host, port).start()
            log.info("watched", address=f"{host}:{port}")
            await lag
        except OSError as error:
            reason = error.strerror or error
            raise ConfigError(f"MONAZITE_HTTP: cannot listen on {host}:{port}: {reason}") from None
        finally:
            lag.cancel()
            await runner.cleanup()
            await self._health.close()

    async def _live(self, request: web.Request) -> web.Response:
        """That this is answered says that the event loop turns."""
        return web.Response(text="alive\n")

    async def _ready(self, request: web.Request) -> web.Response:
        checks = self._health.checks(await self._health.look())
        ready = all(check.ok for check in checks)
        told = {
            "ready": ready,
            "reasons": [self._clean(f"{check.name}: {check.detail}") for check in checks if not check.ok],
            "checks": {check.name: {"ok": check.ok, "detail": self._clean(check.detail)} for check in checks},
        }
        text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
        return web.Response(text=text, status=200 if ready else 503, content_type="application/json")

    async def _metrics(self, request: web.Request) -> web.Response:
        look = await self._health.look()
        self._gauges.set(look, self._health.checks(look), self._clock(), self._health)
        # Numbers and names of the house: nothing in it could hold a secret.
        body = generate_latest(self._meters.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _measure_lag(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _PULSE
            await asyncio.sleep(_PULSE)
            self._meters.lagged(loop.time() - due)


class _Gauges:
    """What is read from the database, and of the program, when somebody asks."""

    def __init__(self, meters: Meters) -> None:
        registry = meters.registry
        ProcessCollector(registry=registry)
        self._ready = Gauge("monazite_ready", "Whether every check is as it should be.", registry=registry)
        self._check = Gauge("monazite_check", "One check of readiness: 1 or 0.", ["check"], registry=registry)
        self._outbox = Gauge("monazite_outbox", "Messages by state.", ["platform", "state"], registry=registry)
        self._oldest = Gauge(
            "monazite_oldest_owed_seconds", "Age of the oldest message owed; 0 if none is.", registry=registry
        )
        self._repeated = Gauge("monazite_possible_duplicates", "Messages that may be there twice.", registry=registry)
        self._feeds = Gauge("monazite_feeds", "Feeds by state.", ["state"], registry=registry)
        self._leads = Gauge("monazite_leads", "Whether this program leads.", registry=registry)
        self._up = Gauge(
            "monazite_platform_up", "Whether the platform can be posted to.", ["platform"], registry=registry
        )

    def set(self, look: Look, checks: list[Check], now: datetime, health: Health) -> None:
        """Set every figure again; those that cannot be read are left out."""
        for gauge in (self._check, self._outbox, self._feeds, self._up):
            gauge.clear()
        self._ready.set(all(check.ok for check in checks))
        for check in checks:
            self._check.labels(check.name).set(check.ok)
        for name in health.connections.wanted:
            self._up.labels(name).set(name in health.connections)
        if look.figures is None:
            return
        for name in health.connections.wanted:
            for known in DeliveryState:
                self._outbox.labels(name, known.value)  # at 0, so that a rate can be taken of the first one
        for (platform, state), number in look.figures.outbox.items():
            self._outbox.labels(platform, state).set(number)
        owed = look.figures.oldest_owed
        self._oldest.set(max(0.0, (now - owed).total_seconds()) if owed else 0.0)
        self._repeated.set(look.figures.repeated)
        for state, number in look.figures.feeds.items():
            self._feeds.labels(state).set(number)
        leader = look.figures.leader
        self._leads.set(leader is not None and leader[0] == health.owner and leader[1] >= now)


async def _without_banner(request: web.Request, response: web.StreamResponse) -> None:
    """Say not which versions of which libraries answer."""
    response.headers["Server"] = "monazite"
