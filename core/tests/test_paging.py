from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.core.signing import Signer

from core.errors import ApiError, ErrorCode
from core.paging import CURSOR_MAX_LENGTH, SIGNER_SALT, binding_of, decode_cursor, encode_cursor

pytestmark = [pytest.mark.any_product, pytest.mark.any_databases]

LIST = binding_of("properties", {"city": "Samui"})
LAST = ("2026-11-20T12:00:00+00:00", "7b3f0c1e-5a1d-4b52-8a55-0d6f0c9a4b11")


def refused(text: str, binding: str = LIST) -> ApiError:
    with pytest.raises(ApiError) as caught:
        decode_cursor(text, binding)
    assert caught.value.code == ErrorCode.INVALID_CURSOR
    assert caught.value.status_code == 400
    return caught.value


@pytest.mark.parametrize(
    "position", [LAST, (1, 2.5, None), ("ทะเล", "море"), ("a" * 200,), ("", 0, False), ()]
)
def test_a_cursor_gives_back_its_position(position):
    assert decode_cursor(encode_cursor(position, LIST), LIST) == position


def test_a_position_may_hold_what_a_row_holds():
    row = (datetime(2026, 11, 20, tzinfo=UTC), UUID(LAST[1]))
    when, key = decode_cursor(encode_cursor(row, LIST), LIST)
    assert datetime.fromisoformat(when) == row[0]
    assert UUID(key) == row[1]


def test_a_cursor_fits_into_a_url():
    cursor = encode_cursor(LAST, LIST)
    assert len(cursor) < 200
    assert all(letter.isalnum() or letter in "-_:" for letter in cursor)


@pytest.mark.parametrize(
    "filters",
    [{}, {"city": "Phuket"}, {"city": "samui"}, {"city": "Samui", "type": "villa"}, {"city": None}],
)
def test_it_is_good_for_its_own_filters_only(filters):
    error = refused(encode_cursor(LAST, LIST), binding_of("properties", filters))
    assert "other filters" in error.message


def test_it_is_good_for_its_own_list_only():
    refused(encode_cursor(LAST, LIST), binding_of("documents", {"city": "Samui"}))


def test_the_order_of_filters_does_not_matter():
    one, two = {"city": "Samui", "type": "villa"}, {"type": "villa", "city": "Samui"}
    assert binding_of("properties", one) == binding_of("properties", two)


@pytest.mark.parametrize("position", range(0, 60, 7))
def test_a_changed_letter_is_found_out(position):
    cursor = encode_cursor(LAST, LIST)
    other = "A" if cursor[position] != "A" else "B"
    refused(cursor[:position] + other + cursor[position + 1 :])


@pytest.mark.parametrize("text", ["", ":", "a", "a:b", "e30:x", "🏝", "\x00", "[]", "null"])
def test_what_was_never_a_cursor(text):
    refused(text)


def test_a_cursor_that_is_too_long():
    refused(encode_cursor(("a" * CURSOR_MAX_LENGTH,), LIST))


@pytest.mark.parametrize("content", [[], {}, "text", 7, None, [None]])
def test_something_else_that_we_signed_is_no_cursor(content):
    refused(Signer(salt=SIGNER_SALT).sign_object(content))


def test_a_signature_made_for_another_purpose():
    refused(Signer(salt="core.sessions").sign_object([LIST, *LAST]))


def test_another_product_s_key():
    refused(Signer(salt=SIGNER_SALT, key="other" * 12).sign_object([LIST, *LAST]))
