"""Every function of the local provider by its token."""

from localcloud.provider.functions import Function, account, policies, stored_values

FUNCTIONS: dict[str, Function] = {
    **account.FUNCTIONS,
    **policies.FUNCTIONS,
    **stored_values.FUNCTIONS,
}
