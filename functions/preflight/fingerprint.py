"""A catalogue's hash, with which a later preflight can tell which objects have changed since.

It is one text of printable ASCII: `v1.<digest>.<objects>`. The digest is over all objects; the
objects are their names with short digests, packed, and left out when they would not fit into a
workflow's state. Two hashes are equal exactly when the catalogues' definitions are.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from functions.preflight.catalogue import Described
from functions.preflight.errors import UnusableInputError

VERSION = "v1"
GREATEST_LENGTH = 24_000
"""Characters: Step Functions allows 256 KiB for a state's input, and the hash is in it twice."""

_DIGITS = 10
_UNPACKED_LIMIT = 10_000_000


@dataclass(frozen=True)
class Fingerprint:
    """The digest of a catalogue, and those of its objects by `kind name`, None if left out."""

    digest: str
    objects: Mapping[str, str] | None

    @property
    def text(self) -> str:
        """The hash as text."""
        packed = "" if self.objects is None else _pack(self.objects)
        whole = f"{VERSION}.{self.digest}.{packed}"
        return whole if len(whole) <= GREATEST_LENGTH else f"{VERSION}.{self.digest}."


@dataclass(frozen=True)
class Drift:
    """What changed between two catalogues, each sorted."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def fingerprint(objects: Iterable[Described]) -> Fingerprint:
    """Return the fingerprint of a catalogue."""
    digests = {f"{each.kind} {each.name}": _digest(each.definition) for each in objects}
    whole = sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()
    return Fingerprint(whole, digests)


def parse(text: str) -> Fingerprint:
    """Return the fingerprint of a text; raises UnusableInputError when it is none."""
    version, _, rest = text.partition(".")
    digest, dot, packed = rest.partition(".")
    if version != VERSION or len(digest) != sha256().digest_size * 2 or not dot:
        raise UnusableInputError("catalogue_hash is not what an earlier preflight answered")
    return Fingerprint(digest, _unpack(packed) if packed else None)


def drift(before: Fingerprint, now: Fingerprint) -> Drift | None:
    """Return what changed, None if the objects of one of them are not known."""
    if before.objects is None or now.objects is None:
        return None
    old, new = before.objects, now.objects
    return Drift(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(each for each in old.keys() & new.keys() if old[each] != new[each])),
    )


def _digest(definition: str) -> str:
    return sha256(definition.encode()).hexdigest()[:_DIGITS]


def _pack(objects: Mapping[str, str]) -> str:
    plain = json.dumps(objects, sort_keys=True, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(zlib.compress(plain, 9)).decode()


def _unpack(packed: str) -> dict[str, str]:
    try:
        unpacker = zlib.decompressobj()
        compressed = base64.urlsafe_b64decode(packed.encode())
        objects = json.loads(unpacker.decompress(compressed, _UNPACKED_LIMIT))
    except (ValueError, zlib.error):
        objects = None
    if not isinstance(objects, dict):
        raise UnusableInputError("catalogue_hash is damaged")
    return objects
