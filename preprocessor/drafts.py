"""The text of a first binding file. Pure: what was found goes in, commented YAML comes out."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.artifacts import ARTIFACT_KEY
from preprocessor.catalog import region_of
from preprocessor.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from preprocessor.bindings import Bindings, TemplateEntry

_DEFAULT_REGION = "cn-hangzhou"
_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./-]*")
_WORDS = frozenset(("y", "yes", "n", "no", "true", "false", "on", "off", "null", ".inf", ".nan"))


@dataclass(frozen=True)
class Draft:
    """A template with image fields: its path, and how many fields have each image."""

    path: str
    images: tuple[tuple[tuple[Kind, str], int], ...]


_HEAD = """\
# Which image fields of which templates belong to which artifact.
# Look at the fields with `region-image scan`, and at what is still to do with `region-image check`.
version: 1
artifact_map: {map}
"""

_REGIONS = """
# The regions to write variants for. Without this list it is every region that an artifact bound in the
# template has.
regions:
"""

_OUTPUT = """
# Where variants are written. The variables are region, path, dir, name, stem and ext.
# output: dist/{{ region }}/{{ path }}
"""

_BIND = """
# Bindings for every template below. Give each image the name of its artifact, remove the comment marks, and
# store the artifact's images: region-image map set ARTIFACT cn-beijing=m-2zexxxxxxxxxxxxxxxxx
"""

_NOTHING = """\
# No image of your own was found. A binding looks like this:
# bind:
#   - image: my-app
#     artifact: my-app
"""


def drafted(drafts: Sequence[Draft], artifact_map: str) -> str:
    """Return a binding file for these templates, with the bindings as comments to be completed."""
    counts: Counter[tuple[Kind, str]] = Counter()
    places: Counter[tuple[Kind, str]] = Counter()
    for draft in drafts:
        for image, count in draft.images:
            counts[image] += count
            places[image] += 1
    own = [image for image in sorted(counts) if image[0] in (Kind.CUSTOM, Kind.PLACEHOLDER)]
    regions = sorted({region for _, value in own if (region := region_of(value))}) or [_DEFAULT_REGION]
    text = _HEAD.format(map=_scalar(artifact_map)) + _REGIONS
    text += "".join(f"  - {region}\n" for region in regions) + _OUTPUT + _BIND
    text += "# bind:\n" if own else _NOTHING
    for number, (kind, value) in enumerate(own, start=1):
        region = region_of(value)
        what = f"{kind.value} image of {region}" if region else f"{kind.value}"
        fields, files = counts[kind, value], places[kind, value]
        text += f"#   # {what}: {_count(fields, 'image field')} in {_count(files, 'template')}\n"
        text += f"#   - image: {_scalar(value)}\n#     artifact: {_name(kind, value, number)}\n"
    return text + "\ntemplates:" + ("\n" if drafts else " []\n") + "".join(map(_entry, drafts))


def _entry(draft: Draft) -> str:
    text = f"  - path: {_scalar(draft.path)}\n"
    public = [value for (kind, value), _ in draft.images if kind is Kind.PUBLIC]
    if public:
        text += "    # ignore:\n"
    for value in public:
        text += (
            f"    #   - image: {_scalar(value)}\n    #     reason: public image, same ID in every region\n"
        )
    return text


def _name(kind: Kind, value: str, number: int) -> str:
    """Return a name to start with: a placeholder's own where it can be one."""
    fits = kind is Kind.PLACEHOLDER and ARTIFACT_KEY.fullmatch(value)
    return _scalar(value) if fits else f"image-{number}"


def converted(config: Bindings, base: str, artifact_map: str) -> str:
    """Return the binding file, for the folder `base`, that says what `config` says."""
    text = f"# Converted from {_comment(config.path)}.\n" + _HEAD.format(map=_scalar(artifact_map))
    text += "".join(_converted(config))
    if not config.templates:
        return text + "\ntemplates: []\n"
    return text + "\ntemplates:\n" + "".join(_template(entry, config, base) for entry in config.templates)


def _converted(config: Bindings) -> Iterator[str]:
    if config.bind:
        yield "\nbind:\n"
    for bind in config.bind:
        yield f"  - image: {_scalar(bind.selector.image or '')}\n    artifact: {_scalar(bind.artifact)}\n"
        if bind.version is not None:
            yield f"    version: {json.dumps(bind.version)}\n"


def _template(entry: TemplateEntry, config: Bindings, base: str) -> str:
    path = os.path.relpath(os.path.join(config.base, entry.path), base or ".").replace(os.sep, "/")
    text = f"  - path: {_scalar(path)}\n"
    return text + (f"    regions: [{', '.join(entry.regions)}]\n" if entry.regions else "")


def _scalar(value: str) -> str:
    """Return a string as a YAML scalar: plain where that reads as the same string, else in double quotes."""
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\x7f")


def _comment(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
