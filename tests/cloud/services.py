"""The marketplace, Compute Nest's supplier side and STS, as far as this tool calls them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.cloud.world import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.cloud.world import Account, World

    Parameters = Mapping[str, str]

PARAMETERS = {
    "DescribeProduct": re.compile("Code|AliUid|QueryDraft"),
    "ListArtifactVersions": re.compile("ArtifactId|MaxResults|NextToken|Filters"),
    "GetCallerIdentity": re.compile("(?!)"),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "DescribeProduct": ("Code",),
    "ListArtifactVersions": ("ArtifactId",),
    "GetCallerIdentity": (),
}


def product(code: str, images: Mapping[str, str], versions: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a product as DescribeProduct answers: `images` are image IDs with their labels."""
    modules = [
        {
            "Id": "1",
            "Code": "img_id",
            "Name": "image",
            "Properties": {
                "Property": [
                    {
                        "Key": "img_id",
                        "Name": "image",
                        "PropertyValues": {
                            "PropertyValue": [
                                {"Value": image, "DisplayName": label, "Type": "single_string"}
                                for image, label in images.items()
                            ]
                        },
                    }
                ]
            },
        }
    ]
    if versions:
        values = [{"Value": version, "DisplayName": version} for version in versions]
        modules.append(
            {
                "Id": "2",
                "Code": "package_version",
                "Name": "version",
                "Properties": {
                    "Property": [{"Key": "package_version", "PropertyValues": {"PropertyValue": values}}]
                },
            }
        )
    sku = {
        "Code": f"{code}-prepay",
        "Name": "standard",
        "ChargeType": "PREPAY",
        "Modules": {"Module": modules},
    }
    return {"Code": code, "Name": "a product", "Status": "ON_SALE", "ProductSkus": {"ProductSku": [sku]}}


def describe_product(world: World, caller: Account, p: Parameters, outcome: str) -> dict[str, Any]:
    """DescribeProduct of the marketplace."""
    found = world.products.get(p["Code"])
    if found is None:
        raise ApiError(400, "InvalidProduct.NotFound", "The product does not exist.")
    return found


def list_artifact_versions(world: World, caller: Account, p: Parameters, outcome: str) -> dict[str, Any]:
    """ListArtifactVersions of Compute Nest; properties come as JSON strings, ImageDelivery as an object."""
    versions = world.artifacts.get(p["ArtifactId"])
    if versions is None:
        raise ApiError(404, "EntityNotExist.Artifact", "The specified artifact does not exist.")
    size = int(p.get("MaxResults", "20"))
    if not 1 <= size <= 100:
        raise ApiError(400, "InvalidParameter", "The specified MaxResults is not valid.")
    for part in json.loads(p.get("Filters", "[]")):
        if part["Name"] != "Status":
            raise ApiError(400, "InvalidParameter", "The specified Filters is not valid.")
        versions = [version for version in versions if version["Status"] in part["Values"]]
    start = int(p["NextToken"]) if p.get("NextToken") else 0
    answer = {
        "Artifacts": versions[start : start + size],
        "MaxResults": size,
        "TotalCount": len(versions),
    }
    if start + size < len(versions):
        answer["NextToken"] = str(start + size)
    return answer


def get_caller_identity(world: World, caller: Account, p: Parameters, outcome: str) -> dict[str, Any]:
    """GetCallerIdentity of STS."""
    return {
        "AccountId": caller.id,
        "UserId": caller.id,
        "IdentityType": "Account",
        "Arn": f"acs:ram::{caller.id}:root",
    }


OPERATIONS: dict[str, Callable[[World, Account, Mapping[str, str], str], dict[str, Any]]] = {
    "DescribeProduct": describe_product,
    "ListArtifactVersions": list_artifact_versions,
    "GetCallerIdentity": get_caller_identity,
}
