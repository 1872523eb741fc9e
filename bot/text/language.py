"""The language of a text: the script decides first, then letters of one language only, then pycld2.

A headline is short, and a statistical guess at a short text is often wrong. Scripts are certain, some letters belong to
one language only, and a feed knows its own language; the guess decides only if these do not.
"""

import re
import string
import unicodedata
from functools import lru_cache

import pycld2

# Chosen by hand on headlines: a guess at fewer letters is often wrong, more characters only take time.
_ENOUGH = 600  # characters that are read
_SHORT = 60  # letters below which the feed's own language is taken instead of a guess
_ENGLISH = (" the ", " of ", " and ", " for ", " with ", " from ", " that ", " was ", " has ", " by ")
_PLAINLY = 2  # of these words make a text of an English feed English without a guess

_SCRIPTS: tuple[tuple[str, str, float], ...] = (
    # name, characters, and how many Latin letters one of them is worth (a Chinese character is about a word's half)
    ("han", "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff", 2.5),
    ("kana", "\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d", 2.0),
    ("hangul", "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3", 2.5),
    ("arabic", "\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc", 1.0),
    ("devanagari", "\u0900-\u0963\u0970-\u097f", 1.0),
    ("cyrillic", "\u0400-\u052f", 1.0),
    ("greek", "\u0370-\u03ff\u1f00-\u1fff", 1.0),
    ("hebrew", "\u05d0-\u05ea", 1.0),
    ("thai", "\u0e01-\u0e4e", 1.0),
    ("bengali", "\u0980-\u09fe", 1.0),
    ("gurmukhi", "\u0a01-\u0a76", 1.0),
    ("gujarati", "\u0a81-\u0aff", 1.0),
    ("tamil", "\u0b82-\u0bfa", 1.0),
    ("telugu", "\u0c00-\u0c7f", 1.0),
    ("kannada", "\u0c80-\u0cff", 1.0),
    ("malayalam", "\u0d00-\u0d7f", 1.0),
    ("sinhala", "\u0d81-\u0df4", 1.0),
    ("myanmar", "\u1000-\u109f", 1.0),
    ("khmer", "\u1780-\u17dd", 1.0),
    ("georgian", "\u10a0-\u10ff", 1.0),
    ("armenian", "\u0531-\u058f", 1.0),
    ("ethiopic", "\u1200-\u137f", 1.0),
)
_SCRIPT_RUNS = {name: re.compile(f"[{characters}]+") for name, characters, _ in _SCRIPTS}
_WORTH = {name: worth for name, _, worth in _SCRIPTS}
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_ASCII_LETTERS = string.ascii_letters.encode()
# A text without any of these, such as one in French or with quotation marks in print, is in no other script.
_NOT_LATIN = re.compile("[\u0370-\u1dff\u1f00-\u1fff\u2de0-\U0010ffff]")
_ONE_LANGUAGE = {
    "greek": "el",
    "hebrew": "he",
    "thai": "th",
    "bengali": "bn",
    "gurmukhi": "pa",
    "gujarati": "gu",
    "tamil": "ta",
    "telugu": "te",
    "kannada": "kn",
    "malayalam": "ml",
    "sinhala": "si",
    "myanmar": "my",
    "khmer": "km",
    "georgian": "ka",
    "armenian": "hy",
    "ethiopic": "am",
}
_HINTS_OF_SCRIPT = {
    "arabic": frozenset({"ar", "fa", "ur", "ps", "sd", "ug", "ku", "ckb", "pa"}),
    "devanagari": frozenset({"hi", "mr", "ne", "sa"}),
    "cyrillic": frozenset({"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg"}),
    "bengali": frozenset({"bn", "as"}),
    "ethiopic": frozenset({"am", "ti"}),
    "hebrew": frozenset({"he", "yi"}),
}
# Letters that one language of a script has and the others do not, in the order in which they are tried.
_TELLING_LETTERS: dict[str, tuple[tuple[str, str], ...]] = {
    "arabic": (
        ("ps", "ټډړږښګڼېۍ"),
        ("sd", "ٻڀٿٺڄڃڇڏڌڊڦڪڳڱڻ"),
        ("ug", "ېۈۆۇۋ"),
        ("ur", "ٹڈڑںےۓہۂ"),
        ("ar", "ةيكىأإؤ"),
        ("fa", "پچژگکی"),  # in Urdu too: see _by_letters
    ),
    "cyrillic": (("kk", "әғқңұһ"), ("uk", "іїєґ"), ("be", "ў"), ("sr", "ђљњћџј"), ("ru", "ыэё")),
}
# Characters that only Japan simplified or made: they show Japanese even in a headline without kana.
_JAPANESE_FORMS = re.compile("[気円発対売図駅沢県済実権総続価労単厳営戦弾縄鉱圧摂縦転辺巻団働込峠畑択訳徴拡検験]")
_ARABIC_HEH = "\u0647"
_OLD_CODES = {"iw": "he", "in": "id", "jw": "jv", "ji": "yi", "nb": "no", "nn": "no"}


def detect(text: str, hint: str = "") -> str:
    """Return the ISO 639-1 code of the text's language; ``hint`` is the feed's own language ('' if unknown).

    Latin text that is too short is taken to be in the hinted language, without a hint in English. A text without
    letters is in the hinted language, or in none (''). Raises nothing.
    """
    return _detect(text[:_ENOUGH], hint)


@lru_cache(maxsize=64)  # several stages ask about the same entry
def _detect(sample: str, hint: str) -> str:
    prior = _two_letters(hint)
    if sample.isascii() or not _NOT_LATIN.search(sample):
        return _detect_latin(sample, prior)
    used = "".join(set(sample))  # far shorter than the sample; most scripts have no character in it
    letters = {
        name: _count(run, sample) * _WORTH[name] if run.search(used) else 0.0 for name, run in _SCRIPT_RUNS.items()
    }
    script = max(letters, key=letters.__getitem__)
    east_asian = letters["han"] + letters["kana"] + letters["hangul"]
    if max(letters[script], east_asian) < 0.5 * _count(_LATIN, sample) or not letters[script]:
        return _detect_latin(sample, prior)
    if east_asian >= letters[script]:
        return _east_asian(letters, sample, prior)
    return _within_script(script, sample, prior)


@lru_cache(maxsize=256)  # feeds have few languages
def _two_letters(code: str) -> str:
    base = code.strip().lower().replace("_", "-").split("-")[0]
    base = _OLD_CODES.get(base, base)
    return base if len(base) == 2 and base.isalpha() else ""


def _count(run: re.Pattern[str], sample: str) -> int:
    return sum(map(len, run.findall(sample)))


def _east_asian(letters: dict[str, float], sample: str, prior: str) -> str:
    # Korean and Japanese headlines use Chinese characters beside their own; which then decide.
    total = letters["han"] + letters["kana"] + letters["hangul"]
    if letters["hangul"] > 0.3 * total:
        return "ko"
    if letters["kana"] > 0.1 * total:
        return "ja"
    return "ja" if prior == "ja" or _JAPANESE_FORMS.search(sample) else "zh"


def _within_script(script: str, sample: str, prior: str) -> str:
    if script == "devanagari":
        return _devanagari(sample, prior)
    if script in _TELLING_LETTERS:
        return _by_letters(script, sample, prior)
    return prior if prior in _HINTS_OF_SCRIPT.get(script, ()) else _ONE_LANGUAGE[script]


def _by_letters(script: str, sample: str, prior: str) -> str:
    lowered = sample.lower()
    found = [
        (sum(map(lowered.count, letters)), -rank, code) for rank, (code, letters) in enumerate(_TELLING_LETTERS[script])
    ]
    best = {code: count for count, _, code in found}
    if script == "arabic" and best["ur"] and not best["ps"] and not best["sd"]:
        # Urdu is often typed with Arabic yeh and kaf; ٹ, ں or ے in the text still settle it.
        return "ur"
    count, _, code = max(found)
    if count and code == "fa" and _ARABIC_HEH not in lowered:
        # Persian writes ه, Urdu ہ: a text with neither is Persian only if its feed says so.
        return "fa" if prior == "fa" else "ur"
    if count:
        return code
    if prior in _HINTS_OF_SCRIPT[script]:
        return prior
    guess = _guess(sample, prior)
    return guess if guess in _HINTS_OF_SCRIPT[script] else {"arabic": "ar", "cyrillic": "ru"}[script]


def _devanagari(sample: str, prior: str) -> str:
    if "ळ" in sample:
        return "mr"
    known = _HINTS_OF_SCRIPT["devanagari"]
    guess = _guess(sample, prior)
    if guess in known and (len(sample) >= _SHORT or prior not in known):
        return guess
    return prior if prior in known else "hi"


def _detect_latin(sample: str, prior: str) -> str:
    if sample.isascii():
        letters = len(sample) - len(sample.encode().translate(None, _ASCII_LETTERS))
    else:
        letters = _count(_LATIN, sample)
    if not letters or (prior == "en" and sum(word in sample for word in _ENGLISH) >= _PLAINLY):
        return prior
    latin_prior = prior and prior not in _OTHER_SCRIPT
    if letters < _SHORT and latin_prior:
        return prior
    guess, sure = _guess_with_confidence(sample, prior if latin_prior else "")
    if guess in _OTHER_SCRIPT:
        guess = ""
    if latin_prior and not (guess and sure):
        return prior
    return guess or "en"


_OTHER_SCRIPT = frozenset().union(*_HINTS_OF_SCRIPT.values(), _ONE_LANGUAGE.values(), {"zh", "ja", "ko"}) - {"ku", "sr"}


def _guess(sample: str, prior: str) -> str:
    return _guess_with_confidence(sample, prior)[0]


def _guess_with_confidence(sample: str, prior: str) -> tuple[str, bool]:
    # CLD2 rejects control characters and invalid Unicode.
    clean = sample.replace("\n", " ")
    if not (clean.isascii() and clean.isprintable()):
        unusable = {"Cs", "Cn", "Co"}
        clean = "".join(c if c.isprintable() else " " for c in clean if unicodedata.category(c) not in unusable)
    try:
        sure, _, details = pycld2.detect(clean.encode(), hintLanguage=prior or None)
    except pycld2.error:
        return "", False
    return _two_letters(details[0][1] if details[0][1] != "un" else ""), bool(sure)
