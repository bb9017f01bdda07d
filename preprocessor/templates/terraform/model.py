"""What a Terraform module consists of, as far as image fields need it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from preprocessor.model import Step
    from preprocessor.syntax.hcl import Attribute, Block, Expr


@dataclass(frozen=True, eq=False)
class Variable:
    """A variable and its defaults; a later one, from an override file, stands first and counts."""

    name: str
    block: Block
    declared: tuple[Block, ...]
    """All the blocks that declare it."""

    @property
    def defaults(self) -> Iterator[Attribute]:
        """Its defaults."""
        found = (block.body.attributes.get("default") for block in self.declared)
        return (default for default in found if default is not None)


@dataclass(frozen=True, eq=False)
class Given:
    """A value that a tfvars file gives to a variable."""

    value: Attribute
    automatic: bool
    """Whether Terraform loads the file by itself; others count only when they are named."""


@dataclass(frozen=True, eq=False)
class Resource:
    """A resource or data source; `type` of the latter begins with `data.`, as its address does."""

    type: str
    name: str
    block: Block

    @property
    def address(self) -> str:
        """Its address in the module."""
        return f"{self.type}.{self.name}"


@dataclass(frozen=True, eq=False)
class ModuleCall:
    """A `module` block."""

    name: str
    block: Block
    source: str | None
    """Where the module comes from, if that is a literal."""

    @property
    def local(self) -> bool:
        """Whether the module is a folder beside this one."""
        return self.source is not None and self.source.startswith(("./", "../"))

    @property
    def arguments(self) -> Mapping[str, Attribute]:
        """What the call passes."""
        return self.block.body.attributes


@dataclass(frozen=True, eq=False)
class Module:
    """One folder of Terraform files."""

    folder: str
    alone: bool = False
    """Whether this is one file read without the others of its folder."""
    variables: dict[str, Variable] = field(default_factory=dict)
    locals: dict[str, Attribute] = field(default_factory=dict)
    outputs: dict[str, tuple[Block, ...]] = field(default_factory=dict)
    calls: dict[str, ModuleCall] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)
    given: dict[str, list[Given]] = field(default_factory=dict)
    """Values of tfvars files, by variable; of the automatic ones the first counts."""

    def output(self, name: str) -> Attribute | None:
        """Return the value of an output; of several the last one counts."""
        found = [block.body.attributes.get("value") for block in self.outputs.get(name, ())]
        return next((value for value in reversed(found) if value is not None), None)


@dataclass(frozen=True, eq=False)
class Scope:
    """A module as it is called: what its names mean."""

    module: Module
    prefix: str = ""
    """Begins the addresses in it: empty, or `module.app.`."""
    caller: Scope | None = None
    call: ModuleCall | None = None
    children: dict[str, Scope] = field(default_factory=dict)
    """The local modules it calls, by the name of the call."""
    outer: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    """Values that something around Terraform gives to variables, such as a ROS template's parameters.

    The first step with a value counts; an empty tuple is a value that nobody knows."""
    iterators: Mapping[str, Expr] = field(default_factory=dict)
    """What `each` and the iterators of dynamic blocks go through."""

    def with_iterator(self, name: str, collection: Expr) -> Scope:
        """Return this scope inside a repeated block."""
        return Scope(
            self.module,
            self.prefix,
            self.caller,
            self.call,
            self.children,
            self.outer,
            {**self.iterators, name: collection},
        )
