"""Sessions are known by digests from now on: the keys that could be used as they stood are removed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_sessions"), ("sessions", "0001_initial")]

    operations = [
        migrations.RunSQL("DELETE FROM django_session", migrations.RunSQL.noop),
        migrations.RunSQL("DROP TABLE IF EXISTS usersessions_usersession", migrations.RunSQL.noop),
    ]
