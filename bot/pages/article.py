"""The text of the page that an entry leads to, for entries of which the feed gives only a teaser.

Pages are asked for politely: robots.txt is obeyed, a host has one request at a time with a pause between two, a server
that is busy is left alone, and what was had once is kept. Only the text is kept, never the page.

Pages are hostile or broken, and no limit inside the interpreter stops a C library at work: a megabyte of attributes
keeps trafilatura busy for half a minute. So each page is read by a fresh interpreter, which costs 0.3 s, knows nothing
of the bot (its environment is empty), and is killed when it takes too long. Pages are few, so that none waits idle.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from bot.feeds.fetch.results import FailureKind, Fetched, FetchFailed, FetchRequest, FetchResult
from bot.feeds.parse.encoding import as_utf8, with_good_utf8
from bot.pages.robots import EVERYTHING, NOTHING, Robots, product_token, read_robots
from bot.text.clean import clean_text
from bot.text.tokens import word_count
from bot.text.urls import canonical_url, clean_url, host_of

if TYPE_CHECKING:
    from bot.feeds.fetch.fetcher import (
        Fetcher,  # not at run time: the interpreter that reads pages needs no HTTP client
    )

_Value = TypeVar("_Value")

_START = (
    "import sys; kind, memory, seconds, longest, *sys.path = sys.argv[1:];"
    "from bot.pages.article import main; main(kind, int(memory), int(seconds), int(longest))"
)
_MARKUP_TYPES = ("text/html", "application/xhtml+xml")
_MOST_MARKUP = 1_000_000  # characters read of a page, scripts and styles not counted
_MOST_BYTES = 4_000_000  # of a page that says nothing of its encoding
_MOST_HOSTS = 128
_FEWEST_WORDS = 40  # a page that gives fewer has no article that we can see
_WALL_WORDS = 250  # from which a text is an article, whatever it says about cookies or subscriptions
_TEASER_WORDS = 80  # a summary wants three good sentences to choose from
_CUT_WORDS = 400  # from which a text is enough, though it may end with an ellipsis

# Their addresses lead to a page that forwards by script, to a frame around another publisher's text, or to a log-in.
_NO_PUBLISHERS = frozenset(
    (
        *("google.com", "bing.com", "msn.com", "duckduckgo.com", "news.baidu.com", "toutiao.com", "apple.news"),
        *("flipboard.com", "newsbreak.com", "smartnews.com", "newsnow.co.uk", "newsnow.com", "ground.news"),
        *("feedly.com", "inoreader.com", "headtopics.com", "biztoc.com", "t.co", "x.com", "twitter.com"),
        *("facebook.com", "instagram.com", "threads.net", "linkedin.com", "reddit.com", "youtube.com", "youtu.be"),
        *("t.me", "tiktok.com", "weibo.com"),
    )
)
_DOORS = re.compile(r"(?:consent|guce|login|signin|accounts?|auth|sso|subscribe)\.")  # hosts that pages are hidden by
_DOOR_PATHS = re.compile(r"(?i)/(?:consent|cookie-?wall|paywall|log-?in|sign-?in|subscribe|captcha)(?:[/.?]|$)")
_PAID = re.compile(r"""(?i)["']?isAccessibleForFree["']?\s*[:=]\s*["']?(?:false|https?://schema\.org/False)\b""")
_WALL = re.compile(
    r"""(?ix)
    subscribe\ (?:now\ )?to\ (?:continue|read|keep|unlock) | (?:already|not\ yet)\ a\ (?:subscriber|member)
  | (?:for|to)\ (?:our\ )?(?:subscribers|members)\ only | (?:subscribers|members)[- ]only
  | (?:this|the)\ (?:article|story)\ is\ (?:only\ )?(?:for|available\ to)\ (?:our\ )?(?:subscribers|members)
  | (?:log|sign)\ in\ (?:or\ (?:register|subscribe)\ )?to\ (?:continue|read|view)
  | (?:free\ articles?|articles?\ left)\ (?:this|remaining|left) | unlock\ (?:this|the)\ (?:article|story)
  | reached\ your\ (?:limit|article) | (?:enable|turn\ on|requires?|activate)\ java\s?script
  | verify\ (?:that\ )?you\ are\ (?:a\ )?human | are\ you\ a\ robot | checking\ (?:if\ the\ site|your\ browser)
  | unusual\ traffic\ from | access\ to\ this\ page | \Aaccess\ denied | before\ you\ continue\ to
  | (?:we|our)\ (?:and\ our\ )?.{0,20}partners\b.{0,120}\b(?:cookies|personal\ data|device)
  | (?:accept|manage|reject)\ (?:all\ )?cookies | \b(?:page|article|story)\ (?:was\ |is\ |could\ )?not\ (?:be\ )?found
  | 登录后(?:查看|阅读|继续) | 请(?:先)?(?:登录|订阅) | (?:开启|启用)\ ?javascript
  | (?:会员|订阅用户|付费)(?:专享|专属|内容|阅读) | 安全验证 | 访问(?:被拒绝|异常|过于频繁) | 页面不存在
  | لاگ\ ان\ کریں | سبسکرائب\ کریں
    """
)
_CUT_OFF = re.compile(
    r"""(?ix)(?:
    … | \.{3} | 。{3} | ۔{3} | ⋯ | \[\+\d+\ chars\] | [(\[]more[)\]] | \bmore\ ?[»→>]+
  | \bfull\ (?:story|article|text|report) | \bclick\ here\b.{0,60} | \b(?:continue|keep)\ reading\b.{0,120}
  | \b(?:read|see|view|find\ out)\ (?:the\ )?(?:more|full|whole|rest|entire|original)\b.{0,60}
  | (?:阅读|查看|点击)(?:全文|原文|更多|详情) | [\[（(【]全文[\]）)】] | (?:続き|全文)を読む
  | (?:مزید|مکمل\ خبر)\ پڑھ(?:یں|یے|ئے) | (?:اقرأ|لقراءة)\ المزيد | (?:और|पूरा)\ पढ़ें
  | \bweiterlesen | \bmehr\ lesen | \blire\ la\ suite | \b(?:leer|leia)\ m[áa]i?s | \bseguir\ leyendo
  | \bчитать\ (?:далее|полностью|дальше)
    )[\W_]*\Z"""
)
_SYNDICATED = re.compile(r"\s*The post .{1,300} (?:appeared first on|first appeared on) .{1,100}\Z", re.DOTALL)
_DECLARED = re.compile(rb"""(?i)<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""")
_BULK = re.compile(r"(?is)<(script(?![^>]{0,200}ld\+json)|style|svg|template)\b[^>]*>.*?</\1\s*>")


@dataclass(frozen=True, slots=True)
class ArticleLimits:
    """Times in seconds unless they are a timedelta.

    ``patience`` bounds a whole ``read``, waiting included; ``pause`` is the least time between two pages of a host and
    ``longest_pause`` the most that a Crawl-delay can make of it. ``pages`` is how many results are remembered, each of
    at most ``longest`` characters; a text is kept for ``keep``, a failure for ``retry``, a robots.txt for ``robots``.
    """

    patience: float = 20.0
    pause: float = 1.0
    longest_pause: float = 10.0
    reading_seconds: int = 5
    reading_memory: int = 384 << 20
    longest: int = 20_000
    pages: int = 256
    keep: timedelta = timedelta(days=1)
    retry: timedelta = timedelta(minutes=30)
    robots: timedelta = timedelta(days=1)


class ArticleReader:
    """Reads pages of articles, for one event loop. ``user_agent`` is what ``fetcher`` sends; its name is looked for in
    robots.txt files.
    """

    def __init__(self, fetcher: Fetcher, limits: ArticleLimits, *, user_agent: str) -> None:
        self._fetcher = fetcher
        self._limits = limits
        self._robot = product_token(user_agent)
        self._texts: _Memory[str] = _Memory(limits.pages)
        self._robots: _Memory[Robots] = _Memory(_MOST_HOSTS)
        self._busy: _Memory[bool] = _Memory(_MOST_HOSTS)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._free_at: dict[str, float] = {}
        self._one_page = asyncio.Semaphore(1)

    async def read(self, url: str, now: datetime) -> str:
        """The text of the article at ``url``, its paragraphs in lines; '' where none may or can be had.

        Never raises for what others do. Takes at most ``patience`` seconds. Two who ask for one page at once share it.
        """
        address = clean_url(url).partition("#")[0]
        host = host_of(address)
        if not host or _is_no_publisher(host):
            return ""
        key = canonical_url(address)
        known = self._texts.get(key, now)
        if known is not None:
            return known
        turn = self._turns.get(host) or self._turns.setdefault(host, asyncio.Lock())
        try:
            async with asyncio.timeout(self._limits.patience), turn:
                known = self._texts.get(key, now)  # somebody else may have had it meanwhile
                return known if known is not None else await self._have(address, key, now)
        except TimeoutError:
            return ""

    async def _have(self, address: str, key: str, now: datetime) -> str:
        """Fetch and read a page, if its publisher lets us, and remember how that ended."""
        host = host_of(address)
        if self._busy.get(host, now):
            return ""
        robots = await self._robots_of(address, now)
        if not robots.allows(address):
            return ""  # known from its robots.txt as long as that is
        await asyncio.sleep(max(0.0, self._free_at.get(host, 0.0) - asyncio.get_running_loop().time()))
        text = ""
        try:

            async def may_follow(url: str) -> bool:
                return (await self._robots_of(url, now)).allows(url)

            answer = await self._fetcher.fetch(FetchRequest(address, may_follow=may_follow))
            text = await self._text_of(answer, address, now)
        finally:  # whoever ran out of patience need not wait as long again
            self._texts.put(key, text, now + (self._limits.keep if text else self._limits.retry))
            self._rest(host, robots.delay or 0.0)
        return text

    def _rest(self, host: str, delay: float) -> None:
        present = asyncio.get_running_loop().time()
        if len(self._free_at) >= _MOST_HOSTS:
            self._free_at = {name: free for name, free in self._free_at.items() if free > present}
        self._free_at[host] = present + min(max(delay, self._limits.pause), self._limits.longest_pause)

    async def _text_of(self, answer: FetchResult, address: str, now: datetime) -> str:
        if not isinstance(answer, Fetched):
            self._note_if_busy(answer, host_of(address), now)
            return ""
        if answer.content_type.partition(";")[0].strip().lower() not in _MARKUP_TYPES:
            return ""
        if answer.url != address and _leads_away(answer.url, address):
            return ""
        text = clean_text(await self._extract(answer.body, answer.content_type)).strip()
        return "" if _is_wall(text) else text

    async def _robots_of(self, url: str, now: datetime) -> Robots:
        """The robots.txt of the site that ``url`` is on (RFC 9309, section 2.3.1): asked for once a day."""
        site = "/".join(url.split("/", 3)[:3])
        robots = self._robots.get(site, now)
        if robots is None:
            answer = await self._fetcher.fetch(FetchRequest(f"{site}/robots.txt"))
            self._note_if_busy(answer, host_of(url), now)
            robots = _robots_from(answer, self._robot)
            lasting = self._limits.retry if robots is NOTHING else self._limits.robots
            self._robots.put(site, robots, now + lasting)
        return robots

    def _note_if_busy(self, answer: FetchResult, host: str, now: datetime) -> None:
        """Leave a host alone that says it has too much to do: as long as it asks, within a day."""
        if isinstance(answer, FetchFailed) and answer.kind == FailureKind.THROTTLED:
            wait = max(timedelta(seconds=min(answer.retry_after or 0.0, 86_400.0)), self._limits.retry)
            self._busy.put(host, True, now + wait)

    async def _extract(self, body: bytes, content_type: str) -> str:
        """Have another interpreter read a page; '' where it takes too long or too much memory, or dies of it."""
        limits = self._limits
        arguments = (content_type, *map(str, (limits.reading_memory, limits.reading_seconds, limits.longest)))
        async with self._one_page:
            try:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *("-I", "-S", "-c", _START, *arguments, *_import_path()),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                    env={} if os.name == "posix" else None,
                    start_new_session=True,  # a terminal's Ctrl-C is for the bot to hear
                )
            except (OSError, ValueError):  # no process to be had now; a header with a NUL in it
                return ""
            try:
                async with asyncio.timeout(limits.reading_seconds):
                    found, _ = await process.communicate(body)
            except TimeoutError:
                return ""
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        return found.decode("utf-8", "replace") if process.returncode == 0 else ""


class _Memory(Generic[_Value]):
    """Values by key, each until its time; of more than ``most`` those not used for longest are forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, tuple[_Value, datetime]] = OrderedDict()

    def get(self, key: str, now: datetime) -> _Value | None:
        value, until = self._kept.get(key, (None, now))
        if until <= now:
            return None
        self._kept.move_to_end(key)
        return value

    def put(self, key: str, value: _Value, until: datetime) -> None:
        self._kept[key] = value, until
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


def is_teaser(entry_text: str, title: str) -> bool:
    """Whether a feed's text is only an invitation to the page: short, the title again, or cut off.

    Short is under 80 words, two characters of Chinese or Japanese being a word. A text of 400 words is none however it
    ends: publishers put "read more" under whole articles, too.
    """
    text = (entry_text[:-500] + _SYNDICATED.sub("", entry_text[-500:])).strip()
    words = word_count(text.removeprefix(title.strip()))
    return words < _TEASER_WORDS or (words < _CUT_WORDS and bool(_CUT_OFF.search(text[-300:])))


def extract_text(body: bytes, content_type: str, longest: int) -> str:
    """The main text of a page, without headings of the first order, menus and comments; '' where there is none.

    Slow, and at the mercy of the page: for ``main``, which runs in an interpreter that can be killed.
    """
    from trafilatura import extract  # noqa: PLC0415 - 0.2 s that the bot itself never needs

    markup = _markup(body, content_type)
    if _PAID.search(markup):  # https://schema.org/isAccessibleForFree
        return ""
    markup = _BULK.sub("", markup)[:_MOST_MARKUP]
    # Precision: otherwise short texts, and most Chinese ones, come back as the page with all its menus in one line.
    text = extract(markup, favor_precision=True, include_comments=False, include_tables=False, prune_xpath="//h1")
    return _cut(text or "", longest)


def main(content_type: str, memory: int, seconds: int, longest: int) -> None:
    """Read a page from standard input and write its text to standard output, both as bytes; limits as in the names."""
    _confine(memory, seconds)
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # should a library print, it must not garble the answer
    text = extract_text(sys.stdin.buffer.read(), content_type, longest)
    answer.write(text.encode("utf-8", "replace"))
    answer.flush()
    os._exit(0)  # nothing is open that would need an orderly end


def _confine(memory: int, seconds: int) -> None:
    """Have the system end this process should it outlive its time, even if nobody is left to kill it."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + 1, seconds + 1))


def _markup(body: bytes, content_type: str) -> str:
    """Decode a page: by its header, else as it declares itself, else as UTF-8, else by a guess."""
    declared = None if "charset" in content_type.lower() else _DECLARED.search(body[:4096])
    kind = f"text/html; charset={declared[1].decode()}" if declared else content_type
    document = with_good_utf8(as_utf8(body, kind)[0])
    try:
        return document.decode()
    except UnicodeDecodeError:
        from trafilatura.utils import decode_file  # noqa: PLC0415 - as above

        return decode_file(document[:_MOST_BYTES])


def _cut(text: str, longest: int) -> str:
    """At most ``longest`` characters, ending with a whole line or word where one ends in the last tenth."""
    if len(text) <= longest:
        return text
    end = max(text.rfind(blank, longest * 9 // 10, longest + 1) for blank in "\n ")
    return text[: end if end > 0 else longest]


def _import_path() -> list[str]:
    return [str(Path(__file__).parents[2]), *(str(Path(entry).absolute()) for entry in sys.path)]


def _is_no_publisher(host: str) -> bool:
    labels = host.split(".")
    return any(".".join(labels[start:]) in _NO_PUBLISHERS for start in range(len(labels)))


def _leads_away(url: str, asked: str) -> bool:
    """Whether a redirect went to a log-in, a consent page, an aggregator, or to a front page as for lost articles."""
    host, path = host_of(url), urlsplit(url).path
    front = path.strip("/") == "" and urlsplit(asked).path.strip("/") != ""
    return front or _is_no_publisher(host) or bool(_DOORS.match(host) or _DOOR_PATHS.search(path))


def _robots_from(answer: FetchResult, robot: str) -> Robots:
    """What an answer to the request for robots.txt means (RFC 9309, section 2.3.1)."""
    if isinstance(answer, Fetched):
        return read_robots(answer.body, robot)
    status = answer.status or 0
    if not isinstance(answer, FetchFailed) or answer.kind in (FailureKind.THROTTLED, FailureKind.TOO_LARGE):
        return NOTHING
    absent = status // 100 == 4 or answer.kind == FailureKind.REDIRECTS
    empty = status // 100 == 2
    return EVERYTHING if absent or empty else NOTHING


def _is_wall(text: str) -> bool:
    """Whether a page's text is what stands in front of an article: too short, or short and about reading it."""
    words = word_count(text)
    return words < _FEWEST_WORDS or (words < _WALL_WORDS and bool(_WALL.search(text)))
