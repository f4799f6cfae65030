"""The index of what other models used, built while the assistant goes on answering."""

from django.db import migrations, models

from core.postgresql.operations import AddIndexBeside


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("chat", "0004_other_usage")]

    operations = [
        AddIndexBeside(
            "message",
            models.Index(
                fields=["created_at"],
                include=["model", "other_usage"],
                condition=models.Q(("role", "assistant"), models.Q(("other_usage", {}), _negated=True)),
                name="chat_message_other_usage",
            ),
        ),
    ]
