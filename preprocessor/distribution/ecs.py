"""The ECS image operations this tool needs, with their paging and their limits. API version 2014-05-26.

Facts, from the API reference: DescribeImages lists only Available images unless `Status` says otherwise,
takes up to 100 image IDs in one string, and gives at most 100 images a page; ModifyImageSharePermission
takes ten accounts a call and leaves further ones out without a word.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from preprocessor.artifacts import is_image_id
from preprocessor.distribution.client import BAD_ANSWER, CallError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from preprocessor.distribution.client import Cloud

PAGE = 100
"""Images on one page, and image IDs in one question, at most."""
ACCOUNTS_PER_CALL = 10
"""Accounts that one ModifyImageSharePermission takes."""

UNKNOWN_ACCOUNT = "UnknownAccount"
"""The code of an account whose ID cannot be found out."""

AVAILABLE = "Available"
IN_PROGRESS = frozenset({"Creating", "Waiting"})
"""States of a copy that may still become Available."""
BROKEN = frozenset({"CreateFailed", "UnAvailable"})
"""States of a copy that never will."""


@dataclass(frozen=True)
class Image:
    """An image as DescribeImages tells it."""

    id: str
    region: str
    name: str
    status: str
    progress: int | None = None
    """Percent; None where the service does not say."""
    owner: str = ""
    """The owning account's ID."""
    own: bool = True
    """Whether it belongs to the account that asked."""
    architecture: str = ""
    boot_mode: str = ""
    version: str = ""
    product: str = ""
    """The marketplace product that it belongs to."""
    created: str = ""
    copied: bool = False
    public: bool = False
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


async def describe(
    cloud: Cloud,
    region: str,
    *,
    ids: Iterable[str] | None = None,
    tags: Mapping[str, str | None] | None = None,
    most: int | None = None,
    **filters: object,
) -> tuple[list[Image], int]:
    """Return the images of `region` that fit, in every state, and how many there are in all.

    `ids`: only these, asked for a hundred at a time. `tags`: key -> value, None for any value. `most`: stop
    after the page that reaches so many images. `filters` are parameters of the API.

    Raises:
        CallError: a call failed.
    """
    wanted = sorted(set(ids)) if ids is not None else None
    batches: list[list[str] | None] = (
        [None] if wanted is None else [wanted[start : start + PAGE] for start in range(0, len(wanted), PAGE)]
    )
    images: list[Image] = []
    total = 0
    for batch in batches:
        page = 1
        while True:
            answer = await cloud.call(
                "ecs",
                "DescribeImages",
                region,
                {
                    "RegionId": region,
                    "ImageId": ",".join(batch) if batch else None,
                    "Status": "ALL",
                    "Tag": [
                        {"Key": key} if value is None else {"Key": key, "Value": value}
                        for key, value in (tags or {}).items()
                    ],
                    "PageSize": PAGE,
                    "PageNumber": page if page > 1 else None,
                    **filters,
                },
            )
            found = _list(answer, "Images", "Image")
            # An ID that may not enter a map or a template is no image here either.
            images.extend(_image(data, region) for data in found if is_image_id(str(data.get("ImageId"))))
            count = _number(answer.get("TotalCount"))
            if not found or page * PAGE >= count or (most is not None and len(images) >= most):
                break
            page += 1
        total += count
    return images, total


def _list(answer: Mapping[str, Any], *path: str) -> list[dict[str, Any]]:
    """Return the objects in the list at `path`; the service leaves an empty one out now and then."""
    part: Any = answer
    for name in path:
        part = part.get(name) if isinstance(part, dict) else None
    return [item for item in part if isinstance(item, dict)] if isinstance(part, list) else []


def _number(value: object) -> int:
    """Return a count, which some answers have as text."""
    return int(value) if str(value).isdecimal() else 0  # type: ignore[call-overload]


def _image(data: Mapping[str, Any], region: str) -> Image:
    progress = str(data.get("Progress") or "").rstrip("%")
    return Image(
        id=str(data.get("ImageId", "")),
        region=region,
        name=str(data.get("ImageName") or ""),
        status=str(data.get("Status") or ""),
        progress=int(progress) if progress.isdigit() else None,
        owner=str(data.get("ImageOwnerId") or ""),
        own=data.get("ImageOwnerAlias") == "self",
        architecture=str(data.get("Architecture") or ""),
        boot_mode=str(data.get("BootMode") or ""),
        version=str(data.get("ImageVersion") or ""),
        product=str(data.get("ProductCode") or ""),
        created=str(data.get("CreationTime") or ""),
        copied=data.get("IsCopied") is True,
        public=data.get("IsPublic") is True,
        tags=MappingProxyType(
            {str(tag.get("TagKey")): str(tag.get("TagValue") or "") for tag in _list(data, "Tags", "Tag")}
        ),
    )


async def copy(cloud: Cloud, region: str, parameters: Mapping[str, object]) -> str:
    """Start a copy of an image of `region` and return the ID of the new image.

    The client token in `parameters` makes it safe to send the call again.

    Raises:
        CallError: the copy was refused.
    """
    answer = await cloud.call("ecs", "CopyImage", region, parameters)
    image = answer.get("ImageId")
    if not isinstance(image, str) or not is_image_id(image):
        raise CallError(BAD_ANSWER, "the answer names no image", action="CopyImage", region=region)
    return image


async def accounts_of(cloud: Cloud, region: str, image: str) -> list[str]:
    """Return the accounts that an own image is shared with.

    Raises:
        CallError: a call failed.
    """
    accounts: list[str] = []
    page = 1
    while True:
        answer = await cloud.call(
            "ecs",
            "DescribeImageSharePermission",
            region,
            {
                "RegionId": region,
                "ImageId": image,
                "PageSize": PAGE,
                "PageNumber": page if page > 1 else None,
            },
        )
        found = _list(answer, "Accounts", "Account")
        accounts.extend(str(entry.get("AliyunId", "")) for entry in found)
        if not found or page * PAGE >= _number(answer.get("TotalCount")):
            return accounts
        page += 1


async def share(cloud: Cloud, region: str, image: str, accounts: Sequence[str]) -> None:
    """Give `accounts` access to an own image, ten a call.

    Raises:
        CallError: a call failed; earlier ones have taken effect.
    """
    for start in range(0, len(accounts), ACCOUNTS_PER_CALL):
        await cloud.call(
            "ecs",
            "ModifyImageSharePermission",
            region,
            {
                "RegionId": region,
                "ImageId": image,
                "AddAccount": list(accounts[start : start + ACCOUNTS_PER_CALL]),
            },
            # It is not documented what adding an account a second time does: whoever lost the answer
            # looks first.
            repeat=False,
        )


async def publish(cloud: Cloud, region: str, image: str) -> None:
    """Make an own image a community image.

    Raises:
        CallError: the call failed.
    """
    await cloud.call(
        "ecs",
        "ModifyImageSharePermission",
        region,
        {"RegionId": region, "ImageId": image, "IsPublic": True},
    )


async def own_account(cloud: Cloud, region: str) -> str:
    """Return the ID of the account that calls: of any image it owns, or else as STS tells it.

    Raises:
        CallError: neither answers.
    """
    images, _ = await describe(cloud, region, most=1, ImageOwnerAlias="self")
    for image in images:
        if image.own and image.owner:
            return image.owner
    try:
        answer = await cloud.call("sts", "GetCallerIdentity", region, {})
    except CallError as error:
        raise CallError(
            UNKNOWN_ACCOUNT, f"the ID of the distributor's account is not known: {error.reason}"
        ) from None
    account = str(answer.get("AccountId") or "")
    if not account:
        raise CallError(UNKNOWN_ACCOUNT, "the ID of the distributor's account is not known: no answer")
    return account
