import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("overview", "0002_report_steps")]

    operations = [
        migrations.AddField(
            model_name="measure",
            name="submission",
            field=models.UUIDField(default=uuid.uuid4, help_text="Made by the form: sent twice, one row.", unique=True),
        ),
    ]
