"""Which files are Terraform's, by their names. Light: it is asked about every file of a project."""

from __future__ import annotations

import os
import re

from preprocessor.files import posix

CONFIGURATION = (".tf", ".tofu", ".tf.json", ".tofu.json")
"""Endings of files that hold blocks."""

VALUES = (".tfvars", ".tfvars.json")
"""Endings of files that hold values of variables."""

_OVERRIDES = tuple(f"override{ending}" for ending in CONFIGURATION)

EXTENSIONS = (*CONFIGURATION, *VALUES)
"""Endings of the names of Terraform's files."""

_LOOKS_LIKE = re.compile(r'^[ \t]*(?:resource|data)[ \t]+"[^"\n]+"[ \t]+"[^"\n]+"[ \t]*\{', re.MULTILINE)


def looks_like_hcl(text: str) -> bool:
    """Return whether `text` has a resource in HCL, for texts whose name says nothing."""
    return _LOOKS_LIKE.search(text) is not None


def is_values(name: str) -> bool:
    """Return whether a file of this name holds values of variables."""
    return name.endswith(VALUES)


def is_terraform(name: str) -> bool:
    """Return whether a file of this name is one of Terraform's."""
    return name.endswith((*CONFIGURATION, *VALUES))


def is_override(name: str) -> bool:
    """Return whether Terraform merges a file of this name over the others."""
    return name in _OVERRIDES or name.endswith(tuple(f"_{ending}" for ending in _OVERRIDES))


def is_automatic(name: str) -> bool:
    """Return whether Terraform loads a tfvars file by itself, by its path from the module's folder."""
    return "/" not in name and (
        name.endswith((".auto.tfvars", ".auto.tfvars.json"))
        or name
        in (
            "terraform.tfvars",
            "terraform.tfvars.json",
        )
    )


def is_module(folder: str, excluded: frozenset[str] = frozenset()) -> bool:
    """Return whether `folder` holds files, other than those in `excluded`, that make it a module."""
    try:
        with os.scandir(folder) as entries:
            return any(
                entry.name.endswith(CONFIGURATION)
                and not entry.name.startswith(".")
                and posix(entry.path) not in excluded
                and entry.is_file()
                for entry in entries
            )
    except OSError:
        return False
