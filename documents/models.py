"""Keys of confidential texts, stored files, and numbered documents: ordered, made by the worker, then frozen."""

import json
import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.utils import timezone

from slt_portal import crypto

from .sealed import SealedRow


class DataKeyManager(models.Manager):
    def make(self, *, at: datetime | None = None) -> "DataKey":
        """A new data key, stored wrapped under the active master key. `at`: where nobody is to know when, another
        moment, to the microsecond no other key's (operations.backup_keys tells keys apart by it)."""
        row = self.model(created_at=at or timezone.now())
        plain = crypto.new_key()
        row.wrapped = crypto.seal(plain, context=DataKey.CONTEXT)
        row.save(force_insert=True)
        return row

    def destroy(self, pks: Iterable[int], *, at: datetime | None = None) -> int:
        """Empty these keys for good; the rows stay, to say when (now, unless `at`). Returns how many were not empty.

        What they sealed opens for nobody any more. Keys in backups are another matter: operations.backups.
        """
        rows = self.filter(pk__in=list(pks), destroyed_at=None)
        return rows.update(wrapped=b"", destroyed_at=at or timezone.now())


class DataKey(models.Model):
    """The key of one confidential item, draft or file. Destroying it makes what it sealed unreadable.

    Also in copies; in a backup only once its keys have forgotten this one too (operations.erasure).
    """

    CONTEXT = "data key"
    under_master_key = crypto.UnderMasterKey("wrapped", context=lambda row: DataKey.CONTEXT)

    wrapped = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    destroyed_at = models.DateTimeField(null=True)

    objects = DataKeyManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(destroyed_at=None) | models.Q(wrapped=b""), name="a_destroyed_key_is_empty"
            )
        ]

    def __str__(self):
        return f"data key {self.pk}"

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """`plain` encrypted for `context`."""
        return crypto.seal(plain, context=context, key=self._plain())

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """The bytes sealed for `context`; raises crypto.SealBroken when they were changed or moved."""
        return crypto.unseal(sealed, context=context, key=self._plain())

    def seal_json(self, value, *, context: str) -> bytes:
        """`value` as JSON, encrypted for `context`."""
        return self.seal(json.dumps(value, ensure_ascii=False).encode(), context=context)

    def open_json(self, sealed: bytes, *, context: str):
        """The value sealed for `context`; raises crypto.SealBroken when it was changed or moved."""
        return json.loads(self.unseal(sealed, context=context))

    def _plain(self):
        return crypto.unseal(self.wrapped, context=DataKey.CONTEXT)


class StoredFile(models.Model):
    """A confidential file: its bytes lie encrypted in the data folder, everything else that is known of it here.

    Made and removed only by `documents.files`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="Of the plain bytes.")
    sealed_name = models.BinaryField(help_text="The name it came with: it may tell who made it.")
    digest = models.CharField(max_length=64, help_text="Keyed digest of the plain bytes.")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"file {self.pk}"

    @property
    def context(self) -> str:
        """What the bytes of this file are sealed for."""
        return f"file {self.pk}"

    @property
    def name(self) -> str:
        """The name it came with; empty if that cannot be opened any more."""
        try:
            return self.data_key.unseal(self.sealed_name, context=f"{self.context} name").decode()
        except crypto.SealBroken:
            return ""

    def read(self) -> bytes:
        """The plain bytes. Raises files.FileBroken, with a sentence, when they are missing or were changed."""
        from . import files  # files imports this module

        return files.read(self)


class NumberSeries(models.Model):
    """How far the numbers of one prefix have come in one year; locked by whoever takes the next."""

    prefix = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "number series"
        constraints = [models.UniqueConstraint(fields=["prefix", "year"], name="each_series_once")]

    def __str__(self):
        return f"{self.prefix}-{self.year}"


class DocumentOrder(SealedRow):
    """A document that is to be made, or was. Its texts: the context of its template. One per number and language."""

    number = models.CharField(max_length=24, help_text="MOU-2026-0007; says nothing of whom it is about.")
    language = models.CharField(max_length=2)
    template = models.CharField(max_length=80)
    title = models.CharField(max_length=120)
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["number", "language"], name="each_document_once")]

    def __str__(self):
        return f"{self.number} {self.language}"

    @property
    def key(self):
        """Its own."""
        return self.data_key


class FrozenDocument(models.Model):
    """The document as it was made: never made again, never changed. `digest` is the SHA-256 of the file, printable."""

    append_only = True

    order = models.OneToOneField(DocumentOrder, models.PROTECT, related_name="frozen")
    file = models.OneToOneField(StoredFile, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return str(self.order)
