"""Loads what the first deployment needs, after the cloud is up and while it waits for requests.

Loading moto's services takes seconds in all; done at start it would delay every start, left to
the requests it would delay each first one. One module at a time under the control plane's lock,
so that no request meets a module that is half loaded.
"""

import gc
import importlib
import logging
import time

from moto.core.utils import get_service_model

from localcloud.cloud.background import run_in_background
from localcloud.cloud.control_plane import LOCK
from localcloud.cloud.installation import Installation

log = logging.getLogger(__name__)

_SERVICES = (
    ("ec2", "ec2"),
    ("ssm", "ssm"),
    ("kms", "kms"),
    ("rds", "rds"),
    ("iam", "iam"),
    ("logs", "logs"),
    ("s3", "s3"),
    ("awslambda", "lambda"),
    ("sns", "sns"),
    ("sqs", "sqs"),
    ("events", "events"),
    ("dms", "dms"),
    ("apigateway", "apigateway"),
    ("stepfunctions", "stepfunctions"),
    ("cloudwatch", "cloudwatch"),
)
"""moto's package and botocore's name of each service, in the order that a deployment uses them."""

_OTHERS = ("moto.stepfunctions.parser.models",)


def start(installation: Installation) -> None:
    """Begin to load services in the background; tells `installation` what cannot be loaded."""

    def load() -> None:
        try:
            _load()
        except Exception as error:
            installation.failed("a service of moto", error)

    run_in_background("warm-up", load)


def _load() -> None:
    began = time.monotonic()
    for package, service in _SERVICES:
        for module in ("models", "responses"):
            with LOCK.holding():
                importlib.import_module(f"moto.{package}.{module}")
        with LOCK.holding():
            get_service_model(service)
    for module in _OTHERS:
        with LOCK.holding():
            importlib.import_module(module)
    # What is loaded stays: the collector, which stops every request, need not walk it each time.
    gc.collect()
    gc.freeze()
    log.info("services loaded in %.1f s", time.monotonic() - began)
