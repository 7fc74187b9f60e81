"""Keys of confidential texts. Stored files, PDFs and frozen documents come with the issues that need them."""

import json

from django.db import models
from django.utils import timezone

from slt_portal import crypto


class DataKeyManager(models.Manager):
    def make(self) -> "DataKey":
        """A new data key, stored wrapped under the active master key."""
        row = self.model()
        plain = crypto.new_key()
        row.wrapped = crypto.seal(plain, context="data key")
        row.save(force_insert=True)
        return row


class DataKey(models.Model):
    """The key of one confidential item or draft. Destroying the row makes its texts unreadable.

    Also those in copies of the texts; in a backup only once the backups that still hold this row have been deleted.
    """

    wrapped = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = DataKeyManager()

    def __str__(self):
        return f"data key {self.pk}"

    def seal_json(self, value, *, context: str) -> bytes:
        """`value` as JSON, encrypted for `context`."""
        return crypto.seal(json.dumps(value, ensure_ascii=False).encode(), context=context, key=self._plain())

    def open_json(self, sealed: bytes, *, context: str):
        """The value sealed for `context`; raises crypto.SealBroken when it was changed or moved."""
        return json.loads(crypto.unseal(sealed, context=context, key=self._plain()))

    def _plain(self):
        return crypto.unseal(self.wrapped, context="data key")
