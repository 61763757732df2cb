"""`invoke token`, `invoke local-env`, `invoke local-stop`: the way in, and the way out."""

import shlex

from deploy.aws import running_cloud
from deploy.exclusive import exclusive
from deploy.layers import check_environment
from deploy.local import LocalEnvironment
from deploy.outputs import write
from deploy.places import REPOSITORY
from deploy.tokens import DEFAULT_SCOPES, fresh_token


def token(scopes: list[str], environment: str) -> int:
    """Print a bearer token for the API with the given scopes (default: all); return 0."""
    local = LocalEnvironment(check_environment(environment))
    print(fresh_token(running_cloud(local), scopes or DEFAULT_SCOPES))
    return 0


def local_env(environment: str) -> int:
    """Print the exports that point a stock AWS client at the laptop cloud; return 0."""
    info = running_cloud(LocalEnvironment(check_environment(environment)))
    exports = {
        "AWS_ENDPOINT_URL": info.endpoint_url,
        "AWS_ACCESS_KEY_ID": info.access_key_id,
        "AWS_SECRET_ACCESS_KEY": info.secret_access_key,
        "AWS_REGION": info.region,
        "AWS_DEFAULT_REGION": info.region,
    }
    print("unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN")
    for name, value in exports.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def local_stop(environment: str) -> int:
    """Stop the laptop cloud and everything in it; return 0."""
    local = LocalEnvironment(check_environment(environment))
    with exclusive(local.home):
        stopped = local.cloud.stop()
        write(REPOSITORY, {})
    print("the laptop cloud is stopped" if stopped else "the laptop cloud was not running")
    return 0
