"""Whose credentials sign a call: the official chain, or a profile by its name.

The keys themselves stay inside the official credentials client. They are read here for one purpose only:
to take them out of an error message before a person sees it.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Any

from preprocessor.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

INSTALL = "install the cloud client: pip install 'region-image-preprocessor[aliyun]'"
_in_use: list[Any] = []
"""The credentials clients of this process, whose keys must not be shown."""

_SHORTEST = 8
_SIGNED_TEXT = re.compile(r"(?is)[,.;:]?\s*(?:the\s+)?(?:server|specified)?\s*string\s*to\s*sign\b.*")


def missing_client() -> CloudError:
    """Return the error for an installation without the extra `aliyun`."""
    return CloudError.of("no-cloud-client", "the Alibaba Cloud client is not installed", INSTALL)


def load_credentials(profile: str | None) -> Any:
    """Return a credentials client: of the profile called `profile`, or for None of the official chain.

    A profile is looked for among those of the Alibaba Cloud CLI (`~/.aliyun/config.json`), then among the
    sections of the SDK's file (`~/.alibabacloud/credentials.ini`, or where `ALIBABA_CLOUD_CREDENTIALS_FILE`
    says). The chain is: environment, OIDC role, CLI profile, credentials file, the instance's role, URI.

    Raises:
        CloudError: `no-cloud-client` without the extra `aliyun`; `no-credentials` where there are none.
    """
    try:
        from alibabacloud_credentials.client import Client
        from alibabacloud_credentials.provider import DefaultCredentialsProvider
    except ImportError:
        raise missing_client() from None
    if profile is None:
        provider = DefaultCredentialsProvider()
        if not _works(provider.get_credentials):
            raise CloudError.of(
                "no-credentials",
                "no Alibaba Cloud credentials were found",
                "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, "
                "run `aliyun configure`, or give the machine a role",
            )
        return _used(Client(provider=provider))
    for candidate in _profile_providers(profile):
        if _works(candidate.get_credentials):
            return _used(Client(provider=candidate))
    raise CloudError.of(
        "no-credentials",
        f"there is no usable credentials profile '{profile}'",
        f"make it with `aliyun configure --profile {profile}`, or correct the name in the spec",
    )


def _used(client: Any) -> Any:
    _in_use.append(client)
    return client


def _profile_providers(profile: str) -> list[Any]:
    from alibabacloud_credentials.provider import CLIProfileCredentialsProvider, ProfileCredentialsProvider

    home = os.path.expanduser("~")
    sections = os.environ.get("ALIBABA_CLOUD_CREDENTIALS_FILE") or os.path.join(
        home, ".alibabacloud", "credentials.ini"
    )
    return [
        CLIProfileCredentialsProvider(
            profile_name=profile, profile_file=os.path.join(home, ".aliyun", "config.json")
        ),
        ProfileCredentialsProvider(profile_name=profile, profile_file=sections),
    ]


def _works(get: Callable[[], Any]) -> bool:
    try:
        return get() is not None
    except Exception:  # noqa: BLE001 - the providers raise whatever their sources raise
        return False


def redact(text: str) -> str:
    """Return a message of the service without anything that is secret.

    A refused signature is answered with the text that was signed, which holds the session token; that part
    is cut off, and the keys that this process uses are struck out wherever they stand.
    """
    text = _SIGNED_TEXT.sub("", text)
    for credentials in _in_use:
        # Credentials that cannot be read cannot stand in the text either.
        with contextlib.suppress(Exception):
            used = credentials.get_credential()
            for secret in (used.access_key_secret, used.security_token, used.access_key_id):
                # A shorter one is no real key, and would tear words apart.
                text = text.replace(secret, "***") if secret and len(secret) >= _SHORTEST else text
    return text
