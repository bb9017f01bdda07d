"""Where each API is, and what its error codes mean: the facts of `preprocessor/data/cloud.json`.

Sources of the facts: the endpoint tables of the official SDKs and the error lists of the API references.
The market and Compute Nest have two hosts only, one for each site; the rule of the generic SDK would
make up hosts that do not exist.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from preprocessor.errors import InputError
from preprocessor.files import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\])(?P<port>:\d{1,5})?/?")


@dataclass(frozen=True)
class Endpoint:
    """One API's address for one region."""

    name: str
    """The product's name in the service, such as `Ecs`."""
    version: str
    """The API's version, a date."""
    scheme: str
    host: str
    """Host, or `host:port`."""


@cache
def _facts() -> Any:
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return json.loads(read_bytes(os.path.join(folder, "data", "cloud.json")))


def endpoint_of(product: str, region: str, environment: Mapping[str, str] | None = None) -> Endpoint:
    """Return where `product` (`ecs`, `market`, `computenestsupplier`, `sts`) is called for `region`.

    An environment variable replaces the host for all regions: `REGION_IMAGE_ENDPOINT_` and the product's
    name in capitals, holding `https://host`, or `http://host:port` for an emulator or a proxy.

    Raises:
        InputError: `invalid-endpoint`: the variable holds something else.
    """
    facts = _facts()["products"][product]
    variable = facts["environment"]
    override = (os.environ if environment is None else environment).get(variable, "")
    if override:
        match = _URL.fullmatch(override)
        if match is None:
            raise InputError.of(
                "invalid-endpoint",
                f"the environment variable {variable} holds no address of a server",
                "write https://host, or http://host:port for an emulator or a proxy",
                f"${variable}",
            )
        return Endpoint(
            facts["name"], facts["version"], match["scheme"], match["host"] + (match["port"] or "")
        )
    host = facts["hosts"].get(region) or facts["host"].format(region=region)
    return Endpoint(facts["name"], facts["version"], "https", host)


def site_region(site: str) -> str:
    """Return the region whose endpoint serves `site` (`china` or `international`)."""
    region: str = _facts()["sites"][site]
    return region


def is_retryable(code: str, status: int) -> bool:
    """Return whether the same call may work a moment later."""
    retry = _facts()["retry"]
    return code in retry["codes"] or code.startswith(tuple(retry["prefixes"])) or status in retry["statuses"]


def is_wait(code: str) -> bool:
    """Return whether a refused copy may be asked for again once another copy is done."""
    return code in _facts()["wait"]


def is_account_problem(code: str) -> bool:
    """Return whether the service does not accept the credentials at all, whatever the region."""
    return code in _facts()["account"]


def help_for(code: str) -> str:
    """Return what a person can do about an error code, or an empty string."""
    helps = _facts()["help"]
    found: str = helps.get(code, "")
    return found
