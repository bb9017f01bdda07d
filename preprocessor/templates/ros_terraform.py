"""Terraform inside ROS: the HCL files under `Workspace` of a template with a Terraform `Transform`.

Each file is a scalar of the ROS document. Its fields have Terraform's addresses and places in the ROS file,
where they are edited. Parameters of the ROS template are variables of the root module.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from preprocessor.model import Finding, Severity
from preprocessor.syntax import Mapping, Scalar
from preprocessor.syntax.embedded import place_of
from preprocessor.syntax.hcl import Body, HclError, Place, check_text, read_body
from preprocessor.templates.ros.values import Follower, Scope
from preprocessor.templates.terraform.fields import find_fields
from preprocessor.templates.terraform.files import syntax_error
from preprocessor.templates.terraform.modules import build_module, build_scope
from preprocessor.templates.terraform.names import CONFIGURATION, VALUES
from preprocessor.templates.terraform.read import mentions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.catalog import Catalog
    from preprocessor.model import Field, Step
    from preprocessor.syntax import Document
    from preprocessor.templates.terraform.model import Module
    from preprocessor.templates.terraform.surroundings import TerraformSurroundings

WORKSPACE = "Workspace"

_JSON_ENDINGS = tuple(ending for ending in (*CONFIGURATION, *VALUES) if ending.endswith(".json"))
_ENDINGS = tuple(ending for ending in (*CONFIGURATION, *VALUES) if not ending.endswith(".json"))


def read_workspace(document: Document, root: Mapping, catalog: Catalog) -> tuple[list[Field], list[Finding]]:
    """Return the image fields of the Terraform files in a ROS template, and what is wrong with the files."""
    workspace = root.get(WORKSPACE)
    files = _files(document, workspace.target) if workspace is not None else {}
    matter = mentions(catalog).search(document.source.text) is not None
    findings: list[Finding] = []
    folders: dict[str, list[tuple[str, Body]]] = {}
    if matter and workspace is not None:
        findings.extend(_in_json(document, workspace.target, catalog))
    for name, (text, place) in files.items():
        folder, base = posixpath.split(posixpath.normpath(name))
        body = Body()
        try:
            if matter:
                body = read_body(text, place)
            else:
                check_text(text)
        except HclError as error:
            findings.append(syntax_error(document.source, error, place))
        folders.setdefault(folder or ".", []).append((base, body))
    if not matter:
        return [], findings
    modules: dict[str, Module] = {}

    def module_of(folder: str) -> Module | None:
        if folder not in modules and folder in folders:
            modules[folder] = build_module(folder, folders[folder])
        return modules.get(folder)

    scope, _ = build_scope(".", module_of, _parameters(document, root))
    return (find_fields(scope, catalog) if scope is not None else []), findings


def look_around(document: Document, root: Mapping, catalog: Catalog) -> TerraformSurroundings:
    """Return what stands around the image fields in the Terraform files of a ROS template."""
    from preprocessor.templates.terraform.surroundings import Piece, TerraformSurroundings

    workspace = root.get(WORKSPACE)
    files = _files(document, workspace.target) if workspace is not None else {}
    folders: dict[str, list[tuple[str, Body, Piece]]] = {}
    for name, (text, place) in files.items():
        folder, base = posixpath.split(posixpath.normpath(name))
        try:
            body = read_body(text, place)
        except HclError:
            body = Body()
        folders.setdefault(folder or ".", []).append((base, body, Piece(text, place, body)))
    modules: dict[str, Module] = {}

    def module_of(folder: str) -> Module | None:
        if folder not in modules and folder in folders:
            modules[folder] = build_module(folder, [(name, body) for name, body, _ in folders[folder]])
        return modules.get(folder)

    scope, _ = build_scope(".", module_of)

    def pieces() -> Iterator[Piece]:
        waiting = [scope] if scope is not None else []
        while waiting:
            one = waiting.pop()
            for _, _, piece in folders[one.module.folder]:
                yield replace(piece, prefix=one.prefix)
            waiting.extend(one.children.values())

    parameters = root.get("Parameters")
    holder = parameters.target if parameters is not None else None
    names = [name for name, _ in holder.entries()] if isinstance(holder, Mapping) else []
    return TerraformSurroundings(scope, pieces, catalog, names)


def _files(document: Document, workspace: object) -> dict[str, tuple[str, Place]]:
    """Return the text and the place of each Terraform file, by name."""
    files: dict[str, tuple[str, Place]] = {}
    source = document.source
    for name, node in workspace.entries() if isinstance(workspace, Mapping) else ():
        scalar = node.target
        if isinstance(scalar, Scalar) and name.endswith(_ENDINGS):
            place = place_of(source.text, source.path, scalar, json=document.json)
            files[name] = (scalar.value, place or Place.blurred(source.path, scalar.start, scalar.end))
    return files


def _in_json(document: Document, workspace: object, catalog: Catalog) -> Iterator[Finding]:
    """Tell of files in Terraform's JSON syntax: JSON in a scalar is not read."""
    for name, node in workspace.entries() if isinstance(workspace, Mapping) else ():
        scalar = node.target
        if (
            name.endswith(_JSON_ENDINGS)
            and isinstance(scalar, Scalar)
            and mentions(catalog).search(scalar.value)
        ):
            yield Finding(
                "unsafe-edit",
                Severity.ERROR,
                f"the file {name} is in Terraform's JSON syntax, which is not read inside a ROS template",
                "write it in HCL",
                document.location(scalar),
            )


def _parameters(document: Document, root: Mapping) -> dict[str, tuple[Step, ...]]:
    """Return the steps behind each parameter of the ROS template, by name."""
    section = root.get("Parameters")
    holder = section.target if section is not None else None
    follower = Follower(document)
    scope = Scope((), section, None, None)
    return {
        name: follower.parameter(name, parameter, scope).steps
        for name, parameter in (holder.entries() if isinstance(holder, Mapping) else ())
    }
