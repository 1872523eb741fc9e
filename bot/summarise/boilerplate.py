"""Lines of a page that are not news: datelines, credits, captions, invitations to read on or to subscribe."""

import re

from bot.text.tokens import word_count

# Chosen by hand: higher limits drop short news, lower ones keep more labels.
_FEWEST_WORDS = 4  # a shorter line is a label, a by-line or a heading
_LONGEST = 220  # characters; a longer sentence is news even if it contains such words

_OPENINGS = re.compile(
    r"""(?:
    (?:read|see|learn|find\ out)\ (?:more|also|next|the\ full)\b | (?:also|related)\ (?:read|stories|articles|news)\b
  | continue\ reading\b | scroll\ down\b | (?:click|tap)\ here\b | (?:subscribe|sign\ up|log\ in|register)\b.{0,60}$
  | (?:like|join|follow)\ us\b | (?:get|download)\ (?:the|our|more)\b.{0,50}\b(?:app|newsletter|inbox|news)\b
  | (?:copyright\b|©|\(c\)\ ) | the\ post\b.{0,150}\bappeared\ first\ on\b
  | this\ (?:story|article)\ (?:was|has\ been)\ (?:originally\ )?(?:published|updated|corrected|automatically)\b
  | (?:photo|image|picture|video|watch|listen|credit|source|caption|file|advertisement|sponsored|share|tags?|topics?)
    (?:\ (?:credit|source|by|courtesy))?\s*:
  | (?:by|reporting\ by|editing\ by|written\ by|compiled\ by|with\ inputs?\ from|from\ our)\b.{0,60}(?<![.!?])$
  | \(?(?:reporting|additional\ reporting|editing|writing)\ by\b
  | (?:published|updated|posted|last\ (?:updated|modified))\b.{0,60}\d | \d{1,2}:\d{2}\b.{0,40}$
  | (?:disclaimer|note\ to\ editors|about\ the\ author|editor'?s\ note|(?:story|article)\ highlights)\b
  | (?:share|tweet|print|comment)\ (?:this|on)\b | loading\b.{0,20}$
  | (?:责任)?编辑[：:] | (?:来源|作者|文|图|摄影|记者|校对|监制|原标题|资料图|视频)[：:/]
  | (?:点击|更多精彩|相关阅读|延伸阅读|推荐阅读|阅读原文|下载).{0,30}$ | [（(].{0,30}(?:摄|编辑|记者).{0,12}[)）]$
  | (?:مزید|یہ\ بھی)\ (?:پڑھیں|پڑھیے|دیکھیں) | (?:فوٹو|تصویر|ویڈیو|ماخذ)\s*:
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# For lower case. Every alternative begins with a literal character, so that the search skips most of a text quickly.
_CALL = r"\ (?:now|today|here|to|for)\b.{0,80}\b(?:newsletter|channel|updates|access|alerts|inbox)\b"
_PICTURE = r"(?:photo|image|picture)(?:\ by)?\b[^)]*\)?\W*$"
_ANYWHERE = re.compile(
    rf"""
    \ reading\W*$ | read\ more\W*$ | click\ here\ (?:to|for)\b | follow\ us\ on\b | all\ rights\ reserved\b
  | subscribe{_CALL} | sign\ up{_CALL} | may\ not\ be\ (?:published|reproduced|redistributed)\b
  | this\ is\ a\ rush\ transcript\b | \({_PICTURE} | \(file\ {_PICTURE} | getty\ images\b | a[fp]p?\ photo\b
  | shutterstock\b | representational\ (?:image|photo)\b
  | 扫(?:描|码)?.{{0,8}}二维码 | 关注.{{0,12}}公众号 | 版权(?:所有|归) | 未经.{{0,8}}(?:授权|许可) | 转载请注明
  | سبسکرائب | واٹس\ ?ایپ\ چینل | کلک\ کریں | جملہ\ حقوق | فالو\ کریں
    """,
    re.VERBOSE,
)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+")
_DATELINE = re.compile(
    r"[A-Z][A-Z .,'/-]{2,40}(?:,?\s*(?:[A-Z][a-z]+\.?\s*)?\d{1,2}(?:\s[A-Z][a-z]+)?)?"  # ISLAMABAD, Oct. 3
    r"\s*(?:\([^)]{2,40}\))?\s*[:–—-]*\.?"  # (Agency) –
)


def is_boilerplate(sentence: str) -> bool:
    """Return whether a sentence belongs to the page and not to the news, as every very short line does."""
    text = sentence.strip()
    if len(text) > _LONGEST:
        return False
    if word_count(_ADDRESS.sub("", text)) < _FEWEST_WORDS or _DATELINE.fullmatch(text):
        return True
    return bool(_OPENINGS.match(text) or _ANYWHERE.search(text.lower()))
