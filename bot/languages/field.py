"""Words that name the field itself: entries on a topic hold them whatever they report, so sharing them says little."""

from collections.abc import Mapping
from functools import cache

from bot.languages.index_terms import index_terms

_EVERYWHERE = """
rare earth rare earths critical minerals mineral metals elements magnet magnets mining mine ore export exports controls
China Chinese Beijing Pakistan Pakistani Islamabad United States US American America Washington
稀土 关键矿产 磁体 磁材 出口 管制 中国 中方 北京 巴基斯坦 巴方 伊斯兰堡 美国 美方 华盛顿 中巴 巴美 中美
نایاب ارضی معدنیات دھاتیں برآمدات چین چینی بیجنگ پاکستان پاکستانی اسلام آباد امریکا امریکہ امریکی واشنگٹن
"""
_OFTEN = """
neodymium praseodymium dysprosium terbium yttrium scandium lanthanum cerium samarium europium gadolinium holmium erbium
thulium ytterbium lutetium NdPr NdFeB REE oxide oxides concentrate separation refinery prices shares
technology technologies equipment processing refining reserves deposit deposits supply supplies
钕 镨 镝 铽 钇 钪 镧 铈 钐 铕 钆 钬 铒 铥 镱 镥 氧化物 技术 设备 加工 冶炼 储量
ٹیکنالوجی آلات ذخائر
"""
_CAPS = ((_OFTEN, 3.0), (_EVERYWHERE, 1.2))
"""The most that such a word counts, as a natural logarithm: that of a word in every twentieth, every third entry."""


@cache
def caps() -> Mapping[str, float]:
    """The most that a term (as ``bot.text.tokens`` makes them) of the field's own counts."""
    return {term: most for words, most in _CAPS for term in index_terms(words)}
