"""The operating system's account that servers run as, and how a process is started under it.

PostgreSQL refuses to run as root. When we are root, servers run as ``postgres`` where that user
exists, else as ``nobody``; otherwise as ourselves. Where util-linux's setpriv(1) is available it
also

* gives the server ``CAP_DAC_OVERRIDE``, so that data may live below a folder that only root may
  enter (a private temporary folder, root's home; the narrower ``CAP_DAC_READ_SEARCH`` would do
  but containers have not got it by default), and
* sets the parent death signal, so that no server outlives the process that started it, even when
  that one is killed (prctl(2), ``PR_SET_PDEATHSIG``).
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.databases.errors import DatabaseServerError

PREFERRED_USERS = ("postgres", "nobody")
_DEATH_SIGNAL = ("--pdeathsig", "QUIT")
# access(2), by which PostgreSQL's programs look for each other, answers for the real user without
# capabilities unless SECBIT_NO_SETUID_FIXUP is set (capabilities(7)).
_KEEP_ACCESS = (
    *("--securebits", "+no_setuid_fixup"),
    *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
)


@dataclass(frozen=True)
class ServerAccount:
    """Who servers run as.

    ``prefix`` comes before a command's words; ``switch`` has the arguments of subprocess that
    change the user when no ``prefix`` does. ``enters_every_folder`` tells whether permissions of
    parent folders are no obstacle.
    """

    user_id: int
    group_id: int
    name: str
    prefix: tuple[str, ...]
    switch: Mapping[str, Any]
    enters_every_folder: bool

    def command(self, words: Sequence[str]) -> list[str]:
        """Return the command that runs ``words`` under this account; pass ``switch`` as well."""
        return [*self.prefix, *words]

    def own(self, path: Path) -> None:
        """Make this account the owner of a file or folder that we created."""
        if os.geteuid() != self.user_id:
            os.chown(path, self.user_id, self.group_id)

    def require_access(self, folder: Path) -> None:
        """Raise DatabaseServerError, with what to do about it, when ``folder`` is out of reach."""
        if self.enters_every_folder:
            return
        reach = subprocess.run(
            self.command(["test", "-x", str(folder)]), check=False, **self.switch
        )
        if reach.returncode != 0:
            raise DatabaseServerError(
                f"the servers run as user {self.name}, because PostgreSQL refuses root, and that "
                f"user cannot enter {folder}. Either run as a normal user, or let others traverse "
                "its parent folders (chmod o+x), or install setpriv (package util-linux)."
            )


def server_account(setpriv: str | None = shutil.which("setpriv")) -> ServerAccount:
    """Return the account to run servers as; ``setpriv`` is that program's path, None without it.

    Raises DatabaseServerError when we are root and no unprivileged user exists.
    """
    if os.geteuid() != 0:
        return _same_user(setpriv)
    user = _unprivileged_user()
    if setpriv is not None:
        identity = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
        for extra in (_KEEP_ACCESS, ()):
            prefix = (setpriv, *identity, *extra, *_DEATH_SIGNAL)
            if _works(prefix):
                return ServerAccount(
                    user.pw_uid, user.pw_gid, user.pw_name, prefix, {}, bool(extra)
                )
    switch = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
    return ServerAccount(user.pw_uid, user.pw_gid, user.pw_name, (), switch, False)


def _same_user(setpriv: str | None) -> ServerAccount:
    prefix = (setpriv, *_DEATH_SIGNAL) if setpriv is not None else ()
    if prefix and not _works(prefix):
        prefix = ()
    return ServerAccount(os.geteuid(), os.getegid(), str(os.geteuid()), prefix, {}, True)


def _unprivileged_user() -> pwd.struct_passwd:
    for name in PREFERRED_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise DatabaseServerError(
        f"PostgreSQL refuses to run as root and none of the users {', '.join(PREFERRED_USERS)} "
        "exists: create one, or run as a normal user"
    )


def _works(prefix: tuple[str, ...]) -> bool:
    """Tell whether setpriv knows these options and may do what they ask for."""
    return subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode == 0
