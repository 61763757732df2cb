"""Pulumi's passphrase secrets provider: how secrets are encrypted in state and configuration.

A ciphertext is `v1:<nonce>:<ciphertext>`, AES-256-GCM, base64. The key is derived from passphrase
and salt with PBKDF2-HMAC-SHA256 in a million rounds (about a third of a second), so it is derived
only when a secret is met, and once a process for each passphrase and salt. Where a salt is stored
(`v1:<salt>:v1:<nonce>:<ciphertext>`), a known text is encrypted beside it to recognise the right
passphrase. Source: pulumi/pulumi, sdk/go/common/resource/config/crypt.go.
"""

import base64
import hashlib
import json
import os
import threading
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from deploy.engines.embedded.errors import PassphraseError, StateError
from deploy.engines.embedded.values import SECRET, SIGNATURE_KEY, Properties, reveal, rewrite

_ROUNDS = 1_000_000
_KNOWN_TEXT = "pulumi"

_keys: dict[tuple[str, bytes], AESGCM] = {}
_keys_lock = threading.Lock()


def _key(passphrase: str, salt: bytes) -> AESGCM:
    with _keys_lock:
        if (passphrase, salt) not in _keys:
            derived = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, _ROUNDS, 32)
            _keys[passphrase, salt] = AESGCM(derived)
        return _keys[passphrase, salt]


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: no spaces, sorted keys."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


class Encryption:
    """Encrypts and decrypts secrets under one passphrase and one stored salt. Thread-safe.

    `salt` is the stored form, as in a state file or `encryptionsalt` of a stack's configuration.
    What was decrypted keeps its ciphertext, so that state that did not change stays byte for byte
    what it was. Raises StateError for a salt in another form.
    """

    def __init__(self, passphrase: str, salt: str) -> None:
        parts = salt.split(":", 2)
        if len(parts) != 3 or parts[0] != "v1":
            raise StateError(f"the encryption salt {salt!r} is not of the form v1:<salt>:<check>")
        self.salt = salt
        self._passphrase = passphrase
        self._salt_bytes = base64.b64decode(parts[1])
        self._check = parts[2]
        self._verified = False
        self._ciphertexts: dict[tuple[str, str], str] = {}

    @classmethod
    def with_new_salt(cls, passphrase: str) -> "Encryption":
        """Return an encryption under a fresh random salt."""
        salt = os.urandom(8)
        check = _encrypt(_key(passphrase, salt), _KNOWN_TEXT)
        return cls(passphrase, f"v1:{base64.b64encode(salt).decode()}:{check}")

    def verify(self) -> None:
        """Derive the key; raise PassphraseError when the passphrase is not the salt's."""
        if self._verified:
            return
        key = _key(self._passphrase, self._salt_bytes)
        try:
            matches = _decrypt(key, self._check) == _KNOWN_TEXT
        except InvalidTag:
            matches = False
        if not matches:
            raise PassphraseError(
                "the passphrase does not open the stack's secrets: "
                "set PULUMI_CONFIG_PASSPHRASE to the one it was made with"
            )
        self._verified = True

    def decrypt(self, ciphertext: str, owner: str = "") -> str:
        """Return the plain text; `owner` (a URN) scopes the reuse of its ciphertext."""
        self.verify()
        try:
            text = _decrypt(_key(self._passphrase, self._salt_bytes), ciphertext)
        except (InvalidTag, ValueError) as error:
            raise StateError(f"a secret of {owner or 'the configuration'} is damaged") from error
        self._ciphertexts[owner, text] = ciphertext
        return text

    def encrypt(self, text: str, owner: str = "") -> str:
        """Return the ciphertext of a text: the one it had before under this owner, if any."""
        known = self._ciphertexts.get((owner, text))
        if known is None:
            self.verify()
            known = _encrypt(_key(self._passphrase, self._salt_bytes), text)
            self._ciphertexts[owner, text] = known
        return known

    def seal(self, value: Any, owner: str) -> Any:
        """Return a value in which every secret holds a ciphertext, as a state file has it."""

        def change(signed: Properties) -> Any:
            if signed[SIGNATURE_KEY] != SECRET:
                return signed
            text = canonical_json(reveal(signed["value"]))
            return {SIGNATURE_KEY: SECRET, "ciphertext": self.encrypt(text, owner)}

        return rewrite(value, change)

    def unseal(self, value: Any, owner: str) -> Any:
        """Return a value from a state file with its secrets readable in memory."""

        def change(signed: Properties) -> Any:
            if signed[SIGNATURE_KEY] != SECRET or "value" in signed:
                return signed
            if "plaintext" in signed:
                text = signed["plaintext"]
            else:
                text = self.decrypt(signed["ciphertext"], owner)
            return {SIGNATURE_KEY: SECRET, "value": json.loads(text)}

        return rewrite(value, change)


def _encrypt(key: AESGCM, text: str) -> str:
    nonce = os.urandom(12)
    sealed = key.encrypt(nonce, text.encode(), None)
    return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"


def _decrypt(key: AESGCM, ciphertext: str) -> str:
    version, nonce, sealed = ciphertext.split(":")
    if version != "v1":
        raise ValueError(f"ciphertext of an unknown version: {version}")
    return key.decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None).decode()
