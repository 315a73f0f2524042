"""Marks and SIGNATURE items (since 1.3): what was signed, by which key, and whether it holds.

Ed25519 is asked of the package `cryptography`; without it signatures are listed and not verified.
Which key is to be trusted is not decided here: the epoch and the public key are told.
"""

from cursor import Cursor, Malformed

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None

MARK = 176  # bytes
MAX_LISTED = 4096
CHECKPOINT = b"falco capture checkpoint, version 1\n"
END = b"falco capture end, version 1\n"


def mark(raw, words, said):
    """What a mark says, and whether its key signed `said`."""
    cursor = Cursor(raw)
    scheme, certified = cursor.u8(), cursor.u8()
    cursor.take(6)
    epoch = cursor.take(8)
    public, certificate, signature = (bytes(cursor.take(length)) for length in (32, 64, 64))
    if scheme != 1:
        return {"scheme": scheme, "verified": None}
    statement = words + bytes(epoch) + public + said
    return {
        "scheme": scheme,
        "epoch": int.from_bytes(epoch, "little"),
        "public": public.hex(),
        "certificate": certificate.hex() if certified else None,
        "verified": holds(public, signature, statement),
    }


def holds(public, signature, statement):
    if Ed25519PublicKey is None:
        return None
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, statement)
        return True
    except (InvalidSignature, ValueError):
        return False


def checkpoint(payload):
    """The mark and the digests that it vouches for."""
    cursor = Cursor(payload)
    raw = cursor.take(MARK)
    said = bytes(payload[MARK:])
    found = {
        "mark": mark(raw, CHECKPOINT, said),
        "boot": bytes(cursor.take(16)).hex(),
        "capture": cursor.u64() or None,
        "segment": cursor.u64(),
        "link": bytes(cursor.take(32)).hex(),
        "first": cursor.u64(),
    }
    listed = cursor.u64()
    if listed > MAX_LISTED:
        raise Malformed(f"{listed} items are listed, at most {MAX_LISTED}")
    found["digests"] = [bytes(cursor.take(32)).hex() for _ in range(listed)]
    cursor.end()
    return found


def of_end(signed, raw):
    """The mark behind END's own bytes; bytes that are no mark belong to a later version."""
    return mark(raw[:MARK], END, signed) if len(raw) >= MARK else None
