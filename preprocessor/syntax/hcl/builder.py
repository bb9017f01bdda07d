"""Parse trees of python-hcl2's grammar to nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from preprocessor.syntax.hcl.errors import HclError
from preprocessor.syntax.hcl.grammar import first_of, last_of, parse
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
from preprocessor.syntax.hcl.strings import heredoc_content, unescape, unescape_template
from preprocessor.syntax.tree import MAX_DEPTH

if TYPE_CHECKING:
    from lark import Token, Tree

    from preprocessor.syntax.hcl.place import Place

    Branch = Tree[Token]

_SKIPPED = frozenset(("new_line_or_comment",))


class Builder:
    """Makes nodes of the parse tree of `masked`, with the text's own characters."""

    def __init__(self, text: str, masked: str, place: Place, bare: int = -1) -> None:
        self.text = text
        self.masked = masked
        self.place = place
        self.bare = bare  # where the string starts whose content stands without quotes and escapes

    def parsed(self, found: Body | None = None) -> Body:
        """Parse the whole text; add what it holds to `found`, where that is given.

        Raises:
            HclError: it is not HCL.
        """
        return self.body(parse(self.masked, self.text).children[0], 0, found)

    def body(self, tree: Any, depth: int, found: Body | None = None) -> Body:
        """Return the attributes and blocks of a `body` node; add them to `found`, where that is given."""
        found = Body() if found is None else found
        end = None
        for child in self.values(tree):
            # The grammar takes two in one line, HCL does not.
            if end is not None and "\n" not in self.masked[end : first_of(child)]:
                raise HclError("a line break is missing before this", first_of(child))
            end = self.span(child)[1]
            if child.data == "attribute":
                attribute = self.attribute(child)
                if attribute.name in found.attributes:
                    raise HclError(
                        f"the argument '{attribute.name}' stands here a second time",
                        first_of(child),
                        "keep one of them",
                    )
                found.attributes[attribute.name] = attribute
            else:
                found.blocks.append(self.block(child, depth + 1))
        return found

    def attribute(self, tree: Branch) -> Attribute:
        """Return an argument; its value is made when it is asked for."""
        name, _, value = tree.children
        start, end = self.span(value)
        return Attribute(
            self.word(name),
            self.place,
            self.place.at(start),
            self.place.end(end),
            lambda: self.expr(value, 0),
        )

    def block(self, tree: Any, depth: int) -> Block:
        """Return a block with all that is in it."""
        words = []
        body: Any = None
        for child in tree.children:
            data = getattr(child, "data", None)
            if data == "body":
                body = child
            elif data == "string":
                words.append(unescape(self.word(child)[1:-1]))
            elif data is not None and data not in _SKIPPED:
                words.append(self.word(child))
        brace = next(child for child in tree.children if getattr(child, "type", "") == "LBRACE")
        start, end = first_of(tree), brace.start_pos
        end = start + len(self.masked[start:end].rstrip())
        return Block(
            words[0],
            tuple(words[1:]),
            self.body(body, depth),
            self.place,
            self.place.at(start),
            self.place.end(end),
        )

    def word(self, tree: Any) -> str:
        """Return the text at `tree`."""
        return self.text[first_of(tree) : last_of(tree)]

    def span(self, tree: Any) -> tuple[int, int]:
        """Return the inner offsets of an expression, without the blanks that its rule may end in."""
        start, end = first_of(tree), last_of(tree)
        return start, start + len(self.masked[start:end].rstrip())

    def expr(self, tree: Any, depth: int) -> Expr:
        """Return the expression at `tree`."""
        if depth > MAX_DEPTH:
            return self.computed(tree, "an expression nested too deeply to follow")
        while tree.data == "expr_term":
            inner = [
                child for child in tree.children if hasattr(child, "data") and child.data not in _SKIPPED
            ]
            if len(inner) != 1:
                break
            tree = inner[0]
        make = _MAKERS.get(tree.data)
        if make is not None:
            found: Expr = make(self, tree, depth)
            return found
        return self.computed(tree, _WORDS.get(tree.data, "an expression"))

    def at(self, tree: Any) -> tuple[Place, int, int]:
        """Return where `tree` stands."""
        start, end = self.span(tree)
        return self.place, self.place.at(start), self.place.end(end)

    def computed(self, tree: Any, what: str) -> Computed:
        """Return an expression that is not followed, `what` it is in words."""
        return Computed(*self.at(tree), what)

    def identifier(self, tree: Branch, depth: int) -> Expr:
        """Return a bare name."""
        return Name(*self.at(tree), self.word(tree))

    def plain(self, tree: Branch, depth: int) -> Expr:
        """Return a number, a boolean or null."""
        place, start, end = self.at(tree)
        word = self.word(tree)
        return Literal(place, start, end, None if word == "null" else word, start, end, quoted=False)

    def string(self, tree: Branch, depth: int) -> Expr:
        """Return a string or a heredoc: a literal, the one expression in it, or a computed template."""
        start, end = self.span(tree)
        if self.text[start] == "<":
            return self.heredoc(tree, start, end, depth)
        parts = [child for child in tree.children if hasattr(child, "data")]
        content = self.text[start + 1 : end - 1]
        if _has_template(parts, self.masked, self.text):
            return self.template(tree, parts, depth)
        value = unescape_template(content) if start == self.bare else unescape(content)
        return Literal(
            self.place,
            self.place.at(start),
            self.place.end(end),
            value,
            self.place.at(start + 1),
            self.place.end(end - 1),
        )

    def template(self, tree: Branch, parts: list[Any], depth: int) -> Expr:
        """Return a string with templates in it; `"${x}"` alone is `x` itself, as in Terraform."""
        inner = [child for part in parts for child in part.children if hasattr(child, "data")]
        if len(parts) == 1 and len(inner) == 1 and inner[0].data == "interpolation":
            return self.expr(inner[0].children[1], depth + 1)
        return self.computed(tree, "a string that is put together from parts")

    def heredoc(self, tree: Branch, start: int, end: int, depth: int) -> Expr:
        """Return a heredoc: a literal or a computed template."""
        parts = [child for child in tree.children if hasattr(child, "data")]
        if _has_template(parts, self.masked, self.text):
            return self.computed(tree, "a heredoc that is put together from parts")
        value, first, last = heredoc_content(self.text, start, end)
        where = (self.place.at(first), self.place.end(last))
        return Literal(self.place, self.place.at(start), self.place.end(end), value, *where)

    def call(self, tree: Any, depth: int) -> Expr:
        """Return a function call."""
        name = next(child for child in tree.children if getattr(child, "data", "") == "identifier")
        listed = [child for child in tree.children if getattr(child, "data", "") == "arguments"]
        arguments = listed[0].children if listed else []
        values = tuple(
            self.expr(child, depth + 1)
            for child in arguments
            if hasattr(child, "data") and child.data not in _SKIPPED
        )
        expanded = any(getattr(child, "type", "") == "ELLIPSIS" for child in arguments)
        return Call(*self.at(tree), self.word(name), values, expanded)

    def conditional(self, tree: Branch, depth: int) -> Expr:
        """Return a conditional."""
        _, yes, no = self.values(tree)
        return Conditional(*self.at(tree), self.expr(yes, depth + 1), self.expr(no, depth + 1))

    def tuple_(self, tree: Branch, depth: int) -> Expr:
        """Return a list."""
        return Tuple(*self.at(tree), tuple(self.expr(child, depth + 1) for child in self.values(tree)))

    def object_(self, tree: Branch, depth: int) -> Expr:
        """Return an object."""
        entries = []
        for element in self.values(tree):
            key, value = self.values(element)
            entries.append((self.key(key, depth + 1), self.expr(value, depth + 1)))
        return Object(*self.at(tree), tuple(entries))

    def key(self, tree: Any, depth: int) -> Expr:
        """Return an object's key; a bare name means itself, a name in parentheses is a reference."""
        inner = tree.children[0]
        found = self.expr(inner, depth) if hasattr(inner, "data") else None
        if isinstance(found, Name) and self.masked[first_of(inner)] == "(":
            return found
        if found is None or isinstance(found, Name):
            place, start, end = self.at(tree)
            return Literal(place, start, end, self.word(tree).strip(), start, end, quoted=False)
        return found

    def access(self, tree: Any, depth: int) -> Expr:
        """Return a chain of accesses; the tree nests it from the left, however long it is."""
        outer = tree
        items: list[Item] = []
        while True:
            base, step = self.values(tree)
            items.append(self.item(step, depth))
            if step.data in ("attr_splat", "full_splat"):
                items[-1:] = [self.item(child, depth) for child in reversed(self.values(step))] + [items[-1]]
            while base.data == "expr_term" and len(self.values(base)) == 1:
                base = self.values(base)[0]
            if base.data not in _ACCESSES:
                break
            tree = base
        return Access(*self.at(outer), self.expr(base, depth + 1), tuple(reversed(items)))

    def item(self, tree: Any, depth: int) -> Item:
        """Return one step of an access."""
        where = self.at(tree)
        if tree.data == "get_attr":
            return Item(*where, name=self.word(self.values(tree)[0]))
        if tree.data == "short_index":
            number = next(child for child in tree.children if child.type == "INT_LITERAL")
            return Item(*where, name=str(number))
        if tree.data == "braces_index":
            return Item(*where, key=self.expr(self.values(tree)[0], depth + 1))
        return Item(*where)

    def values(self, tree: Any) -> list[Any]:
        """Return the children that are rules, without line breaks."""
        return [child for child in tree.children if hasattr(child, "data") and child.data not in _SKIPPED]


def _has_template(parts: list[Any], masked: str, text: str) -> bool:
    """Return whether a string has an interpolation or a directive; the latter are blank in the tree."""
    for part in parts:
        for child in part.children:
            if hasattr(child, "data"):
                return True
            start, end = child.start_pos, child.end_pos
            if "%{" in text[start:end] and "%{" in text[start:end].replace("%%{", ""):
                return True
    return False


_ACCESSES = frozenset(
    ("index_expr_term", "get_attr_expr_term", "attr_splat_expr_term", "full_splat_expr_term")
)
_WORDS = {
    "binary_op": "an operation",
    "unary_op": "an operation",
    "for_tuple_expr": "a for expression",
    "for_object_expr": "a for expression",
}
_MAKERS: dict[str, Any] = {
    "identifier": Builder.identifier,
    "literal_value": Builder.plain,
    "int_lit": Builder.plain,
    "float_lit": Builder.plain,
    "string": Builder.string,
    "function_call": Builder.call,
    "conditional": Builder.conditional,
    "tuple": Builder.tuple_,
    "object": Builder.object_,
    **dict.fromkeys(_ACCESSES, Builder.access),
}
