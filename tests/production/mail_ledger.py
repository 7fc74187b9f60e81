"""A mail server that is never in a hurry and remembers when it accepted what."""

import asyncio
import time
from dataclasses import dataclass, field

from tests.notifications.post_office import PostOffice


@dataclass
class Ledger(PostOffice):
    """Accepts each mail after `hesitation` seconds; `times` says when, by Message-ID."""

    hesitation: float = 0.0
    times: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self):
        super().__init__()

    async def handle_DATA(self, server, session, envelope):
        """As in every post office, only slower."""
        await asyncio.sleep(self.hesitation)
        answer = await super().handle_DATA(server, session, envelope)
        if answer.startswith("250"):
            self.times.setdefault(self.accepted[-1]["Message-ID"], []).append(time.monotonic())
        return answer
