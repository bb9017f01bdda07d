"""YAML and JSON as one tree of nodes that know where they stand in the text."""

from preprocessor.syntax.document import Document, parse, plain
from preprocessor.syntax.tree import Alias, Mapping, Node, Scalar, Sequence

__all__ = ["Alias", "Document", "Mapping", "Node", "Scalar", "Sequence", "parse", "plain"]
