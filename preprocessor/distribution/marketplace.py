"""Marketplace products: which image a product has in each region, proved in that region.

DescribeProduct lists image IDs with free-text labels; neither region nor version is a field of its own, and
no key links a version to an image (API version 2015-11-01). So every image that could belong to a target
region is looked up there with DescribeImages, and counts only when it is there, Available, and of this
product. The region code in an ID narrows the question; it never is the proof.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from preprocessor.catalog import region_of
from preprocessor.distribution import ecs
from preprocessor.distribution.endpoints import site_region
from preprocessor.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from preprocessor.distribution.client import Cloud
    from preprocessor.distribution.spec import MarketplaceEntry


@dataclass(frozen=True)
class Product:
    """A marketplace product as far as its images go."""

    code: str
    images: Mapping[str, str]
    """Image ID -> the label that the product gives it."""
    versions: tuple[str, ...]
    """The versions that the product lists; often none."""


@dataclass(frozen=True)
class Found:
    """What a product has for the regions of one artifact."""

    entry: MarketplaceEntry
    images: Mapping[str, str]
    """Region -> image ID, for every region without a finding."""
    findings: tuple[Finding, ...]


async def look_up(entry: MarketplaceEntry, cloud: Cloud) -> Found:
    """Return the images of a product in the entry's regions, each proved by DescribeImages there.

    A region where the product is not sold, or not in this version, is a finding.

    Raises:
        CallError: the product cannot be read, or a region does not answer.
    """
    product = await read_product(entry, cloud)
    answers = await asyncio.gather(*(_in_region(entry, region, product, cloud) for region in entry.regions))
    sold = {region for region in map(region_of, product.images) if region}
    sold |= {region for region, images in zip(entry.regions, answers, strict=True) if images}
    images: dict[str, str] = {}
    findings: list[Finding] = []
    for region, candidates in zip(entry.regions, answers, strict=True):
        chosen = _choose(entry, region, candidates, product, sorted(sold))
        if isinstance(chosen, Finding):
            findings.append(chosen)
        else:
            images[region] = chosen.id
    return Found(entry, images, tuple(findings))


async def read_product(entry: MarketplaceEntry, cloud: Cloud) -> Product:
    """Return the product of `entry`.

    Raises:
        CallError: there is no such product, or the call failed.
    """
    answer = await cloud.call("market", "DescribeProduct", site_region(entry.site), {"Code": entry.product})
    images: dict[str, str] = {}
    versions: dict[str, None] = {}
    for module, value in _values(answer):
        text = str(value.get("Value") or "")
        if module == "img_id" and text:
            images.setdefault(text, str(value.get("DisplayName") or ""))
        elif module == "package_version" and text:
            versions[text] = None
    return Product(entry.product, images, tuple(versions))


def _values(answer: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the values of a product's properties, each with the code of its module."""
    for sku in _items(answer, "ProductSkus", "ProductSku"):
        for module in _items(sku, "Modules", "Module"):
            for prop in _items(module, "Properties", "Property"):
                if prop.get("Key") == module.get("Code"):
                    for value in _items(prop, "PropertyValues", "PropertyValue"):
                        yield str(module.get("Code")), value


def _items(data: Any, outer: str, inner: str) -> list[dict[str, Any]]:
    holder = data.get(outer)
    found = holder.get(inner) if isinstance(holder, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


async def _in_region(entry: MarketplaceEntry, region: str, product: Product, cloud: Cloud) -> list[ecs.Image]:
    """Return the product's images that are there in `region`."""
    candidates = [image for image in product.images if region_of(image) in (None, region)]
    if not candidates:
        return []
    images, _ = await ecs.describe(cloud, region, ids=candidates, ImageOwnerAlias="marketplace")
    return [
        image
        for image in images
        # An image of another product cannot come from this product's list, unless the list is wrong.
        if image.id in product.images and image.product in ("", product.code)
    ]


def _choose(
    entry: MarketplaceEntry, region: str, candidates: list[ecs.Image], product: Product, sold: Iterable[str]
) -> ecs.Image | Finding:
    """Return the one image of the wanted version in `region`, or why there is none."""
    if not candidates:
        regions = ", ".join(sold)
        return _finding(
            entry,
            "not-sold",
            f"the product {product.code} is not sold in {region}",
            f"it is sold in {regions}: change the regions, or leave {region} out under skip with the reason"
            if regions
            else "it has no images at all: is the product code right?",
        )
    ready = [image for image in candidates if image.status == ecs.AVAILABLE]
    if not ready:
        states = ", ".join(f"{image.id} is {image.status}" for image in candidates)
        return _finding(
            entry,
            "not-available",
            f"the product {product.code} has no Available image in {region}: {states}",
            "ask the seller, or leave the region out under skip with the reason",
        )
    fitting = _of_version(ready, entry.version, product)
    if entry.architecture:
        fitting = [image for image in fitting if image.architecture in ("", entry.architecture)]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(f"{image.id} ({_label(image, product)})" for image in fitting or ready)
    wanted = f"version {entry.version}" + (f" for {entry.architecture}" if entry.architecture else "")
    if fitting:
        return _finding(
            entry,
            "ambiguous-image",
            f"the product {product.code} has several images of {wanted} in {region}: {listed}",
            "name the architecture, or a version that tells them apart",
        )
    versions = f"; the product lists the versions {', '.join(product.versions)}" if product.versions else ""
    return _finding(
        entry,
        "unknown-version",
        f"the product {product.code} has no image of {wanted} in {region}",
        f"it has {listed} there{versions}",
    )


def _of_version(images: list[ecs.Image], version: str, product: Product) -> list[ecs.Image]:
    """Return the images of `version`: by the image's own version, its label, or its name.

    Where none of them says anything and there is only one image, the product's list of versions decides.
    """
    token = re.compile(rf"(?<![A-Za-z0-9.]){re.escape(version)}(?![A-Za-z0-9]|\.\d)", re.IGNORECASE)
    for matches in (
        [image for image in images if image.version == version],
        [image for image in images if token.search(product.images.get(image.id, ""))],
        [image for image in images if token.search(image.name)],
    ):
        if matches:
            return matches
    if len(images) == 1 and product.versions == (version,):
        return images
    return []


def _label(image: ecs.Image, product: Product) -> str:
    return product.images.get(image.id) or image.version or image.name


def _finding(entry: MarketplaceEntry, rule: str, message: str, help_: str) -> Finding:
    return Finding(rule, Severity.ERROR, f"artifact '{entry.key}': {message}", help_, entry.location)
