"""Keys fetched from a real server that rotates, fails and dawdles."""

import time
from concurrent.futures import ThreadPoolExecutor

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from accounts.clerk.keys import (
    ABSENCE,
    ABSENT_MAX,
    COOLDOWN,
    KEYS_MAX_BYTES,
    KID_MAX_LENGTH,
    LIFETIME,
    PATIENCE,
    REFRESH_AFTER,
    KeySet,
    KeysUnavailable,
    fetch_keys,
    key_set,
)
from accounts.clerk.tokens import Reason, verify
from core.errors import ApiError, ErrorCode
from core.testing.clerk import new_key, session_token

pytestmark = [pytest.mark.any_product, pytest.mark.any_databases]


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys(clerk, clock):
    return KeySet(lambda: fetch_keys(clerk.jwks_url), clock)


def assert_unavailable(call, retry_after=None):
    with pytest.raises(ApiError) as refusal:
        call()
    assert refusal.value.code == ErrorCode.SERVICE_UNAVAILABLE
    assert refusal.value.wait == retry_after or (retry_after is None and refusal.value.wait > 0)


def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_key_is_fetched_once_and_then_known(keys, clerk):
    assert keys.key("key-1") is keys.key("key-1")
    assert clerk.fetches == 1


def test_parallel_first_requests_cause_one_fetch(keys, clerk):
    clerk.delay = 0.2
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: keys.key("key-1"), range(20)))
    assert None not in found
    assert clerk.fetches == 1


def test_a_new_key_is_fetched_when_a_token_first_names_it(keys, clerk):
    old = keys.key("key-1")
    clerk.rotate()
    assert keys.key("key-2") is not None
    assert keys.key("key-1").public_numbers() == old.public_numbers()
    assert clerk.fetches == 2


def test_forged_kids_cost_one_fetch_in_a_cooldown(keys, clerk, clock):
    keys.key("key-1")
    assert [keys.key(f"forged-{n}") for n in range(100)] == [None] * 100
    assert clerk.fetches == 2
    clock.now += COOLDOWN - 0.1
    assert keys.key("forged") is None and clerk.fetches == 2
    clock.now += 0.2
    assert keys.key("forged") is None and clerk.fetches == 3
    assert keys.key("key-1") is not None and clerk.fetches == 3


def test_memory_is_flat_under_forged_kids(keys, clerk, clock):
    keys.key("key-1")
    for number in range(ABSENT_MAX + 50):  # each one asks Clerk
        clock.now += COOLDOWN
        keys.key(f"forged-{number}")
    for number in range(10_000):  # none of these does
        keys.key(f"forged-in-a-cooldown-{number}")
    assert len(keys.absent) <= ABSENT_MAX
    assert set(keys.keys) == {"key-1"}


def test_clerk_is_not_asked_again_for_a_key_it_does_not_have(keys, clerk, clock):
    keys.key("removed")
    clock.now += ABSENCE - 1
    assert keys.key("removed") is None and clerk.fetches == 1
    clock.now += 1
    assert keys.key("removed") is None and clerk.fetches == 2


def test_a_key_that_clerk_publishes_late_is_found_soon(keys, clerk, clock):
    assert keys.key("key-2") is None
    clerk.rotate()
    clock.now += ABSENCE
    assert keys.key("key-2") is not None


def test_without_a_thread_to_fetch_in_it_is_as_if_clerk_were_down(keys, clerk, clock, monkeypatch):
    def no_thread(thread):
        raise RuntimeError("can't start new thread")

    keys.key("key-1")
    clock.now += REFRESH_AFTER
    with monkeypatch.context() as exhausted:
        exhausted.setattr("threading.Thread.start", no_thread)
        assert keys.key("key-1") is not None
        assert_unavailable(lambda: keys.key("key-2"), retry_after=COOLDOWN)
    clerk.rotate()
    clock.now += COOLDOWN
    assert keys.key("key-2") is not None and clerk.fetches == 2


def test_a_key_that_was_not_there_is_known_once_a_fetch_brings_it(keys, clerk, clock):
    assert keys.key("key-2") is None
    clerk.rotate()
    clock.now += COOLDOWN
    assert keys.key("forged") is None
    assert keys.key("key-2") is not None


def test_clerk_is_not_asked_for_a_kid_longer_than_any(keys, clerk):
    assert keys.key("k" * KID_MAX_LENGTH) is None and clerk.fetches == 1
    assert keys.key("k" * (KID_MAX_LENGTH + 1)) is None and clerk.fetches == 1


def test_a_removed_key_stops_verifying_within_the_lifetime(keys, clerk, clock):
    keys.key("key-1")
    clerk.rotate()
    del clerk.keys["key-1"]
    clock.now += REFRESH_AFTER - 0.1
    assert keys.key("key-1") is not None and clerk.fetches == 1
    clock.now += LIFETIME - REFRESH_AFTER + 0.1
    assert keys.key("key-1") is None


def test_keys_in_use_are_renewed_without_making_anybody_wait(keys, clerk, clock):
    keys.key("key-1")
    clerk.rotate()
    clerk.delay = 0.6
    clock.now += REFRESH_AFTER
    began = time.monotonic()
    assert keys.key("key-1") is not None
    assert time.monotonic() - began < clerk.delay / 2
    until(lambda: "key-2" in keys.keys)
    assert clerk.fetches == 2


def test_the_last_good_keys_serve_while_clerk_is_down(keys, clerk, clock):
    keys.key("key-1")
    clerk.status = 500
    clock.now += LIFETIME + 1
    assert keys.key("key-1") is not None
    assert clerk.fetches == 2
    assert keys.key("key-1") is not None
    assert clerk.fetches == 2, "a failure starts the cooldown"
    assert_unavailable(lambda: keys.key("key-2"), retry_after=COOLDOWN)
    clerk.status = 200
    clock.now += COOLDOWN
    assert keys.key("key-2") is None, "Clerk is back, and has no such key"


def test_a_slow_clerk_delays_nobody_whose_key_is_known(keys, clerk, clock):
    keys.key("key-1")
    clock.now += COOLDOWN
    clerk.delay = 2 * PATIENCE
    with ThreadPoolExecutor(9) as pool:
        forged = [pool.submit(keys.key, f"forged-{number}") for number in range(8)]
        until(lambda: clerk.fetches == 2)
        began = time.monotonic()
        assert all(keys.key("key-1") for _ in range(1000))
        assert time.monotonic() - began < PATIENCE / 2
    for each in forged:
        assert_unavailable(each.result, retry_after=1)
    assert time.monotonic() - began < 1.5 * PATIENCE, "they waited no longer than that"
    until(lambda: keys.flight is None)
    clock.now += COOLDOWN
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(keys.key, "forged")
        until(lambda: clerk.fetches == 3)
        began = time.monotonic()
        assert_unavailable(lambda: keys.key("another"), retry_after=1)
        assert time.monotonic() - began < PATIENCE / 2, "once slow, one request alone waits for it"
        assert_unavailable(first.result, retry_after=1)


def test_past_its_life_a_key_waits_for_an_answer_that_may_be_without_it(keys, clerk, clock):
    keys.key("key-1")
    clerk.rotate()
    del clerk.keys["key-1"]
    clock.now += LIFETIME
    clerk.delay = 1.2 * PATIENCE
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(keys.key, ["key-1"] * 4)) == [None] * 4
    assert clerk.fetches == 2


def test_past_its_life_a_key_serves_when_clerk_does_not_answer_in_time(
    keys, clerk, clock, monkeypatch
):
    keys.key("key-1")
    monkeypatch.setattr("accounts.clerk.keys.FETCH_TIMEOUT", 0.3)
    clock.now += LIFETIME + 1
    clerk.delay = 1
    began = time.monotonic()
    assert keys.key("key-1") is not None
    assert 0.3 <= time.monotonic() - began < 0.9
    began = time.monotonic()
    assert keys.key("key-1") is not None
    assert time.monotonic() - began < 0.25, "nobody waits twice for the same answer"


@pytest.mark.parametrize("part", ["trickle", "header_trickle"])
def test_a_fetch_that_trickles_ends_in_time(clerk, monkeypatch, part):
    monkeypatch.setattr("accounts.clerk.keys.FETCH_TIMEOUT", 0.3)
    setattr(clerk, part, 0.1)
    began = time.monotonic()
    with pytest.raises(KeysUnavailable):
        fetch_keys(clerk.jwks_url)
    assert time.monotonic() - began < 1


def test_without_any_key_it_is_unavailable_and_not_unauthorized(keys, clerk, clock):
    clerk.status = 503
    assert_unavailable(lambda: keys.key("key-1"), retry_after=COOLDOWN)
    clock.now += 4
    assert_unavailable(lambda: keys.key("key-1"), retry_after=COOLDOWN - 4)
    assert clerk.fetches == 1
    clerk.status = 200
    clock.now += COOLDOWN
    assert keys.key("key-1") is not None


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"keys": 1}', b'{"keys": []}', b'{"keys": [1, {}]}']
)
def test_an_answer_without_keys_is_no_answer(keys, clerk, body):
    clerk.body = body
    assert_unavailable(lambda: keys.key("key-1"))


def test_an_answer_that_is_too_large_is_no_answer(keys, clerk):
    clerk.body = clerk.jwks() + b" " * KEYS_MAX_BYTES
    assert_unavailable(lambda: keys.key("key-1"))


def test_a_redirect_is_not_followed(keys, clerk):
    clerk.status = 302
    assert_unavailable(lambda: keys.key("key-1"))
    assert clerk.fetches == 1


def test_keys_for_other_uses_are_passed_over(keys, clerk):
    good = orjson.loads(clerk.jwks())["keys"][0]
    weak = generate_private_key(public_exponent=65537, key_size=1024).public_key()
    private = jwt.algorithms.RSAAlgorithm.to_jwk(new_key(), as_dict=True)
    elliptic = jwt.algorithms.ECAlgorithm.to_jwk(
        ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True
    )
    others = [
        elliptic | {"kid": "ec"},
        good | {"kid": "enc", "use": "enc"},
        good | {"kid": "ps", "alg": "PS256"},
        good | {"kid": "broken", "n": "!"},
        good | {"kid": "number", "n": 7},
        good | {"kid": None},
        jwt.algorithms.RSAAlgorithm.to_jwk(weak, as_dict=True) | {"kid": "weak"},
        private | {"kid": "private"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "oct"},
    ]
    clerk.body = orjson.dumps({"keys": [*others, good]})
    assert keys.key("key-1") is not None
    assert set(keys.keys) == {"key-1"}


def test_the_product_verifies_with_fetched_keys(clerk, settings):
    assert verify(clerk.token("user_7"), settings.CLERK)["sub"] == "user_7"
    clerk.rotate()
    for kid in ("key-1", "key-2"):
        assert verify(clerk.token(kid=kid), settings.CLERK)
    assert clerk.fetches == 2
    assert key_set(clerk.jwks_url) is key_set(clerk.jwks_url)


@pytest.mark.parametrize("kid", ["forged", 7, None])
def test_a_token_that_names_no_key_of_clerks(clerk, settings, kid):
    text = session_token(new_key(), clerk.issuer, "user_1", headers={})
    header, payload, signature = text.split(".")
    named = jwt.utils.base64url_encode(orjson.dumps({"alg": "RS256", "kid": kid})).decode()
    with pytest.raises(ApiError) as refusal:
        verify(f"{named}.{payload}.{signature}", settings.CLERK)
    assert refusal.value.details == {"reason": Reason.UNKNOWN_KEY}


def test_a_bad_signature_under_a_known_kid_fetches_nothing(clerk, settings):
    verify(clerk.token(), settings.CLERK)
    with pytest.raises(ApiError) as refusal:
        verify(session_token(new_key(), clerk.issuer, "user_1", kid="key-1"), settings.CLERK)
    assert refusal.value.details == {"reason": Reason.SIGNATURE}
    assert clerk.fetches == 1
