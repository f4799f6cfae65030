"""Golden questions, what visitors asked in vain, and drafts that have no answer yet."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('faq', '0004_versions'),
    ]

    operations = [
        migrations.CreateModel(
            name='GoldenQuestion',
            fields=[
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('question', models.CharField(max_length=500)),
                ('language', models.CharField(choices=[('en', 'English'), ('th', 'Thai'), ('ru', 'Russian')], default='en', max_length=2)),
                ('note', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['language', 'question'],
            },
        ),
        migrations.CreateModel(
            name='UnansweredQuestion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text', models.CharField(editable=False, max_length=300)),
                ('language', models.CharField(choices=[('en', 'English'), ('th', 'Thai'), ('ru', 'Russian')], editable=False, max_length=2)),
                ('lexemes', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), editable=False, size=None)),
                ('key', models.CharField(editable=False, max_length=32, unique=True)),
                ('searches', models.PositiveIntegerField(default=0, editable=False)),
                ('turns', models.PositiveIntegerField(default=0, editable=False, verbose_name='assistant turns')),
                ('asked', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(models.F('searches'), '+', models.F('turns')), output_field=models.PositiveIntegerField())),
                ('first_asked', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('last_asked', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='dismissed because')),
            ],
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'published'), _negated=True), models.Q(('answer', ''), _negated=True), _connector='OR'), name='faq_document_answered'),
        ),
        migrations.AddField(
            model_name='goldenquestion',
            name='document',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='golden_questions', to='faq.document', verbose_name='expected FAQ'),
        ),
        migrations.AddField(
            model_name='unansweredquestion',
            name='draft',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='unanswered_questions', to='faq.document'),
        ),
        migrations.AddConstraint(
            model_name='goldenquestion',
            constraint=models.UniqueConstraint(fields=('question', 'language'), name='faq_goldenquestion_once'),
        ),
        migrations.AddConstraint(
            model_name='goldenquestion',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ['en', 'th', 'ru'])), name='faq_goldenquestion_language'),
        ),
        migrations.AddIndex(
            model_name='unansweredquestion',
            index=models.Index(models.OrderBy(models.F('asked'), descending=True), models.OrderBy(models.F('last_asked'), descending=True), models.F('id'), name='faq_unanswered_asked'),
        ),
        migrations.AddIndex(
            model_name='unansweredquestion',
            index=models.Index(models.Func('lexemes', function='cardinality'), models.F('language'), name='faq_unanswered_size'),
        ),
        migrations.AddConstraint(
            model_name='unansweredquestion',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ['en', 'th', 'ru'])), name='faq_unanswered_language'),
        ),
    ]
