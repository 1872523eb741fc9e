"""The error tree. Third-party exceptions are converted to these in the file that imports the third party.

BotError
├── ConfigError           a file, an environment variable or an argument is wrong
├── FeedError
│   ├── FetchError        the bytes could not be fetched
│   └── ParseError        the bytes are not a feed, or parsing was stopped
├── StorageError          the database cannot be reached, or is not ours
├── DeliveryError
│   ├── TemporaryDeliveryError   surely not sent: try again later
│   ├── AmbiguousDeliveryError   outcome unknown: ask the platform before trying again
│   ├── UnreadableError          the platform does not let us look whether it was sent
│   ├── BadMessageError          the platform refuses this content: plain text once, then dead
│   └── ChannelGoneError         the channel can never be posted to again
└── CommandError          shown to the person who typed the command
"""


class BotError(Exception):
    """Anything that is shown to a person as one line, without a traceback."""


class ConfigError(BotError):
    """A configuration file, environment variable or argument is wrong; the text says where, and what is expected."""


class FeedError(BotError):
    """One feed failed; never the whole poll."""


class FetchError(FeedError):
    """The bytes of a feed or page could not be fetched."""


class ParseError(FeedError):
    """The bytes are not a feed that can be read, or reading them took too long or too much memory."""


class StorageError(BotError):
    """The database cannot be opened, reached or upgraded."""


class DeliveryError(BotError):
    """A message could not be delivered."""


class TemporaryDeliveryError(DeliveryError):
    """The platform surely did not take the message; ``retry_after`` is in seconds, or None where it did not say."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AmbiguousDeliveryError(DeliveryError):
    """The platform may or may not have taken the message (a timeout, a reset, a 5xx after the request was sent)."""


class UnreadableError(DeliveryError):
    """The platform does not let us look whether a message is there; the text says what would allow it."""


class BadMessageError(DeliveryError):
    """The platform understood the request and refuses this content permanently."""


class ChannelGoneError(DeliveryError):
    """The channel was deleted, archived, or the bot may no longer post there."""


class CommandError(BotError):
    """A command cannot be carried out; the text is shown to the person who typed it.

    ``field`` names the option of the command that is wrong (``topic``, ``score``, ``lang``, ``digest``, ``zone``,
    ``quiet``, ``denials``), for a form that shows the text beside it; '' where it is none of them.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
