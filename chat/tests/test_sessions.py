from uuid import UUID

import pytest

from chat import sessions

pytestmark = pytest.mark.any_databases


def test_an_issued_id_is_a_version_8_uuid_and_is_read_back():
    session_id = sessions.issue()
    assert (session_id.version, session_id.variant) == (8, "specified in RFC 4122")
    assert sessions.read(str(session_id)) == session_id
    assert sessions.read(str(session_id).upper()) == session_id


def test_ids_differ():
    assert len({sessions.issue() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("text", [None, "", "x", "null", "0" * 32, str(UUID(int=7)), "é" * 36])
def test_what_was_not_issued_here_is_not_read(text):
    assert sessions.read(text) is None


@pytest.mark.parametrize("bit", [*range(0, 62), *range(64, 128)])
def test_one_changed_bit_makes_an_id_foreign(bit):
    assert sessions.read(str(UUID(int=sessions.issue().int ^ 1 << bit))) is None


def test_the_variant_is_checked():
    session_id = sessions.issue()
    assert sessions.read(str(UUID(int=session_id.int ^ 1 << 62))) is None


def test_another_secret_issues_other_ids(settings):
    session_id = sessions.issue()
    former = settings.SECRET_KEY
    settings.SECRET_KEY = former[::-1]
    assert sessions.read(str(session_id)) is None
    settings.SECRET_KEY_FALLBACKS = [former]
    assert sessions.read(str(session_id)) == session_id
