from django.db import migrations

FORWARD = """
CREATE FUNCTION chat_prompt_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a prompt''s text does not change: add a version' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER chat_prompt_immutable BEFORE UPDATE OF text ON chat_chatprompt
    FOR EACH ROW WHEN (OLD.text IS DISTINCT FROM NEW.text)
    EXECUTE FUNCTION chat_prompt_is_immutable();
"""
BACKWARD = """
DROP TRIGGER chat_prompt_immutable ON chat_chatprompt;
DROP FUNCTION chat_prompt_is_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
