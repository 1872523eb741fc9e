"""Words that name the field itself: every entry on a topic holds some, so sharing them says little about the event."""

from functools import cache

from bot.text.tokens import terms

COMMONPLACE = 1.2
"""The most that such a word counts, as a natural logarithm: about what a word in every third entry would."""

_NAMES = """
rare earth rare earths critical minerals mineral metals elements magnet magnets mining mine ore export exports controls
China Chinese Beijing Pakistan Pakistani Islamabad United States US American America Washington
稀土 关键矿产 磁体 磁材 出口 管制 中国 中方 北京 巴基斯坦 巴方 伊斯兰堡 美国 美方 华盛顿 中巴 巴美 中美
نایاب ارضی معدنیات دھاتیں برآمدات چین چینی بیجنگ پاکستان پاکستانی اسلام آباد امریکا امریکہ امریکی واشنگٹن
"""


@cache
def commonplace() -> frozenset[str]:
    """The terms of the field's names, as ``bot.text.tokens`` makes them."""
    return frozenset(terms(_NAMES))
