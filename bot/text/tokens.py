"""Words and index terms of a text in any script: what stories are compared by and summaries are weighed by.

A term is a word in small letters without its commonest endings; in scripts written without spaces it is a pair of
neighbouring characters. Two spellings of one word that differ by keyboard or typesetting only give the same term.
"""

import re
import unicodedata
from functools import lru_cache

_JOINED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"  # kana, Chinese characters, Hangul
_PIECE = re.compile(rf"[{_JOINED}]+|\d+(?:[.,]\d+)+|[^\W_{_JOINED}]+(?:'[^\W_{_JOINED}]+)*")
_PIECE_ASCII = re.compile(r"\d+(?:[.,]\d+)+|[a-z\d]+(?:'[a-z\d]+)*")  # finds the same in folded ASCII, faster
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}")  # u.s.
_DOTTED_HINT = re.compile(r"\.[a-z]\.")  # what it cannot do without, found twenty times as fast
_JOINED_RUN = re.compile(f"[{_JOINED}]+")
_MARKS = re.compile("[\u0640\u064b-\u065f\u0670\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f]")

# Urdu, Persian and Arabic keyboards write one letter with different characters.
_SAME_LETTER = str.maketrans(
    {"ي": "ی", "ى": "ی", "ئ": "ی", "ك": "ک", "ھ": "ہ", "ه": "ہ", "ۀ": "ہ", "ۂ": "ہ", "ة": "ہ"}
    | {"آ": "ا", "أ": "ا", "إ": "ا", "ٱ": "ا", "ؤ": "و"}
    | {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'"}
)

_STOP_ENGLISH = (
    "a about after against all also am amid an and any are as at be because been before being between both but by can "
    "could did do does during for from had has have he her here him his how i if in into is it its just many may me "
    "might more most much must my new no nor not now of off on once only or our out over own said same say saying says "
    "shall she should since so some such than that the their them then there these they this those through to too "
    "under until up upon very via was we were what when where whether which while who whom whose why will with within "
    "without would you your"
)
_STOP_URDU = (
    "کا کی کے کو نے سے میں پر اور ہے ہیں تھا تھی تھے ہو یہ وہ اس ان کہ بھی تو ہی نہیں کر کیا گیا گئی گئے جو جس جن تک "
    "لیے ایک اپنے اپنی اپنا ہوا ہوئی ہوئے دیا دی دیے کہا رہا رہی رہے والے والی والا ساتھ بعد گا گی گے یا پھر اب جا جب "
    "کچھ سب انہوں انھوں انہیں اسے ہم مزید کرنے کرتے ہوتا ہوتی ہونے لیا لی وقت بارے طور"
)
_STOP_OTHER = (
    "der das den dem des ein eine einen einem einer und oder nicht mit von zu zum zur im ist sind auf für als "
    "auch an bei nach aus es sich wird le la les un une et ou du de au aux en est sont dans pour sur que qui "
    "ne ce se il elle avec ses el los las y o del al por para su sus lo como más fue os dos das em "
    "uma não com na nas nos que il gli di che per con non una è в и на не с по к о об из у за для от до что это как "
    "его их она они был было но а же при из-за في من على إلى عن أن هذا هذه التي الذي مع كان قد و ما لا بعد बाद के का "
    "की को में से है हैं और पर ने यह वह भी था थे थी कर किया एक लिए इस उस कि तो नहीं گفت را به از در که این آن با برای است شد"
)


def fold(text: str) -> str:
    """Small letters, compatibility forms and keyboard variants made one; vowel marks and invisible signs removed."""
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    folded = folded.lower().translate(_SAME_LETTER)
    if _DOTTED_HINT.search(folded):
        folded = _DOTTED.sub(lambda found: found[0].replace(".", ""), folded)
    return folded if folded.isascii() else _MARKS.sub("", folded)


_STOP = frozenset(fold(f"{_STOP_ENGLISH} {_STOP_URDU} {_STOP_OTHER}").split()) - {"us"}


def terms(text: str) -> list[str]:
    """The index terms of ``text`` in order, without words that every text has. Never a phrase; repeats are kept."""
    found: list[str] = []
    folded = fold(text)
    for piece in (_PIECE_ASCII if folded.isascii() else _PIECE).findall(folded):
        if (term := _term(piece)) is not None:
            found.append(term)
        elif piece[0] >= "\u0250" and is_joined(piece[0]):
            found.extend(piece[i : i + 2] for i in range(max(1, len(piece) - 1)))
    return found


def word_count(text: str) -> int:
    """How many words a reader would count; two characters of a script without spaces are taken for a word."""
    spaced = len(_JOINED_RUN.sub(" ", text).split()) if not text.isascii() else len(text.split())
    joined = sum(map(len, _JOINED_RUN.findall(text))) if not text.isascii() else 0
    return spaced + (joined + 1) // 2


def is_joined(character: str) -> bool:
    """Whether the character belongs to a script that puts no space between words (kana, Chinese, Hangul)."""
    return (
        "\u3040" <= character <= "\u30ff"
        or "\u3400" <= character <= "\u9fff"
        or "\uac00" <= character <= "\ud7af"
        or "\uf900" <= character <= "\ufaff"
    )


def script_of(text: str) -> str:
    """``joined`` (see is_joined), ``arabic``, ``latin`` or ``other``, by the text's first letter or digit."""
    first = text[:1]
    if not first.isalnum():
        first = next((c for c in text if c.isalnum()), "")
    if first < "\u0250":
        return "latin"
    if is_joined(first):
        return "joined"
    return "arabic" if _ARABIC.match(first) else "other"


@lru_cache(maxsize=100_000)
def _term(piece: str) -> str | None:
    """The term of a word, None for one that every text has and for a run of characters without spaces."""
    if piece in _STOP or is_joined(piece[0]) or (len(piece) == 1 and not piece.isdigit()):
        return None
    return _stem(piece) if piece[0] < "\u0250" else piece


def _stem(word: str) -> str:
    """Cut an English word's commonest endings; what is left need not be a word, only the same for its forms."""
    word = word.removesuffix("'s").replace("'", "")
    if len(word) <= 3 or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending, shortest in (("ing", 6), ("ed", 5)):
        if word.endswith(ending) and len(word) >= shortest:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lse":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word
