"""The environment variables that the tasks and all their processes run with."""

import os

_LOOPBACK = "127.0.0.1,localhost"
_OTHER_ACCOUNTS = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL")


def isolate_laptop_cloud() -> dict[str, str]:
    """Keep proxies out of loopback and a user's AWS settings out of the laptop cloud.

    The laptop cloud's clients are given all that they need, and a profile that does not exist here
    would only break them. Returns the environment as the user has it, for what works on AWS.
    """
    users = dict(os.environ)
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), _LOOPBACK)))
    for name in _OTHER_ACCOUNTS:
        os.environ.pop(name, None)
    return users
