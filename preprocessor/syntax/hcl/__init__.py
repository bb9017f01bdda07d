"""HCL as nodes that know where they stand in the text."""

from preprocessor.syntax.hcl.errors import HclError
from preprocessor.syntax.hcl.nodes import (
    Access,
    Attribute,
    Block,
    Body,
    Call,
    Computed,
    Conditional,
    Expr,
    Item,
    Literal,
    Name,
    Object,
    Tuple,
)
from preprocessor.syntax.hcl.place import Place
from preprocessor.syntax.hcl.reader import check_text, read_body, read_template

__all__ = [
    "Access",
    "Attribute",
    "Block",
    "Body",
    "Call",
    "Computed",
    "Conditional",
    "Expr",
    "HclError",
    "Item",
    "Literal",
    "Name",
    "Object",
    "Place",
    "Tuple",
    "check_text",
    "read_body",
    "read_template",
]
