"""Names and descriptions of the commands in other languages, as Discord offers them.

Discord knows Chinese in both scripts; it has no Urdu (https://discord.com/developers/docs/reference#locales). Whoever
uses Discord in another language sees the English ones.
"""

from typing import Any

from discord import Locale
from discord.app_commands import TranslationContext, TranslationContextLocation, Translator, locale_str

# English name: name and description in simplified, then in traditional script.
_CHINESE: dict[str, tuple[str, str, str, str]] = {
    "summary": ("摘要", "最近发生了什么：带出处的摘要", "摘要", "最近發生了什麼：帶出處的摘要"),
    "subscribe": (
        "订阅",
        "在本频道发布某主题的快讯，即时或每日一次",
        "訂閱",
        "在本頻道發布某主題的快訊：即時或每日一次",
    ),
    "unsubscribe": ("退订", "不再在本频道发布某主题的快讯", "退訂", "不再在本頻道發布某主題的快訊"),
    "subscriptions": ("订阅列表", "本频道订阅了什么", "訂閱列表", "本頻道訂閱了什麼"),
    "topics": ("主题", "可以订阅的主题", "主題", "可以訂閱的主題"),
    "topic": ("自定主题", "建立自己的主题", "自訂主題", "建立自己的主題"),
    "recent": ("最新", "最新的报道及其编号", "最新", "最新的報道及其編號"),
    "story": ("事件", "一个事件：谁在何时何处说了什么", "事件", "一個事件：誰在何時何處說了什麼"),
    "why": ("原因", "为何发出或未发出快讯，以及它是否有用", "原因", "為何發出或未發出快訊，以及它是否有用"),
    "sources": ("来源", "查询的消息源，或一个事件的发布者", "來源", "查詢的消息源，或一個事件的發布者"),
    "quality": ("质量", "快讯有多准、多快", "品質", "快訊有多準、多快"),
    "status": ("状态", "机器人本身运行得如何", "狀態", "機器人本身運行得如何"),
    "help": ("帮助", "命令列表，或一个命令的用法", "說明", "指令列表，或一個指令的用法"),
}
_COLUMNS = {Locale.chinese: 0, Locale.taiwan_chinese: 2}


class ChineseTranslator(Translator):
    """Gives the library the commands' names and descriptions in Chinese."""

    async def translate(self, string: locale_str, locale: Locale, context: TranslationContext[Any, Any]) -> str | None:
        """The text in a language, None where there is none."""
        column = _COLUMNS.get(locale)
        if column is None:
            return None
        if context.location is TranslationContextLocation.command_name:
            return _CHINESE[context.data.name][column]
        if context.location is TranslationContextLocation.command_description:
            return _CHINESE[context.data.name][column + 1]
        return None
