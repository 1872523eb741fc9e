"""Names and descriptions of the commands, and descriptions of their options, in other languages.

Discord knows Chinese in both scripts; it has no Urdu (https://discord.com/developers/docs/reference#locales). People
who use Discord in another language see the English ones.
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
# English description of an option: in simplified, then in traditional script. Words to choose from, such as "split",
# stay English, because they are what one would type. A thread is named as Discord itself names it in each script.
_CHINESE_OPTIONS: dict[str, tuple[str, str]] = {
    "Only this topic": ("只看此主题", "只看此主題"),
    "How far back, such as 24h or 7d": ("回溯多久，例如 24h 或 7d", "回溯多久，例如 24h 或 7d"),
    "What to be told of": ("要接收哪个主题的快讯", "要接收哪個主題的快訊"),
    "The least score from 0 to 1": ("最低分数，从 0 到 1", "最低分數，從 0 到 1"),
    "Language codes, such as en,zh,ur": ("语言代码，例如 en,zh,ur", "語言代碼，例如 en,zh,ur"),
    "The hour of one message a day, such as 08:00; without it, alerts at once": (
        "每日一次发布的时刻，例如 08:00；不填则即时发布",
        "每日一次發布的時刻，例如 08:00；不填則即時發布",
    ),
    "Hours in which nothing is posted, such as 22:00-07:00": (
        "不发布任何消息的时段，例如 22:00-07:00",
        "不發布任何訊息的時段，例如 22:00-07:00",
    ),
    "The time zone of these hours": ("上述时间所在的时区", "上述時間所在的時區"),
    "Where denials are shown besides the thread": ("除子区外，否认还显示在哪里", "除討論串外，否認還顯示在哪裡"),
    "Fill these in in a form": ("在表单中填写这些内容", "在表單中填寫這些內容"),
    "The topic to end, or all": ("要退订的主题；all 表示全部", "要退訂的主題；all 表示全部"),
    "What to do": ("要做什么", "要做什麼"),
    "The topic's name": ("主题的名称", "主題的名稱"),
    'For new and test: such as "reko diq" AND (copper OR gold) NOT cricket': (
        '用于 new 和 test，例如 "reko diq" AND (copper OR gold) NOT cricket',
        '用於 new 和 test，例如 "reko diq" AND (copper OR gold) NOT cricket',
    ),
    "The story's number (/recent lists the latest ones); to split, the entry's (/why lists them)": (
        "事件的编号（/最新 列出最近的）；split 时为条目的编号（由 /原因 列出）",
        "事件的編號（/最新 列出最近的）；split 時為條目的編號（由 /原因 列出）",
    ),
    "To put stories right": ("整理事件", "整理事件"),
    "To merge: the story that stays": ("用于 merge：保留下来的事件", "用於 merge：保留下來的事件"),
    "A story's number, or the address of an article": ("事件的编号，或文章的网址", "事件的編號，或文章的網址"),
    "Whether the story's alert was useful": ("该事件的快讯是否有用", "該事件的快訊是否有用"),
    "The story whose publishers to list": ("要列出其发布者的事件", "要列出其發布者的事件"),
    "One feed; without any of the two, all feeds that are polled": (
        "一个消息源；两项都不填则列出查询的全部消息源",
        "一個消息源；兩項都不填則列出查詢的全部消息源",
    ),
    "Only this command": ("只看此命令", "只看此指令"),
}
_COLUMNS = {Locale.chinese: 0, Locale.taiwan_chinese: 1}


class ChineseTranslator(Translator):
    """Gives the library in Chinese what people see of the commands before they send one.

    What has no translation is shown in English: a missing word must not keep a command away.
    """

    async def translate(self, string: locale_str, locale: Locale, context: TranslationContext[Any, Any]) -> str | None:
        """Return the text in a language, None where there is none."""
        column = _COLUMNS.get(locale)
        if column is None:
            return None
        if context.location is TranslationContextLocation.command_name:
            return _at(_CHINESE.get(context.data.name), 2 * column)
        if context.location is TranslationContextLocation.command_description:
            return _at(_CHINESE.get(context.data.name), 2 * column + 1)
        if context.location is TranslationContextLocation.parameter_description:
            return _at(_CHINESE_OPTIONS.get(string.message), column)
        return None


def _at(texts: tuple[str, ...] | None, column: int) -> str | None:
    return texts[column] if texts else None
