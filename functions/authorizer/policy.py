"""What a principal may call, as the policy that API Gateway expects from an authorizer.

The policy lists everything that the principal may do on the stage, not only the call at hand:
API Gateway caches it by token and applies it to the token's other calls (API Gateway developer
guide, "Use API Gateway Lambda authorizers" and "Output from an API Gateway Lambda authorizer").
"""

from dataclasses import dataclass
from typing import Any

from functions.authorizer.tokens import Principal

ALLOWED_BY_SCOPE = {
    "payments:write": ("POST/payments",),
    "payments:read": ("GET/payments/*",),
}
"""Scope to method and path below the stage; a scope that is not here allows nothing."""

_METHOD_ARN_PARTS = 6


@dataclass(frozen=True)
class ApiStage:
    """The stage of an API that a call came in on."""

    arn: str

    @classmethod
    def of_method(cls, method_arn: str) -> "ApiStage":
        """Return the stage in `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{method}/…`.

        Raises ValueError when it is not the ARN of a method.
        """
        parts = method_arn.split(":", _METHOD_ARN_PARTS - 1)
        path = parts[-1].split("/")
        if len(parts) != _METHOD_ARN_PARTS or parts[2] != "execute-api" or len(path) < 3:
            raise ValueError("not the ARN of an API method")
        return cls(":".join([*parts[:-1], "/".join(path[:2])]))

    def resource(self, call: str) -> str:
        """Return the ARN of a method and path on this stage, such as `POST/payments`."""
        return f"{self.arn}/{call}"


def response(principal: Principal, stage: ApiStage) -> dict[str, Any]:
    """Return the authorizer's answer: an Allow of the principal's calls, or a Deny of all.

    The context reaches the integration as `requestContext.authorizer`; its values are strings.
    """
    calls = [
        call
        for scope, calls in ALLOWED_BY_SCOPE.items()
        if scope in principal.scopes
        for call in calls
    ]
    return {
        "principalId": principal.subject,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if calls else "Deny",
                    "Resource": [stage.resource(call) for call in calls or ["*"]],
                }
            ],
        },
        "context": {
            "scope": " ".join(sorted(principal.scopes)),
            "subject": principal.subject,
        },
    }
