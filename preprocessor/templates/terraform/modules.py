"""Files to modules: what their blocks declare, override files merged over the others."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from preprocessor.syntax.hcl import Block, Body, Literal
from preprocessor.templates.terraform.model import Given, Module, ModuleCall, Resource, Scope, Variable
from preprocessor.templates.terraform.names import is_automatic, is_override, is_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from preprocessor.model import Step

MAX_INSTANCES = 1000
"""How many module calls are followed; a module that calls two that each call two grows without end."""

_MAX_DEPTH = 30


def build_module(folder: str, files: Iterable[tuple[str, Body]], *, alone: bool = False) -> Module:
    """Return the module of the files of `folder`, given by name."""
    module = Module(folder, alone)
    listed = sorted(files, key=lambda file: file[0])
    for name, body in listed:
        if not is_values(name) and not is_override(name):
            _add(module, body, override=False)
    for name, body in listed:
        if not is_values(name) and is_override(name):
            _add(module, body, override=True)
    values = [file for file in listed if is_values(file[0])]
    for name, body in sorted(values, key=lambda file: _precedence(file[0]), reverse=True):
        for attribute in body.attributes.values():
            module.given.setdefault(attribute.name, []).append(Given(attribute, is_automatic(name)))
    return module


def _precedence(name: str) -> tuple[int, str]:
    """Return where a tfvars file stands in Terraform's order; the highest counts."""
    if name == "terraform.tfvars":
        return (1, name)
    if name == "terraform.tfvars.json":
        return (2, name)
    return (3, name) if is_automatic(name) else (0, name)


def _add(module: Module, body: Body, *, override: bool) -> None:
    for block in body.blocks:
        labels = block.labels
        if block.type == "locals":
            module.locals.update(block.body.attributes)
        elif block.type == "variable" and len(labels) == 1:
            _add_variable(module, block, override)
        elif block.type == "output" and len(labels) == 1:
            module.outputs[labels[0]] = (*module.outputs.get(labels[0], ()), block)
        elif block.type == "module" and len(labels) == 1:
            _add_call(module, block, override)
        elif block.type in ("resource", "data") and len(labels) == 2:
            _add_resource(module, block, override)


def _add_variable(module: Module, block: Block, override: bool) -> None:
    name = block.labels[0]
    known = module.variables.get(name)
    if known is None:
        module.variables[name] = Variable(name, block, (block,))
    elif override:
        module.variables[name] = replace(known, declared=(block, *known.declared))
    else:
        module.variables[name] = replace(known, declared=(*known.declared, block))


def _add_call(module: Module, block: Block, override: bool) -> None:
    name = block.labels[0]
    known = module.calls.get(name)
    if known is not None and override:
        block = _merged(known.block, block)
    source = block.body.attributes.get("source")
    value = source.value if source is not None else None
    text = value.value if isinstance(value, Literal) else None
    module.calls[name] = ModuleCall(name, block, text)


def _add_resource(module: Module, block: Block, override: bool) -> None:
    kind = block.labels[0] if block.type == "resource" else f"data.{block.labels[0]}"
    name = block.labels[1]
    if override:
        for index, known in enumerate(module.resources):
            if (known.type, known.name) == (kind, name):
                module.resources[index] = Resource(kind, name, _merged(known.block, block))
                return
    module.resources.append(Resource(kind, name, block))


def _merged(base: Block, over: Block) -> Block:
    return base.with_body(lambda: _merged_body(base.body, over.body))


def _merged_body(base: Body, over: Body) -> Body:
    """Return `base` with what `over` says instead: attributes one by one, blocks by their type."""
    body = Body()
    body.attributes.update(base.attributes)
    body.attributes.update(over.attributes)
    types = {_shown_type(block) for block in over.blocks}
    body.blocks.extend(block for block in base.blocks if _shown_type(block) not in types)
    body.blocks.extend(over.blocks)
    return body


def _shown_type(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def child_folder(folder: str, call: ModuleCall) -> str:
    """Return the folder of a local module that is called in `folder`."""
    return posixpath.normpath(posixpath.join(folder, call.source or "."))


def build_scope(
    folder: str,
    module_of: Callable[[str], Module | None],
    outer: Mapping[str, tuple[Step, ...]] | None = None,
) -> tuple[Scope | None, bool]:
    """Return the root module in `folder` with the local modules it calls, and whether these are all."""
    root = module_of(folder)
    if root is None:
        return None, True
    scope = Scope(root, outer=outer or {})
    waiting = [(scope, 0)]
    count = 0
    while waiting:
        current, depth = waiting.pop()
        for name, call in current.module.calls.items():
            child = module_of(child_folder(current.module.folder, call)) if call.local else None
            if child is None:
                continue
            count += 1
            if count > MAX_INSTANCES or depth > _MAX_DEPTH:
                return scope, False
            current.children[name] = Scope(child, f"{current.prefix}module.{name}.", current, call)
            waiting.append((current.children[name], depth + 1))
    return scope, True
