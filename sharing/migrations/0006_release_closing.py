from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0005_consent_and_emergency")]

    operations = [
        migrations.AddIndex(
            model_name="release",
            index=models.Index(
                fields=["closes_at", "id"], condition=models.Q(("closes_at__isnull", False)), name="release_closing"
            ),
        ),
    ]
