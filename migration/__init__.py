"""Starts the deployed workflows, follows them, and reports: `invoke migrate` and its kin.

Only AWS's own API is used, so the same commands work on the laptop cloud and on AWS.
"""
