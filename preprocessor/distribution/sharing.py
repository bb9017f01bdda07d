"""Launch permissions: giving accounts access to an image, and making sure that they have it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from preprocessor.distribution import ecs
from preprocessor.distribution.client import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from preprocessor.distribution.client import Cloud
    from preprocessor.distribution.pace import Pace

SHARE_INCOMPLETE = "ShareIncomplete"
"""The code of a share that the service took and did not carry out."""


async def give_access(
    cloud: Cloud, region: str, image: str, accounts: Sequence[str], pace: Pace, *, fresh: bool = False
) -> None:
    """Share an own image, and look whether all of `accounts` have access: the service may leave some out.

    `fresh` says that nobody can have access yet, which saves the first look.

    Raises:
        CallError: a call was refused, or accounts have no access after all tries.
    """
    have: set[str] = set() if fresh else set(await ecs.accounts_of(cloud, region, image))
    missing = [account for account in accounts if account not in have]
    for _ in range(pace.attempts):
        if not missing:
            return
        try:
            await ecs.share(cloud, region, image, missing)
        except CallError as error:
            if not error.unanswered:
                raise
            await asyncio.sleep(pace.retry_first)
        have = set(await ecs.accounts_of(cloud, region, image))
        missing = [account for account in accounts if account not in have]
    if missing:
        raise CallError(
            SHARE_INCOMPLETE,
            f"the image {image} is not shared with {', '.join(missing)}",
            action="ModifyImageSharePermission",
            region=region,
        )
