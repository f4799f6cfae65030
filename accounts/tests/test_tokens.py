"""Each rule about a session token on both sides of its boundary."""

import base64
import json
import time
from dataclasses import replace
from itertools import count

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from accounts.clerk.conf import ClerkConfig
from accounts.clerk.keys import static_key
from accounts.clerk.tokens import SKEW, Reason, objection, verify
from core.errors import ApiError
from core.testing.clerk import new_key, public_pem, session_token

ISSUER = "https://clerk.example.com"
NOW = 1_800_000_000
GOOD = {"iss": ISSUER, "sub": "user_1", "exp": NOW + 60, "nbf": NOW, "iat": NOW}
LASTING = {"iss": ISSUER, "sub": "user_1", "exp": 9_999_999_999}
KEY = new_key()


CLERK = ClerkConfig(
    publishable_key="", issuer=ISSUER, jwks_url="http://127.0.0.1:1/", jwt_key=public_pem(KEY)
)


def token(sub="user_1", key=KEY, **overrides):
    return session_token(key, overrides.pop("iss", ISSUER), sub, **overrides)


def reason_for(text, clerk=CLERK):
    with pytest.raises(ApiError) as refusal:
        verify(text, clerk)
    assert refusal.value.status_code == 401
    return refusal.value.details["reason"]


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def with_header(header):
    _, payload, signature = token().split(".")
    return f"{part(header)}.{payload}.{signature}"


def test_a_good_token_gives_its_claims():
    assert verify(token(email="a@example.com"), CLERK)["email"] == "a@example.com"


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({}, None),
        ({"iss": ISSUER + "/"}, Reason.ISSUER),
        ({"iss": [ISSUER]}, Reason.ISSUER),
        ({"iss": None}, Reason.ISSUER),
        ({"sub": "u"}, None),
        ({"sub": ""}, Reason.SUBJECT),
        ({"sub": "  "}, Reason.SUBJECT),
        ({"sub": None}, Reason.SUBJECT),
        ({"sub": 7}, Reason.SUBJECT),
        ({"sub": "user\x00"}, Reason.SUBJECT),
        ({"sub": "mch_1"}, Reason.SUBJECT),
        ({"sub": "u" * 255}, None),
        ({"sub": "u" * 256}, Reason.SUBJECT),
        ({"exp": NOW - SKEW + 1}, None),
        ({"exp": NOW - SKEW}, Reason.EXPIRED),
        ({"exp": NOW + 0.5}, None),
        ({"exp": None}, Reason.EXPIRY),
        ({"exp": str(NOW + 60)}, Reason.EXPIRY),
        ({"exp": True}, Reason.EXPIRY),
        ({"exp": float("inf")}, Reason.EXPIRY),
        ({"exp": float("nan")}, Reason.EXPIRY),
        ({"exp": 10**11}, Reason.EXPIRY),
        ({"exp": 10**11 - 1}, None),
        ({"exp": 10**4000}, Reason.EXPIRY),
        ({"exp": -1}, Reason.EXPIRY),
        ({"exp": 0}, Reason.EXPIRED),
        ({"nbf": NOW + SKEW}, None),
        ({"nbf": NOW + SKEW + 1}, Reason.NOT_YET_VALID),
        ({"nbf": "soon"}, Reason.TIMES),
        ({"iat": NOW + SKEW}, None),
        ({"iat": NOW + SKEW + 1}, Reason.NOT_YET_VALID),
        ({"iat": []}, Reason.TIMES),
        ({"nbf": None}, Reason.TIMES),
        ({"iat": float("nan")}, Reason.TIMES),
        ({"nbf": 0, "iat": 0}, None),
        ({"azp": "https://anywhere.example"}, None),
        ({"sts": "active"}, None),
        ({"sts": "pending"}, Reason.PENDING),
        ({"act": {"sub": "user_2"}}, None),
        ({"act": None}, None),
        ({"act": "user_2"}, Reason.ACTOR),
        ({"act": {}}, Reason.ACTOR),
        ({"act": {"sub": ""}}, Reason.ACTOR),
        ({"act": {"sub": "mch_2"}}, Reason.ACTOR),
    ],
)
def test_claims(changes, expected):
    assert objection(GOOD | changes, CLERK, NOW) == expected


def test_exp_alone_is_enough_and_is_required():
    bare = {"iss": ISSUER, "sub": "user_1", "exp": NOW + 60}
    assert objection(bare, CLERK, NOW) is None
    del bare["exp"]
    assert objection(bare, CLERK, NOW) == Reason.EXPIRY


@pytest.mark.parametrize(
    "party, expected",
    [
        ("https://www.example.com", None),
        ("https://www.example.com.evil.example", Reason.PARTY),
        ("https://www.example.com/", Reason.PARTY),
        ("null", Reason.PARTY),
        (["https://www.example.com"], Reason.PARTY),
        ("", Reason.PARTY_MISSING),
        (None, Reason.PARTY_MISSING),
    ],
)
def test_the_authorized_party_when_parties_are_listed(party, expected):
    clerk = replace(CLERK, authorized_parties=("https://www.example.com",))
    assert objection(GOOD | {"azp": party}, clerk, NOW) == expected


def test_the_clock_is_the_real_one():
    now = time.time()
    assert verify(token(exp=now - SKEW + 2), CLERK)
    assert reason_for(token(exp=now - SKEW - 2)) == Reason.EXPIRED


def test_another_key_of_the_same_name_is_refused():
    assert reason_for(token(key=new_key())) == Reason.SIGNATURE


def test_changed_claims_are_refused_by_the_signature_before_they_are_read():
    header, _, signature = token().split(".")
    assert reason_for(f"{header}.{part(GOOD | {'iss': 'x'})}.{signature}") == Reason.SIGNATURE


@pytest.mark.parametrize("algorithm", ["none", "HS256", "PS256", "ES256", "RS512", "rs256", None])
def test_no_other_algorithm_is_tried(algorithm):
    assert reason_for(with_header({"alg": algorithm, "typ": "JWT"})) == Reason.ALGORITHM


def test_hs256_with_the_public_key_as_secret_is_refused():
    signing = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(GOOD)}"
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        signing.encode(), CLERK.jwt_key.encode()
    )
    assert reason_for(f"{signing}.{part(signature)}") == Reason.ALGORITHM


def test_a_key_that_the_token_brings_along_is_not_looked_at():
    thief = new_key()
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(thief.public_key(), as_dict=True)
    forged = token(key=thief, headers={"jwk": jwk, "jku": "http://127.0.0.1:1/"})
    assert reason_for(forged) == Reason.SIGNATURE


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_a_short_rsa_key_is_refused():
    weak = generate_private_key(public_exponent=65537, key_size=1024)
    text = token(key=weak)
    with pytest.raises(ValueError):
        verify(text, replace(CLERK, jwt_key=public_pem(weak)))


@pytest.mark.parametrize("typ, accepted", [("JWT", True), ("at+jwt", False)])
def test_the_type(typ, accepted):
    text = token(headers={"typ": typ})
    if accepted:
        assert verify(text, CLERK)
    else:
        assert reason_for(text) == Reason.TYPE


@pytest.mark.parametrize("category", ["cl_B7d4PD111AAA", "cl_I7d4PD111III"])
def test_a_session_token_by_its_category(category):
    assert verify(token(headers={"cat": category}), CLERK)


@pytest.mark.parametrize("category", ["cl_B7d4PD222AAA", "cl_B7d4PD333AAA", "", None, 7, ["x"]])
def test_what_the_same_key_signs_for_other_uses_is_refused(category):
    assert reason_for(token(headers={"cat": category})) == Reason.CATEGORY


def test_a_token_without_a_type_is_good():
    signing = f"{part({'alg': 'RS256'})}.{part(LASTING)}".encode()
    signature = KEY.sign(signing, padding.PKCS1v15(), hashes.SHA256())
    assert verify(f"{signing.decode()}.{part(signature)}", CLERK)


@pytest.mark.parametrize("critical", [["exp"], ["b64"], ["unheard-of"], [], "exp", None])
def test_nothing_critical_is_understood(critical):
    header = {"alg": "RS256", "crit": critical, "exp": 1, "unheard-of": 1}
    assert reason_for(with_header(header)) == Reason.CRITICAL
    assert reason_for(with_header(header | {"b64": False})) == Reason.CRITICAL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "undefined",
        "a.b",
        "..",
        "a.b.c",
        "a.b.c.d",
        "\x00.\x00.\x00",
        "é.é.é",
        "x" * 20_000,
        with_header([]),
        with_header("x"),
        with_header(b"\xff\xfe"),
        with_header(b"[" * 5_000),
        with_header(b"[" * 50_000),
        with_header(b'{"alg":' * 1_500),
        with_header(b'{"alg": "none", "alg": "RS256"}'),
        with_header(b'{"alg": "none", "\\u0061lg": "RS256"}'),
        with_header(b'{"alg": "RS256", "jwk": {"n": 1, "n": 2}}'),
        with_header(b'{"alg": "RS256", "x": NaN}'),
        with_header(b'{"alg": "RS256", "x": ' + b"9" * 5_000 + b"}"),
        with_header('{"alg": "RS256"}'.encode("utf-16")),
        with_header({"alg": "RS256", "b64": False}),
        token().replace(".", ".!", 1),
        token() + "=",
        token() + "\n",
    ],
    ids=count(),  # a token's text differs from one worker to the next
)
def test_what_is_not_a_token_is_malformed(text):
    assert reason_for(text) == Reason.MALFORMED


def claims_text(more: str) -> bytes:
    return json.dumps(LASTING)[:-1].encode() + b", " + more.encode() + b"}"


@pytest.mark.parametrize(
    "payload, reason",
    [
        *((junk, Reason.MALFORMED) for junk in (b"[]", b"null", b'"x"', b"{", b"\xff", b"")),
        (b"[" * 3_000, Reason.MALFORMED),
        (b'{"a":' * 1_000, Reason.MALFORMED),
        (claims_text(f'"exp": {NOW * 2}'), Reason.MALFORMED),
        (claims_text('"sub": "user_2"'), Reason.MALFORMED),
        (claims_text('"\\u0073ub": "user_2"'), Reason.MALFORMED),
        (claims_text('"nested": {"a": 1, "a": 2}'), Reason.MALFORMED),
        (claims_text('"x": Infinity'), Reason.MALFORMED),
        (claims_text('"x": -Infinity'), Reason.MALFORMED),
        (claims_text('"x": NaN'), Reason.MALFORMED),
        (claims_text('"x": ' + "9" * 4_400), Reason.MALFORMED),
        (json.dumps(LASTING).replace("9999999999", "1e999").encode(), Reason.EXPIRY),
        (claims_text('"x": 1e999, "y": "\\ud800"'), None),
    ],
    ids=count(),
)
def test_signed_claims_that_are_read_in_one_way_only(payload, reason):
    text = jwt.PyJWS().encode(payload, KEY, "RS256")
    if reason:
        assert reason_for(text) == reason
    else:
        assert verify(text, CLERK)


def with_header_of(size):
    """A whole token whose header alone has this many bytes."""
    return token(headers={"padding": "x" * size})


def test_the_length_of_a_token():
    assert verify(with_header_of(4_000), CLERK)
    assert reason_for(with_header_of(16_000)) == Reason.MALFORMED


@pytest.mark.parametrize("algorithm", ["PS256", "ES256", "none"])
def test_a_token_really_signed_otherwise_is_refused_before_any_key_is_touched(algorithm):
    """No key is configured and none can be fetched: looking for one would be 503."""
    nowhere = replace(CLERK, jwt_key="")
    key = {"ES256": ec.generate_private_key(ec.SECP256R1()), "none": None}.get(algorithm, KEY)
    text = jwt.encode(GOOD, key, algorithm)
    assert reason_for(text, nowhere) == Reason.ALGORITHM
    with pytest.raises(ApiError) as unknown:
        verify(token(), nowhere)
    assert unknown.value.status_code == 503


def test_the_static_key_is_parsed_once():
    assert static_key(CLERK.jwt_key) is static_key(CLERK.jwt_key)


@pytest.mark.parametrize("pem", ["", "junk", public_pem(KEY)[:200]], ids=count())
def test_a_static_key_must_be_readable(pem):
    with pytest.raises(ValueError):
        static_key(pem)
