"""Discord: the login, the gateway connection, and what the program asks of a platform."""

import asyncio
from datetime import timedelta

import aiohttp
import discord
from discord.backoff import ExponentialBackoff

from bot.commands import Commands
from bot.errors import AmbiguousDeliveryError, BotError, ConfigError, TemporaryDeliveryError
from bot.model import Delivery, Message
from bot.ports import Memory
from handlers.discord.client import NewsClient, ShardedNewsClient
from handlers.discord.posting import Poster
from handlers.discord.refusals import REFUSED


class DiscordPlatform:
    """Discord through one bot account. Only ``post`` is used by deliveries; commands arrive while ``run`` serves."""

    name = "discord"
    drops_copies_for = timedelta(seconds=120)

    def __init__(
        self, commands: Commands, token: str, memory: Memory, base_url: str = "", shards: int | None = None
    ) -> None:
        """``shards`` is the number of connections, 0 for as many as Discord advises; None makes one without shards."""
        self._token = token
        self._client: NewsClient | ShardedNewsClient
        if shards is not None:
            self._client = ShardedNewsClient(commands, memory, base_url, shards or None)
        else:
            self._client = NewsClient(commands, memory, base_url)
        self._poster = Poster(self._client, memory)

    @property
    def listening(self) -> bool:
        """Whether every connection to the gateway stands."""
        return self._client.listening

    async def start(self) -> None:
        """Log in, and bring the slash commands up to date. Messages can be posted from then on.

        Raises:
            ConfigError: the token is wrong.
            BotError: Discord cannot be reached, or does not answer as it should.
        """
        try:
            await self._client.login(self._token)
        except discord.LoginFailure:
            raise ConfigError(REFUSED) from None
        except discord.HTTPException as error:
            raise BotError(f"Discord answered {error.status} at the login; try again later") from error
        except discord.RateLimited as error:
            raise BotError(f"Discord asks to wait {error.retry_after:.0f} s before the next login") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise BotError(f"Discord cannot be reached ({error}); check the network, then start again") from error

    async def run(self) -> None:
        """Serve commands until cancelled. Lost connections are taken up again for as long as it takes.

        Raises:
            ConfigError: the token has become invalid.
            BotError: Discord will not have this connection again.
        """
        backoff = ExponentialBackoff()
        while not self._client.is_closed():
            try:
                await self._client.connect()
            except discord.ConnectionClosed as error:
                if error.code == 4004:  # authentication failed
                    raise ConfigError(REFUSED) from None
                raise BotError(f"Discord closed the gateway connection for good (code {error.code})") from error
            except AttributeError:
                # discord.py 2.7 reads the state of the last connection to take it up again; at the first there is none.
                if self._client.ws is not None:
                    raise
                await asyncio.sleep(min(60.0, backoff.delay()))

    async def stop(self) -> None:
        """Close the gateway and the REST connections."""
        await self._client.close()

    async def post(self, delivery: Delivery, message: Message) -> str:
        """Post one embed and return the message's id; what follows a story's first message goes into its thread.

        Raises:
            TemporaryDeliveryError: refused for now, or Discord was not reached.
            AmbiguousDeliveryError: sent, but no good answer came.
            BadMessageError: Discord refuses this content.
            ChannelGoneError: nothing can be posted to the channel until somebody there acts.
        """
        return await self._poster.deliver(delivery, message)

    async def edit(self, delivery: Delivery, message: Message) -> None:
        """Bring the story's first message up to date. Raises as ``post`` does."""
        try:
            await self._poster.edit(delivery, message)
        except AmbiguousDeliveryError as error:  # to do it again changes nothing
            raise TemporaryDeliveryError(str(error)) from error

    async def find(self, delivery: Delivery) -> str | None:
        """Look whether a delivery was posted, where the bot may read. Raises UnreadableError."""
        return await self._poster.find(delivery)
