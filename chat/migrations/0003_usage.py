"""The index behind Usage in the admin, built while the assistant goes on answering."""

from django.db import migrations, models

from core.postgresql.operations import AddIndexBeside


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("chat", "0002_immutable_prompts")]

    operations = [
        AddIndexBeside(
            "message",
            models.Index(
                fields=["created_at"],
                include=["model", "status", "prompt_tokens", "completion_tokens"],
                condition=models.Q(role="assistant"),
                name="chat_message_usage",
            ),
        ),
        migrations.CreateModel(
            name="Usage",
            fields=[],
            options={
                "verbose_name": "usage",
                "verbose_name_plural": "usage",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("chat.message",),
        ),
    ]
