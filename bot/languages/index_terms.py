"""Index terms of a text in any script: what stories are compared by and summaries are weighed by.

An index term is a word in lower case without its commonest endings; in scripts written without spaces it is a pair of
neighbouring characters. Two spellings of one word that differ by keyboard or typesetting only give the same term.
"""

import re
from functools import lru_cache

from bot.text.tokens import JOINED, fold, is_joined

_PIECE = re.compile(rf"[{JOINED}]+|\d+(?:[.,]\d+)+|[^\W_{JOINED}]+(?:'[^\W_{JOINED}]+)*")
_PIECE_ASCII = re.compile(r"\d+(?:[.,]\d+)+|[a-z\d]+(?:'[a-z\d]+)*")  # finds the same in folded ASCII, faster

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


_STOP = frozenset(fold(f"{_STOP_ENGLISH} {_STOP_URDU} {_STOP_OTHER}").split()) - {"us"}


def index_terms(text: str) -> list[str]:
    """The index terms of ``text`` in order, without words that every text has. Never a phrase; repeats are kept."""
    found: list[str] = []
    folded = fold(text)
    for piece in (_PIECE_ASCII if folded.isascii() else _PIECE).findall(folded):
        if (term := _term(piece)) is not None:
            found.append(term)
        elif piece[0] >= "\u0250" and is_joined(piece[0]):
            found.extend(piece[i : i + 2] for i in range(max(1, len(piece) - 1)))
    return found


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
