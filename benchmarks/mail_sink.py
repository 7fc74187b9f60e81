"""An SMTP server that writes what it gets to a file. Prints its port. `python -m benchmarks.mail_sink FILE`."""

import asyncio
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP


class Keep:
    """Appends each mail, with its length before it."""

    def __init__(self, path: Path):
        self.path = path

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        """Offer what every mail server in use offers."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server, session, envelope):
        """Keep one mail."""
        with self.path.open("ab") as file:
            file.write(len(envelope.content).to_bytes(4, "big") + envelope.content)
        return "250 OK"


async def serve(path: Path) -> None:
    """Serve until killed."""
    keep = Keep(path)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(keep), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
