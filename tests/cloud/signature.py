"""Checks the ACS3-HMAC-SHA256 signature of a request, as the service does."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.cloud.world import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.cloud.world import Account

_HEADER = re.compile(
    r"ACS3-HMAC-SHA256 Credential=(?P<key>[^,]+),SignedHeaders=(?P<names>[^,]+),"
    r"Signature=(?P<signature>[0-9a-f]+)"
)
_NEEDED = (
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
)
_CLOCK_SKEW = 900


def check(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    accounts: Mapping[str, Account],
    nonces: set[str],
) -> Account:
    """Return the account that signed the request; `headers` have lower-case names."""
    match = _HEADER.fullmatch(headers.get("authorization", ""))
    if match is None:
        raise ApiError(
            400, "IncompleteSignature", "The request signature does not conform to Aliyun standards."
        )
    account = accounts.get(match["key"])
    if account is None:
        raise ApiError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    names = match["names"].split(";")
    if names != sorted(names) or any(name not in names for name in _NEEDED):
        raise ApiError(400, "IncompleteSignature", "Some headers that must be signed are not.")
    digest = hashlib.sha256(body).hexdigest()
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in names)
    pairs = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(query.items()))
    request = f"{method}\n{path}\n{pairs}\n{lines}\n{match['names']}\n{digest}"
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}"
    wanted = hmac.new(account.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    if headers.get("x-acs-content-sha256") != digest or not hmac.compare_digest(wanted, match["signature"]):
        # The service really answers with what it signed, and headers such as the token are part of that.
        raise ApiError(
            400,
            "SignatureDoesNotMatch",
            f"Specified signature is not matched with our calculation. server string to sign is:{request}",
        )
    if account.token and headers.get("x-acs-security-token") != account.token:
        raise ApiError(400, "InvalidSecurityToken.MismatchWithAccessKey", "The token does not fit the key.")
    sent = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    if abs((datetime.now(timezone.utc) - sent).total_seconds()) > _CLOCK_SKEW:
        raise ApiError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
    nonce = headers["x-acs-signature-nonce"]
    if nonce in nonces:
        raise ApiError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
    nonces.add(nonce)
    return account
