"""Rows with texts that nobody may read from the database: one column, sealed under the key of what they belong to."""

import uuid

from django.db import models


class SealedRow(models.Model):
    """A row with texts under `key`, which a subclass names: its own data key, or that of the row it belongs to."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sealed = models.BinaryField(default=bytes, blank=True)

    class Meta:
        abstract = True

    @property
    def key(self):
        """The data key of its texts (documents.models.DataKey)."""
        raise NotImplementedError

    @property
    def _context(self):
        return f"{self._meta.label_lower} {self.uid}"

    def write(self, texts: dict) -> None:
        """Seal `texts` (what JSON can say) into the row; saving it is the caller's."""
        self.sealed = self.key.seal_json(texts, context=self._context)

    @property
    def texts(self) -> dict:
        """What was written; nothing where nothing was, or once the key is destroyed."""
        if not self.sealed or self.key.destroyed_at is not None:
            return {}
        return self.key.open_json(bytes(self.sealed), context=self._context)
