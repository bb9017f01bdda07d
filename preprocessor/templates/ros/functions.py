"""ROS functions as they stand in a tree: `Fn::If: [...]`, `Ref: x`, and the short tags `!If`, `!Ref`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.syntax import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from preprocessor.syntax import Node

REF = "Ref"

_NAMES = """
Add And Any Avg Base64 Base64Decode Base64Encode Calculate Cidr Contains EachMemberIn Equals FindInMap
FormatTime GetAZs GetAtt GetJsonValue GetStackOutput If Indent Index Join Jq Length ListMerge
MarketplaceImage MatchPattern Max MergeMap MergeMapToList Min Not Or Replace Select SelectMapList Split Str
Sub Transform TransformNamespace
"""

FUNCTIONS = frozenset(f"Fn::{name}" for name in _NAMES.split())
"""Functions that a short tag can name. ROS documents them in its list of template functions."""


@dataclass(frozen=True, eq=False)
class Call:
    """A function and its argument; `tagged` where the function is a tag on the argument itself."""

    name: str
    argument: Node
    tagged: bool

    def describe(self) -> str:
        """Return the call as a person would name it, such as `Fn::GetAtt Web.ImageId`."""
        if isinstance(self.argument, Scalar):
            return f"{self.name} {self.argument.value}"
        if isinstance(self.argument, Sequence):
            words = [item.value for item in self.argument.items if isinstance(item, Scalar)]
            if len(words) == len(self.argument.items):
                return f"{self.name} {'.'.join(words)}"
        return self.name


def call_of(node: Node) -> Call | None:
    """Return the function call that `node` (or what it is an alias of) is, or None."""
    target = node.target
    if target.tag is not None and target.tag.startswith("!"):
        name = REF if target.tag == "!Ref" else "Fn::" + target.tag[1:]
        if name == REF or name in FUNCTIONS:
            return Call(name, target, True)
    if isinstance(target, Mapping) and len(target.pairs) == 1:
        key, value = target.pairs[0]
        if isinstance(key, Scalar) and (key.value == REF or key.value.startswith("Fn::")):
            return Call(key.value, value, False)
    return None
