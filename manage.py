#!/usr/bin/env python
"""Django's command line for the SLT portal."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slt_portal.settings.embedded")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from sharing.wall import as_system

    try:
        with as_system(f"the command {' '.join(sys.argv[1:2])}"):  # who may start one sees every row
            execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(str(error))  # the sentence says what to set; thirty frames of Django do not
