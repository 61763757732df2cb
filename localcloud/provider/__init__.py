"""The local ``aws`` provider: a Pulumi resource provider over boto3, for the laptop cloud only.

``server.serve`` starts it; ``python -m localcloud.provider`` does so as a process. Each service
is a module of ``services`` (resource types) or ``functions``; the other modules are the machinery
that carries the table out.
"""
