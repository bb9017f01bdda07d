"""Follows the value of a ROS property to the literals behind it.

References to parameters, locals and mappings are followed, every branch of a choice counts, and what
is known only at deployment ends in a dynamic step that says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from preprocessor import address
from preprocessor.model import Form, Slot, Step, Via
from preprocessor.syntax import Mapping, Scalar, Sequence
from preprocessor.syntax.document import scalar_value
from preprocessor.templates.ros.functions import REF, call_of
from preprocessor.templates.slots import value_slot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from preprocessor.address import Part
    from preprocessor.syntax import Document, Node
    from preprocessor.templates.ros.functions import Call

    Parts = tuple[Part, ...]

MAX_DEPTH = 40
"""How many references are followed in a row; a longer way is a cycle or an attack."""

MAX_STEPS = 2000
"""How many steps a trace has at most."""

_RESOLVE = re.compile(r"\{\{\s*resolve:")
_SUB_REFERENCE = re.compile(r"\$\{(?!!)")


@dataclass(frozen=True, eq=False)
class Scope:
    """What names mean in one template: its sections, and for a nested one what its stack passes in."""

    parts: Parts
    """Where the template stands: empty for the outer one."""
    parameters: Node | None
    mappings: Node | None
    locals: Node | None
    passed: dict[str, Passed] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Passed:
    """A value that a stack gives to a parameter of its nested template."""

    node: Node
    parts: Parts
    scope: Scope


@dataclass(frozen=True)
class Outcome:
    """What a value turned out to be: its form, its single static value if any, and the way there."""

    form: Form
    value: str | None
    steps: tuple[Step, ...]


class Follower:
    """Follows values of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.steps_left = MAX_STEPS

    def follow(self, node: Node, parts: Parts, scope: Scope) -> Outcome:
        """Return what the value `node` at the address `parts` is."""
        self.steps_left = MAX_STEPS
        return self._follow(node, parts, scope, Via.VALUE, 0)

    def _follow(self, node: Node, parts: Parts, scope: Scope, via: Via, depth: int) -> Outcome:
        self.steps_left -= 1
        if depth > MAX_DEPTH or self.steps_left < 0:
            return self._dynamic(node, parts, "the references go too deep to follow")
        call = call_of(node)
        if call is not None:
            followed = _FUNCTIONS.get(call.name)
            if followed is None:
                return self._dynamic(node, parts, f"{call.describe()} is known only at deployment")
            return followed(self, _Visit(call, node, parts, scope, via, depth))
        target = node.target
        if isinstance(target, Scalar):
            return self._literal(node, target, parts, via)
        what = "a list" if isinstance(target, Sequence) else "a mapping"
        return self._dynamic(node, parts, f"found {what}, where an image ID was expected")

    def _literal(self, node: Node, target: Scalar, parts: Parts, via: Via) -> Outcome:
        if scalar_value(target) is None:
            step = replace(self._step(via, node, parts), note="no value")
            return Outcome(Form.LITERAL, None, (step,))
        if _RESOLVE.search(target.value):
            return self._dynamic(node, parts, f"{target.value} is known only at deployment")
        # A literal behind an alias lives at its anchor; read_ros moves the slot to the alias where the
        # anchor is no image position itself.
        slot = value_slot(self.document, target)
        step = self._step(via, node, parts, target.value, slot)
        return Outcome(Form.LITERAL, target.value, (step,))

    def _step(
        self, via: Via, node: Node, parts: Parts, value: str | None = None, slot: Slot | None = None
    ) -> Step:
        path = self.document.source.path
        return Step(via, address.join(parts), path, node.start, node.end, value, slot)

    def _dynamic(self, node: Node, parts: Parts, note: str) -> Outcome:
        step = replace(self._step(Via.DYNAMIC, node, parts), note=note)
        return Outcome(Form.DYNAMIC, None, (step,))

    # One method for each function that can be followed.

    def _ref(self, at: _Visit) -> Outcome:
        name = at.call.argument.target
        if not isinstance(name, Scalar):
            return self._dynamic(at.node, at.parts, "Ref without a name")
        parameter = _child(at.scope.parameters, name.value)
        if parameter is not None:
            return self.parameter(name.value, parameter, at.scope, at.depth)
        local = _child(at.scope.locals, name.value)
        if local is not None:
            return self._local(name.value, local, at)
        return self._dynamic(at.node, at.parts, f"Ref {name.value} is known only at deployment")

    def parameter(self, name: str, parameter: Node, scope: Scope, depth: int = 0) -> Outcome:
        """Return what the value of a parameter of the template of `scope` is."""
        parts = (*scope.parts, "Parameters", name)
        steps = [self._step(Via.PARAMETER, parameter, parts)]
        value = None
        passed = scope.passed.get(name)
        if passed is not None:
            given = self._follow(passed.node, passed.parts, passed.scope, Via.PASSED, depth + 1)
            steps.extend(given.steps)
            value = given.value
        default = _child(parameter, "Default")
        if default is not None:
            outcome = self._follow(default, (*parts, "Default"), scope, Via.DEFAULT, depth + 1)
            steps.extend(outcome.steps)
            value = outcome.value if passed is None else value
        allowed = _child(parameter, "AllowedValues")
        target = allowed.target if allowed is not None else None
        if isinstance(target, Sequence):
            for index, item in enumerate(target.items):
                where = (*parts, "AllowedValues", index)
                steps.extend(self._follow(item, where, scope, Via.ALLOWED, depth + 1).steps)
        return Outcome(Form.PARAMETER, value, tuple(steps))

    def _local(self, name: str, local: Node, at: _Visit) -> Outcome:
        parts = (*at.scope.parts, "Locals", name)
        value = _child(local, "Value")
        if value is None:
            return self._dynamic(at.node, at.parts, f"the local {name} is known only at deployment")
        outcome = self._follow(value, (*parts, "Value"), at.scope, Via.VALUE, at.depth + 1)
        step = self._step(Via.LOCAL, local, parts)
        form = Form.DYNAMIC if outcome.form is Form.DYNAMIC else Form.LOCAL
        return Outcome(form, outcome.value, (step, *outcome.steps))

    def _find_in_map(self, at: _Visit) -> Outcome:
        arguments = _items(at.call.argument)
        name = arguments[0].target if arguments else None
        if len(arguments) < 3 or not isinstance(name, Scalar) or call_of(name) is not None:
            return self._dynamic(at.node, at.parts, "Fn::FindInMap whose map is known only at deployment")
        table = _child(at.scope.mappings, name.value)
        parts = (*at.scope.parts, "Mappings", name.value)
        steps: list[Step] = []
        if table is not None:
            for first, row in _chosen(table, arguments[1]):
                for second, leaf in _chosen(row, arguments[2]):
                    outcome = self._follow(leaf, (*parts, first, second), at.scope, Via.MAPPING, at.depth + 1)
                    steps.extend(outcome.steps)
        if len(arguments) > 3:
            fallback = _child(arguments[3], "DefaultValue") or arguments[3]
            where = (*at.parts, "Fn::FindInMap", 3)
            steps.extend(self._follow(fallback, where, at.scope, Via.FALLBACK, at.depth + 1).steps)
        if not steps:
            return self._dynamic(at.node, at.parts, f"Fn::FindInMap finds nothing in the map {name.value}")
        return Outcome(Form.MAPPING, _single(steps), tuple(steps))

    def _if(self, at: _Visit) -> Outcome:
        arguments = _items(at.call.argument)
        if len(arguments) != 3:
            return self._dynamic(at.node, at.parts, "Fn::If without a condition and two values")
        steps: list[Step] = []
        for index in (1, 2):
            parts = (*at.parts, "Fn::If", index)
            steps.extend(self._follow(arguments[index], parts, at.scope, Via.BRANCH, at.depth + 1).steps)
        return Outcome(Form.CHOICE, _single(steps), tuple(steps))

    def _select(self, at: _Visit) -> Outcome:
        arguments = _items(at.call.argument)
        options = arguments[1].target if len(arguments) > 1 else None
        branches: list[tuple[Part, Node]]
        if options is not None and call_of(options) is not None:
            branches = []
        elif isinstance(options, Sequence):
            branches = list(enumerate(options.items))
        elif isinstance(options, Mapping):
            branches = list(options.entries())
        else:
            branches = []
        if not branches:
            return self._dynamic(at.node, at.parts, "Fn::Select over a list that is known only at deployment")
        outcomes: dict[str, Outcome] = {}
        for key, branch in branches:
            parts = (*at.parts, "Fn::Select", 1, key)
            outcomes[str(key)] = self._follow(branch, parts, at.scope, Via.BRANCH, at.depth + 1)
        if len(arguments) > 2:
            parts = (*at.parts, "Fn::Select", 2)
            outcomes[""] = self._follow(arguments[2], parts, at.scope, Via.FALLBACK, at.depth + 1)
        steps = tuple(step for outcome in outcomes.values() for step in outcome.steps)
        index = arguments[0].target
        if isinstance(index, Scalar) and call_of(index) is None:
            chosen = outcomes.get(index.value) or outcomes.get("")
            return Outcome(Form.CHOICE, chosen.value if chosen else None, steps)
        return Outcome(Form.CHOICE, _single(steps), steps)

    def _join(self, at: _Visit) -> Outcome:
        arguments = _items(at.call.argument)
        if len(arguments) == 2:
            pieces = [_static(item) for item in _items(arguments[1])]
            mark = _static(arguments[0])
            if mark is not None and pieces and None not in pieces:
                return self._computed(mark.join(piece or "" for piece in pieces), at)
        return self._dynamic(at.node, at.parts, "Fn::Join with references is known only at deployment")

    def _sub(self, at: _Visit) -> Outcome:
        arguments = _items(at.call.argument) or [at.call.argument]
        text = arguments[0].target
        if isinstance(text, Scalar) and not _SUB_REFERENCE.search(text.value):
            return self._computed(text.value.replace("${!", "${"), at)
        return self._dynamic(at.node, at.parts, "Fn::Sub with references is known only at deployment")

    def _computed(self, value: str, at: _Visit) -> Outcome:
        """A function of literals only: a literal that is replaced as a whole."""
        if _RESOLVE.search(value):
            return self._dynamic(at.node, at.parts, f"{value} is known only at deployment")
        slot = value_slot(self.document, at.node.target, whole=True)
        return Outcome(Form.LITERAL, value, (self._step(at.via, at.node, at.parts, value, slot),))


@dataclass(frozen=True, eq=False)
class _Visit:
    """One call on the way: the call, the node it stands at, its address, and how it was reached."""

    call: Call
    node: Node
    parts: Parts
    scope: Scope
    via: Via
    depth: int


_FUNCTIONS: dict[str, Callable[[Follower, _Visit], Outcome]] = {
    REF: Follower._ref,
    "Fn::FindInMap": Follower._find_in_map,
    "Fn::If": Follower._if,
    "Fn::Join": Follower._join,
    "Fn::Select": Follower._select,
    "Fn::Sub": Follower._sub,
}


def _child(node: Node | None, key: str) -> Node | None:
    target = node.target if node is not None else None
    return target.get(key) if isinstance(target, Mapping) else None


def _items(node: Node) -> list[Node]:
    target = node.target
    return target.items if isinstance(target, Sequence) else []


def _static(node: Node) -> str | None:
    """Return the text of a literal scalar, or None for anything else."""
    target = node.target
    if isinstance(target, Scalar) and call_of(target) is None:
        return target.value
    return None


def _chosen(table: Node, key: Node) -> Iterator[tuple[str, Node]]:
    """Yield the entries of a mapping that a key can choose: one for a literal key, else all."""
    target = table.target
    if not isinstance(target, Mapping):
        return
    name = _static(key)
    if name is None:
        # A key that comes again, through a merge, counts once.
        yield from dict(target.entries()).items()
    elif (found := target.get(name)) is not None:
        yield name, found


def _single(steps: list[Step] | tuple[Step, ...]) -> str | None:
    """Return the one value that all the steps that end a way have, or None."""
    values = {step.value for step in steps if step.value is not None or step.via is Via.DYNAMIC}
    return values.pop() if len(values) == 1 else None
