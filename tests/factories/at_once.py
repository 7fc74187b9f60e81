"""Several at the same moment, each in a thread of its own."""

import threading
from contextvars import copy_context

from django.db import connection


def at_once(*acts) -> list:
    """Each of `acts` in a thread of its own, all at the same moment; returns what they raised."""
    together, raised = threading.Barrier(len(acts)), []

    def run(act):
        try:
            together.wait(10)
            act()
        except Exception as error:
            raised.append(type(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=copy_context().run, args=(run, act)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised
