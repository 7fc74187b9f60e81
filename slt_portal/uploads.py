"""Receiving files: in memory only, so that nothing confidential reaches the disk unencrypted (C7)."""

from django.core.files.uploadhandler import MemoryFileUploadHandler


class InMemory(MemoryFileUploadHandler):
    """Keeps every file in memory, whatever its size: slt_portal.middleware.RequestSize has limited the request."""

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        """Be responsible for all files; Django's own would leave larger ones to a handler that writes to /tmp."""
        self.activated = True
