"""The ECS image operations (API version 2014-05-26), as its reference describes them."""

from __future__ import annotations

import fnmatch
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tests.cloud.world import ApiError, Image

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.cloud.world import Account, World

    Parameters = Mapping[str, str]

MAX_IDS = 100
MAX_PAGE = 100
_EPOCH = datetime(2024, 5, 28, tzinfo=timezone.utc)
_STATUSES = {"Creating", "Waiting", "Available", "UnAvailable", "CreateFailed", "Deprecated"}


def _names(plain: str, *numbered: str) -> re.Pattern[str]:
    parts = [re.escape(name) for name in plain.split()] + [
        re.escape(name).replace(r"\.N", r"\.[1-9]\d*") for name in numbered
    ]
    return re.compile("|".join(parts))


PARAMETERS = {
    "DescribeImages": _names(
        "RegionId ImageId ImageName ImageFamily ImageOwnerAlias ImageOwnerId IsPublic Status Usable "
        "SnapshotId Usage Architecture OSType ActionType InstanceType ResourceGroupId DryRun PageNumber "
        "PageSize",
        "Tag.N.Key",
        "Tag.N.Value",
        "Filter.N.Key",
        "Filter.N.Value",
    ),
    "CopyImage": _names(
        "RegionId ImageId DestinationRegionId DestinationImageName DestinationDescription Encrypted KMSKeyId "
        "ResourceGroupId DryRun ClientToken",
        "Tag.N.Key",
        "Tag.N.Value",
    ),
    "ModifyImageSharePermission": _names(
        "RegionId ImageId IsPublic LaunchPermission DryRun", "AddAccount.N", "RemoveAccount.N"
    ),
    "DescribeImageSharePermission": _names("RegionId ImageId PageNumber PageSize"),
}
REQUIRED = {
    "DescribeImages": ("RegionId",),
    "CopyImage": ("RegionId", "ImageId"),
    "ModifyImageSharePermission": ("RegionId", "ImageId"),
    "DescribeImageSharePermission": ("RegionId", "ImageId"),
}


def describe_images(world: World, caller: Account, p: Parameters, outcome: str) -> dict[str, Any]:
    """DescribeImages: what the caller sees in one region, page by page."""
    region = _region(world, p)
    statuses = _statuses(p.get("Status"))
    size = _number(p, "PageSize", 10, MAX_PAGE)
    page = _number(p, "PageNumber", 1, 10**6)
    ids = p["ImageId"].split(",") if p.get("ImageId") else None
    if ids is not None and len(ids) > MAX_IDS:
        raise ApiError(400, "InvalidParameter", "The specified parameter ImageId holds too many image IDs.")
    tags = _numbered_pairs(p)
    found = [
        image
        for image in world.images.values()
        if image.region == region
        and _visible(image, caller, p)
        and (statuses is None or image.status in statuses)
        and (ids is None or image.id in ids)
        and _fits(image, p)
        and all(image.tags.get(k) == v if v is not None else k in image.tags for k, v in tags.items())
        and (not tags or image.owner == caller.id)
    ]
    found.sort(key=lambda image: (image.created, image.id), reverse=True)
    shown = found[(page - 1) * size : page * size]
    return {
        "TotalCount": len(found),
        "PageNumber": page,
        "PageSize": size,
        "RegionId": region,
        "Images": {"Image": [_image_data(world, image, caller) for image in shown]},
    }


def _statuses(text: str | None) -> set[str] | None:
    if text == "ALL":
        return None
    wanted = set((text or "Available").split(","))
    if not wanted <= _STATUSES:
        raise ApiError(400, "InvalidStatus.NotFound", "The specified Status is not valid.")
    return wanted


def _visible(image: Image, caller: Account, p: Parameters) -> bool:
    alias = p.get("ImageOwnerAlias", "")
    if image.alias == "marketplace":
        return alias == "marketplace"
    own = image.owner == caller.id
    shared = caller.id in image.shared or (image.public and p.get("IsPublic") == "true")
    system = image.alias == "system"
    return {"": own or shared or system, "self": own, "others": shared and not own, "system": system}.get(
        alias, False
    )


def _fits(image: Image, p: Parameters) -> bool:
    name = p.get("ImageName")
    if name and not (fnmatch.fnmatchcase(image.name, name) if "*" in name else name in image.name):
        return False
    wanted = {
        "ImageFamily": image.family,
        "Architecture": image.architecture,
        "ImageOwnerId": image.owner,
    }
    return all(key not in p or p[key] == value for key, value in wanted.items())


def _image_data(world: World, image: Image, caller: Account) -> dict[str, Any]:
    own = image.owner == caller.id
    created = _EPOCH + timedelta(seconds=image.created)
    return {
        "ImageId": image.id,
        "ImageName": image.name,
        "ImageFamily": image.family,
        "ImageVersion": image.version,
        "Status": image.status,
        "Progress": f"{image.progress}%",
        "Size": 20,
        "Architecture": image.architecture,
        "OSType": "linux",
        "BootMode": "BIOS",
        "ImageOwnerAlias": image.alias or ("self" if own else "others"),
        "ImageOwnerId": int(image.owner) if image.owner.isdigit() else image.owner,
        "IsPublic": image.public,
        "IsCopied": image.copied,
        "IsSelfShared": "True" if own and image.shared else "",
        "ProductCode": image.product,
        "Description": image.description,
        "CreationTime": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Tags": {"Tag": [{"TagKey": k, "TagValue": v} for k, v in sorted(image.tags.items())] if own else []},
    }


def copy_image(world: World, caller: Account, p: Parameters, outcome: str) -> dict[str, Any]:
    """CopyImage: called in the source's region; it answers at once and the copy goes on."""
    token = p.get("ClientToken", "")
    if len(token) > 64 or not token.isascii():
        raise ApiError(400, "InvalidParameter.ClientToken", "The specified ClientToken is not valid.")
    if token:
        before = world.tokens.get((caller.id, token))
        if before is not None:
            if before[0] != dict(p):
                raise ApiError(
                    400, "IdempotentParameterMismatch", "The token was used with other parameters before."
                )
            return {"ImageId": before[1]}
    region = _region(world, p, "SourceRegion.NotFound")
    target = p.get("DestinationRegionId") or region
    source = _copy_source(world, caller, region, p["ImageId"])
    _check_target(world, caller, source, target)
    name = p.get("DestinationImageName", "")
    _check_copy_texts(p, name)
    if any(i.name == name and i.owner == caller.id and i.region == target for i in world.images.values()):
        raise ApiError(
            400,
            "InvalidImageName.Duplicated",
            "The specified Image name has already exist in destination region.",
        )
    image = Image(
        id=world.new_id(target, f"{caller.id}/{name}"),
        region=target,
        owner=caller.id,
        name=name or "copied",
        created=world.clock(),
        status="Waiting",
        progress=0,
        version=source.version,
        architecture=source.architecture,
        description=p.get("DestinationDescription", ""),
        copied=True,
        encrypted=p.get("Encrypted") == "true",
        tags={key: value or "" for key, value in _numbered_pairs(p).items()},
        source=(region, source.id),
    )
    world.start_copy(image, caller.id, region, outcome)
    if token:
        world.tokens[caller.id, token] = (dict(p), image.id)
    return {"ImageId": image.id}


def _copy_source(world: World, caller: Account, region: str, image_id: str) -> Image:
    source = world.images.get((region, image_id))
    if source is None or not (source.owner == caller.id or caller.id in source.shared or source.public):
        raise ApiError(404, "InvalidImageId.NotFound", "The specified ImageId does not exist.")
    if source.public:
        raise ApiError(403, "OperationDenied.CommunityImage", "The community image cannot be copied.")
    if source.status != "Available":
        raise ApiError(400, "IncorrectImageStatus", "The specified image is not available.")
    if source.copied and world.clock() < source.ready_at + world.settle:
        raise ApiError(403, "OperationDenied.ImageCopying", "The image is copying.")
    return source


def _check_target(world: World, caller: Account, source: Image, target: str) -> None:
    if target not in world.regions:
        raise ApiError(400, "DestinationRegion.NotFound", "The specified DestinationRegionId does not exist.")
    if target in world.no_copy_regions:
        raise ApiError(403, "RegionNotSupportCopy", "The specified region does not support image copy.")
    if source.owner != caller.id and target != source.region:
        raise ApiError(
            403, "OperationDenied.SameRegionOnly", "A shared image is copied in its own region only."
        )
    if source.owner == caller.id and target == source.region:
        raise ApiError(403, "IncorrectDestinationRegion", "The destination is the region of the source.")
    for copy in world.copies_in_progress():
        same = copy.image.source == (source.region, source.id) and copy.image.region == target
        if same and copy.owner == caller.id:
            raise ApiError(400, "OperationDenied.ImageCopyConflict", "The image is already being copied.")
    own = sum(i.owner == caller.id and i.region == target for i in world.images.values())
    if own >= world.image_quota.get((caller.id, target), 100):
        raise ApiError(403, "QuotaExceed.Image", "The image quota in the destination region is exceeded.")


def _check_copy_texts(p: Parameters, name: str) -> None:
    if name and (
        not 2 <= len(name) <= 128
        or not (name[0].isalpha())
        or name.startswith(("aliyun", "acs:"))
        or "http://" in name
        or "https://" in name
    ):
        raise ApiError(400, "InvalidImageName.Malformed", "The specified Image name is wrongly formed.")
    text = p.get("DestinationDescription")
    if text is not None and (not 2 <= len(text) <= 256 or text.startswith(("http://", "https://"))):
        raise ApiError(400, "InvalidDescription.Malformed", "The specified description is wrongly formed.")
    tags = _numbered_pairs(p)
    bad = [key for key in tags if not key or len(key) > 128 or key.startswith(("aliyun", "acs:"))]
    if len(tags) > 20 or bad or any(len(value or "") > 128 for value in tags.values()):
        raise ApiError(400, "InvalidTag.Mismatch", "The specified tags are not valid.")


def modify_image_share_permission(
    world: World, caller: Account, p: Parameters, outcome: str
) -> dict[str, Any]:
    """ModifyImageSharePermission: accounts beyond the tenth are silently left out."""
    image = _own(world, caller, p)
    add = [p[f"AddAccount.{n}"] for n in range(1, 11) if f"AddAccount.{n}" in p]
    remove = [p[f"RemoveAccount.{n}"] for n in range(1, 11) if f"RemoveAccount.{n}" in p]
    public = p.get("IsPublic") == "true"
    if image.status == "Deprecated":
        raise ApiError(403, "OperationDenied.InvalidImageStatus", "The image is deprecated.")
    if (add or remove) and (image.public or public):
        raise ApiError(403, "Image.Public", "A community image cannot be shared.")
    if (add or public) and image.encrypted:
        raise ApiError(403, "OperationDeined.EncryptedSnapshot", "An encrypted image cannot be shared.")
    known = {account.id for account in world.accounts.values()}
    for account in add:
        if account == caller.id:
            raise ApiError(404, "InvalidAccount.Forbbiden", "The specified Account is yourself.")
        if account not in known and account.startswith("404"):
            raise ApiError(404, "InvalidAccount.NotFound", "The specified Account does not exist.")
    merged = list(dict.fromkeys([*image.shared, *add]))
    if len(merged) > world.share_quota:
        raise ApiError(403, "QuotaExceed.ShareImageUser", "The quota of accounts for this image is exceeded.")
    image.shared = [account for account in merged if account not in remove]
    image.public = public
    return {}


def describe_image_share_permission(
    world: World, caller: Account, p: Parameters, outcome: str
) -> dict[str, Any]:
    """DescribeImageSharePermission: who an own image is shared with, page by page."""
    image = _own(world, caller, p)
    size = _number(p, "PageSize", 10, MAX_PAGE)
    page = _number(p, "PageNumber", 1, 10**6)
    shown = image.shared[(page - 1) * size : page * size]
    return {
        "ImageId": image.id,
        "RegionId": image.region,
        "TotalCount": len(image.shared),
        "PageNumber": page,
        "PageSize": size,
        "Accounts": {"Account": [{"AliyunId": account, "SharedTime": ""} for account in shown]},
        "ShareGroups": {"ShareGroup": []},
    }


def _own(world: World, caller: Account, p: Parameters) -> Image:
    image = world.images.get((_region(world, p), p["ImageId"]))
    if image is None or image.owner != caller.id:
        raise ApiError(404, "InvalidImageId.NotFound", "The specified ImageId does not exist.")
    return image


def _region(world: World, p: Parameters, code: str = "InvalidRegionId.NotFound") -> str:
    if p["RegionId"] not in world.regions:
        raise ApiError(404, code, "The specified RegionId does not exist.")
    return p["RegionId"]


def _number(p: Parameters, name: str, default: int, most: int) -> int:
    text = p.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise ApiError(400, "InvalidParameter", f"The specified parameter {name} is not valid.")
    return int(text)


def _numbered_pairs(p: Parameters) -> dict[str, str | None]:
    pairs: dict[str, str | None] = {}
    number = 1
    while f"Tag.{number}.Key" in p:
        pairs[p[f"Tag.{number}.Key"]] = p.get(f"Tag.{number}.Value")
        number += 1
    return pairs


OPERATIONS: dict[str, Callable[[World, Account, Mapping[str, str], str], dict[str, Any]]] = {
    "DescribeImages": describe_images,
    "CopyImage": copy_image,
    "ModifyImageSharePermission": modify_image_share_permission,
    "DescribeImageSharePermission": describe_image_share_permission,
}
