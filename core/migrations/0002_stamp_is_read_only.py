from django.db import migrations

from core.privileges import runtime_role_may


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [runtime_role_may("SELECT", "core_productstamp")]
