"""Codes of languages and countries, and the nearest right word for a wrong one.

The two sets stand here because looking them up in babel would cost more at every start than reading feeds.yaml does;
babel's names are asked only on the way to a complaint.
"""

from collections.abc import Iterable
from difflib import get_close_matches

# ISO 639-1.
_LANGUAGES = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja
    jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb
    nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so
    sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""

# ISO 3166-1 alpha-2, and what is in general use beside it: EU, XK (Kosovo), ZZ (unknown).
_COUNTRIES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET EU FI FJ FK FM
    FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
    JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN
    MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT
    PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL
    TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW ZZ
"""
LANGUAGES = frozenset(_LANGUAGES.split())
COUNTRIES = frozenset(_COUNTRIES.split())
_COUNTRY_HABITS = {"uk": "GB", "england": "GB", "usa": "US", "america": "US", "korea": "KR", "prc": "CN"}


def nearest(word: str, choices: Iterable[str]) -> str:
    """The choice that ``word`` was probably meant to be, '' where none is near."""
    by_form = {choice.lower().replace("_", "-"): choice for choice in choices}
    found = get_close_matches(word.lower().replace("_", "-"), by_form, n=1, cutoff=0.7)
    return by_form[found[0]] if found else ""


def language_for(word: str) -> str:
    """The language code for a locale (``en-US``) or an English name of a language, '' where there is none near."""
    code = word.lower().replace("_", "-").partition("-")[0]
    if code in LANGUAGES:
        return code
    names = _english_names("languages")
    near = nearest(word, names)
    return names[near] if near else ""


def country_for(word: str) -> str:
    """The country code for an English name of a country or a code in small letters, '' where there is none near."""
    if word.upper() in COUNTRIES:
        return word.upper()
    if word.lower() in _COUNTRY_HABITS:
        return _COUNTRY_HABITS[word.lower()]
    names = _english_names("territories")
    near = nearest(word, names)
    return names[near] if near else ""


def _english_names(kind: str) -> dict[str, str]:
    from babel import Locale  # noqa: PLC0415 - 40 ms that only a complaint has to pay

    known = LANGUAGES if kind == "languages" else COUNTRIES
    return {str(name): str(code) for code, name in getattr(Locale("en"), kind).items() if code in known}
