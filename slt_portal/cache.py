"""What lies in Redis is JSON: whoever can write there must not be able to have code run, as Django's pickles would."""

import json


class JsonSerializer:
    """Counters, words and lists of numbers; what is more raises TypeError where it is written."""

    def dumps(self, value):
        """An integer as it is, so that Redis can count it up; anything else as JSON."""
        return value if type(value) is int else json.dumps(value)

    def loads(self, data):
        """The value again."""
        return json.loads(data)
