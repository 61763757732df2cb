"""Unpacked code of functions and layers, one folder for each distinct zip."""

import hashlib
import io
import threading
import zipfile
from pathlib import Path

from localcloud.cloud.lambda_functions.specification import Archive


class CodeStore:
    """Unpacks zips below one folder; the same bytes are unpacked once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def unpack(self, archive: Archive) -> Path:
        """Return the folder with the archive's files.

        Raises zipfile.BadZipFile when the bytes are not a zip.
        """
        target = self._folder / hashlib.sha256(archive.digest.encode()).hexdigest()[:32]
        with self._lock:
            if not target.is_dir():
                partial = target.with_suffix(".partial")
                with zipfile.ZipFile(io.BytesIO(archive.content)) as files:
                    files.extractall(partial)
                partial.rename(target)
        return target
