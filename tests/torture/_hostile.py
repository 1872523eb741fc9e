"""Feeds that mean harm, made by the seed: the same number of each kind, none of them like another."""

import asyncio
import gzip
import json
import random
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import brotli
from aiohttp import web

_DRIP = 0.2  # seconds between two bytes
Answer = tuple[bytes, dict[str, str]]
_XML = {"Content-Type": "application/rss+xml"}


def _rss(body: str, head: str = "") -> Answer:
    text = f"<?xml version='1.0'?>{head}<rss version='2.0'><channel><title>T</title>{body}</channel></rss>"
    return text.encode("utf-8", "surrogatepass"), _XML


def _item(title: str, rest: str = "") -> str:
    return f"<item><title>{title}</title><link>http://x.example/{abs(hash(title)) % 10**6}</link>{rest}</item>"


def plain(name: str, entries: int) -> bytes:
    """A feed that means no harm; it is not well formed, so that the slower reader is at work, too."""
    body, _ = _rss(
        "".join(_item(f"{name} {n} & more", "<description>A plain text.</description>") for n in range(entries))
    )
    return body


def _laughs(rng: random.Random) -> Answer:
    depth = rng.randint(8, 12)
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, depth))
    return _rss(_item(f"&l{depth - 1};"), f'<!DOCTYPE r [<!ENTITY l0 "ha">{entities}]>')


def _outside(rng: random.Random) -> Answer:
    where = rng.choice(("file:///etc/passwd", "http://127.0.0.1:1/x", "ftp://127.0.0.1/x"))
    return _rss(_item("&e;"), f'<!DOCTYPE r [<!ENTITY e SYSTEM "{where}"><!ENTITY % p SYSTEM "{where}"> %p;]>')


def _deep(rng: random.Random) -> Answer:
    depth = rng.randint(5_000, 50_000)
    return _rss(_item("deep", "<a>" * depth + "</a>" * depth))


def _attributes(rng: random.Random) -> Answer:
    many = " ".join(f'a{n}="{n}"' for n in range(rng.randint(50_000, 200_000)))
    return _rss(_item("attributes", f"<x {many}/>"))


def _huge_text(rng: random.Random) -> Answer:
    return _rss(_item("huge", f"<description>{'word ' * rng.randint(500_000, 1_500_000)}</description>"))


def _many(rng: random.Random) -> Answer:
    return _rss("".join(_item(f"entry {n} {rng.random()}") for n in range(rng.randint(20_000, 40_000))))


def _nulls(rng: random.Random) -> Answer:
    body, headers = _rss("".join(_item(f"null \x00 {chr(rng.randint(1, 31))} {n}") for n in range(20)))
    return body, headers


def _charset(rng: random.Random) -> Answer:
    body, _ = _rss(_item("Bodenschätze 稀土 نایاب"))
    wrong = rng.choice(("utf-16", "utf-7", "gb18030", "shift_jis", "x-nonsense", "utf-32", "idna", "rot13", "hex"))
    return body, {"Content-Type": f"text/xml; charset={wrong}"}


def _gzip_bomb(rng: random.Random) -> Answer:
    return gzip.compress(b"<rss>" + b"\0" * (rng.randint(100, 300) << 20), 9), {**_XML, "Content-Encoding": "gzip"}


def _brotli_bomb(rng: random.Random) -> Answer:
    return brotli.compress(b"a" * (rng.randint(50, 100) << 20), quality=1), {**_XML, "Content-Encoding": "br"}


def _deflate_noise(rng: random.Random) -> Answer:
    return zlib.compress(b"<rss/>")[:-3] + rng.randbytes(50), {**_XML, "Content-Encoding": "deflate"}


def _numbers(rng: random.Random) -> Answer:
    bad = "".join(f"&#{rng.choice((0, 55296, 1114112, 999999999999, 8238, 27))};" for _ in range(30))
    return _rss(_item(f"numbers {bad}"))


def _directions(rng: random.Random) -> Answer:
    marks = "\u202e\u2066\u200b\ufeff\x1b[31m\x07"
    return _rss("".join(_item(f"{''.join(rng.sample(marks, 4))} abc {n}") for n in range(20)))


def _links(rng: random.Random) -> Answer:
    wrong = ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://[::1", "http://user:x@h/", "//h")
    return _rss("".join(f"<item><title>l{n}</title><link>{rng.choice(wrong)}</link></item>" for n in range(20)))


def _dates(rng: random.Random) -> Answer:
    wrong = ("9999-99-99", "Mon, 99 Foo 0000 99:99:99 +9999", "-1", "1e400", "0000-00-00T00:00:00Z", "٢٠٢٦-٠١-٠١")
    return _rss("".join(_item(f"d{n}", f"<pubDate>{rng.choice(wrong)}</pubDate>") for n in range(20)))


def _json_deep(rng: random.Random) -> Answer:
    depth = rng.randint(10_000, 100_000)
    text = '{"version":"https://jsonfeed.org/version/1.1","items":' + "[" * depth + "]" * depth + "}"
    return text.encode(), {"Content-Type": "application/feed+json"}


def _json_wrong(rng: random.Random) -> Answer:
    values: list[Any] = [None, 1e308, True, [], {}, "x" * 100_000, -1]
    items = [{key: rng.choice(values) for key in ("id", "url", "title", "date_published")} for _ in range(50)]
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": items, "title": rng.choice(values)}
    return json.dumps(feed).encode(), {"Content-Type": "application/feed+json"}


def _noise(rng: random.Random) -> Answer:
    return rng.randbytes(rng.randint(10, 200_000)), _XML


KINDS: tuple[Callable[[random.Random], Answer], ...] = (
    _laughs, _outside, _deep, _attributes, _huge_text, _many, _nulls, _charset, _gzip_bomb, _brotli_bomb,
    _deflate_noise, _numbers, _directions, _links, _dates, _json_deep, _json_wrong, _noise,
)  # fmt: skip


async def serve(size: int, seed: int) -> None:
    """Serve ``size`` hostile feeds at /0, /1, … and good ones at /good-…; print the address, and go on until killed."""
    rng = random.Random(seed)
    bodies = [KINDS[n % len(KINDS)](rng) for n in range(size - max(3, size // 10))]

    async def answer(request: web.Request) -> web.StreamResponse:
        name = request.match_info["n"]
        if name.startswith("good"):
            return web.Response(body=plain(name, 200), content_type="application/rss+xml")
        number = int(name)
        if number < len(bodies):
            body, headers = bodies[number]
            return web.Response(body=body, headers=headers)
        if number % 3 == 0:  # redirects without an end
            raise web.HTTPFound(f"/{number}?{time.monotonic()}")
        endless = web.StreamResponse(headers={"Content-Type": "application/rss+xml"})
        await endless.prepare(request)
        with suppress(ConnectionError):  # whoever reads it hangs up at last
            while True:
                await endless.write(b"<" if number % 3 == 1 else b"<rss>" * 10_000)
                await asyncio.sleep(_DRIP if number % 3 == 1 else 0)
        return endless

    app = web.Application()
    app.add_routes([web.get("/{n}", answer)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
