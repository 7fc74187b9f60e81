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
        migrations.AddIndex(
            model_name="release",
            index=models.Index(
                fields=["passed_on_at"], condition=models.Q(("passed_on_at__isnull", False)), name="release_passed_on"
            ),
        ),
    ]
