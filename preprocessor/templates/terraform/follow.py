"""Follows an expression to the literals behind it.

Variables, locals, module inputs and outputs, maps, lists, conditionals and a few functions that hand their
arguments on are followed; every branch and every entry that may be chosen counts. What is known only when
Terraform runs ends in a dynamic step that says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor import address as addresses
from preprocessor.model import Form, Step, Via
from preprocessor.syntax.hcl import Access, Call, Computed, Conditional, Literal, Name, Object, Tuple
from preprocessor.templates.terraform.outcome import (
    NOTHING,
    Outcome,
    Visit,
    dynamic,
    literal,
    literals,
    missing,
    or_dynamic,
    outer,
    union,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from preprocessor.syntax.hcl import Attribute, Expr, Item
    from preprocessor.templates.terraform.model import Scope, Variable
    from preprocessor.templates.terraform.outcome import Key

MAX_DEPTH = 100
"""How many references and nestings are followed in a row; a longer way is a cycle or an attack."""

MAX_VISITS = 5000
"""How many expressions are looked at for one field."""

_HANDED_ON = frozenset(("sensitive", "nonsensitive", "ephemeralasnull"))
_CONVERSIONS = frozenset(("tostring", "tolist", "toset", "tomap", "trimspace", "chomp"))
_AT_RUN_TIME = "is known only when Terraform runs"


class Follower:
    """Follows the expressions of one unit."""

    def __init__(self) -> None:
        self.visits_left = MAX_VISITS

    def follow(self, expr: Expr, scope: Scope, address: str, keys: tuple[Key, ...] = ()) -> Outcome:
        """Return what is behind `expr`, the value at `address`; with `keys`, behind that part of it."""
        self.visits_left = MAX_VISITS
        found = self._visit(Visit(expr, keys, scope, Via.VALUE, address, 0))
        form = found.form
        # A way that ends without any literal is dynamic, whatever it went through.
        if not literals(found) and any(step.via is Via.DYNAMIC for step in found.steps):
            form = Form.DYNAMIC
        return Outcome(form, tuple(dict.fromkeys(found.steps)), found.values)

    def _visit(self, at: Visit) -> Outcome:
        """Return what is behind the expression of `at`."""
        self.visits_left -= 1
        if at.depth > MAX_DEPTH or self.visits_left < 0:
            return dynamic(at, "the references go too deep to follow")
        expr = at.expr
        if isinstance(expr, Literal):
            return literal(at, expr)
        if isinstance(expr, Access):
            return self._access(at, expr)
        if isinstance(expr, Conditional):
            branches = ((expr.yes, "true"), (expr.no, "false"))
            return self._choice(
                at, [(branch, addresses.extend(at.address, name)) for branch, name in branches]
            )
        if isinstance(expr, Call):
            return self._call(at, expr)
        if isinstance(expr, Object):
            return self._object(at, expr)
        if isinstance(expr, Tuple):
            return self._tuple(at, expr)
        if isinstance(expr, Name):
            return dynamic(at, f"the name '{expr.name}' {_AT_RUN_TIME}")
        what = expr.what if isinstance(expr, Computed) else "this"
        return dynamic(at, f"{what} {_AT_RUN_TIME}")

    def _choice(self, at: Visit, branches: Iterable[tuple[Expr, str]]) -> Outcome:
        found = [self._visit(at.to(expr, via=Via.BRANCH, address=where)) for expr, where in branches]
        return union(Form.CHOICE, found)

    def _object(self, at: Visit, expr: Object) -> Outcome:
        if not at.keys:
            return dynamic(at, "found a map, where an image ID was expected")
        key, rest = at.keys[0], at.keys[1:]
        found = []
        for entry, value in expr.entries:
            name = self._constant(entry, at.scope)
            if key is None or name is None or name == key:
                where = addresses.extend(at.address, name if name is not None else "*")
                found.append(self._visit(at.to(value, keys=rest, via=Via.MAPPING, address=where)))
        return union(Form.MAPPING, found) if found else missing(at, f"the map has no entry '{key}'")

    def _tuple(self, at: Visit, expr: Tuple) -> Outcome:
        if not at.keys:
            return dynamic(at, "found a list, where an image ID was expected")
        key, rest = at.keys[0], at.keys[1:]
        found = []
        for index, item in enumerate(expr.items):
            if key is None or key == str(index):
                where = addresses.extend(at.address, index)
                found.append(self._visit(at.to(item, keys=rest, via=Via.MAPPING, address=where)))
        return union(Form.MAPPING, found) if found else missing(at, f"the list has no item {key}")

    def _call(self, at: Visit, expr: Call) -> Outcome:
        arguments = expr.arguments
        name = expr.name.removeprefix("core::")
        if expr.expanded or not arguments:
            pass
        elif name in _HANDED_ON or (name in _CONVERSIONS and len(arguments) == 1):
            return self._visit(at.to(arguments[0]))
        elif name == "merge" and at.keys:
            return self._merge(at, arguments)
        elif name in ("coalesce", "try"):
            parts = enumerate(arguments)
            return self._choice(at, [(part, addresses.extend(at.address, name, i)) for i, part in parts])
        elif name == "one" and len(arguments) == 1:
            return self._indexed(at, arguments[0], None)
        elif name == "element" and len(arguments) == 2:
            return self._indexed(at, arguments[0], self._constant(arguments[1], at.scope))
        elif name == "lookup" and len(arguments) in (2, 3):
            return self._lookup(at, arguments)
        return dynamic(at, f"the result of {name}() {_AT_RUN_TIME}")

    def _merge(self, at: Visit, arguments: tuple[Expr, ...]) -> Outcome:
        """Follow an entry of merged maps: each map that may have it counts."""
        found = [self._visit(at.to(argument)) for argument in arguments]
        having = [outcome for outcome in found if outcome.values]
        return union(Form.MAPPING, having) if having else found[-1]

    def _indexed(self, at: Visit, collection: Expr, key: Key) -> Outcome:
        found = self._visit(at.to(collection, keys=(key, *at.keys)))
        return Outcome(
            Form.DYNAMIC if found.form is Form.DYNAMIC else Form.MAPPING, found.steps, found.values
        )

    def _lookup(self, at: Visit, arguments: tuple[Expr, ...]) -> Outcome:
        found = self._indexed(at, arguments[0], self._constant(arguments[1], at.scope))
        if len(arguments) == 2:
            return found
        where = addresses.extend(at.address, "lookup", 2)
        fallback = self._visit(at.to(arguments[2], via=Via.FALLBACK, address=where))
        return union(Form.MAPPING, [found, fallback] if found.values else [fallback])

    def _access(self, at: Visit, expr: Access) -> Outcome:
        """Follow `base.name[key]`: what the base is, and which part of it is meant."""
        base, items = expr.base, expr.items
        if not isinstance(base, Name):
            return self._mapped(self._visit(at.to(base, keys=self._keys(items, at.scope) + at.keys)))
        name = items[0].name
        keys = self._keys(items[1:], at.scope) + at.keys
        follow: Callable[[Visit, str, tuple[Key, ...]], Outcome] | None = {
            "var": self._variable,
            "local": self._local,
            "module": self._output,
        }.get(base.name)
        if follow is not None and name is not None:
            return follow(at, name, keys)
        if base.name in at.scope.iterators and name in ("value", "key"):
            return self._iterator(at, base.name, name, keys)
        return dynamic(at, f"{_written(base.name, items)} {_AT_RUN_TIME}")

    def _keys(self, items: Iterable[Item], scope: Scope) -> tuple[Key, ...]:
        """Return the keys that `items` take, None for each one that is not static."""
        return tuple(
            # A splat has neither a name nor a key: it takes every item.
            item.name if item.key is None else self._constant(item.key, scope)
            for item in items
        )

    def _variable(self, at: Visit, name: str, keys: tuple[Key, ...]) -> Outcome:
        scope = at.scope
        variable = scope.module.variables.get(name)
        if variable is None:
            if name in scope.outer:
                return outer(at, name, ())
            return dynamic(at, f"the variable '{name}' {_undeclared(scope)}")
        where = f"{scope.prefix}variable.{name}"
        block = variable.block
        step = Step(Via.PARAMETER, where, block.place.path, block.start, block.end)
        passed = scope.call.arguments.get(name) if scope.call is not None else None
        if passed is not None and scope.caller is not None:
            found = self._passed(at, name, passed, keys)
        else:
            found = self._root_value(at, variable, keys)
        return Outcome(Form.MAPPING if keys else Form.PARAMETER, (step, *found.steps), found.values)

    def _passed(self, at: Visit, name: str, value: Attribute, keys: tuple[Key, ...]) -> Outcome:
        """Follow what a module call passes to a variable."""
        scope = at.scope
        if scope.caller is None or scope.call is None:
            return NOTHING
        where = f"{scope.caller.prefix}module.{scope.call.name}.{name}"
        caller = repeated(scope.caller, scope.call.arguments.get("for_each"))
        found = self._visit(at.to(value.value, keys=keys, scope=caller, via=Via.PASSED, address=where))
        if isinstance(value.value, Literal):
            return found
        step = Step(Via.PASSED, where, value.place.path, value.start, value.end)
        return Outcome(found.form, (step, *found.steps), found.values)

    def _root_value(self, at: Visit, variable: Variable, keys: tuple[Key, ...]) -> Outcome:
        """Follow what sets a variable that no module call passes, in Terraform's order of precedence.

        The first counts, and so does each tfvars file that must be named. What something else comes before
        is behind the field all the same.
        """
        scope, name = at.scope, variable.name
        ranked: list[Outcome] = []
        named: list[Outcome] = []
        steps: tuple[Step, ...] = ()
        if scope.caller is None and name in scope.outer:
            around = outer(at, name, keys)
            steps += around.steps
            ranked += [around] if around.values else []
        for given in scope.module.given.get(name, ()) if scope.caller is None else ():
            where = f"var.{name}"
            found = self._visit(at.to(given.value.value, keys=keys, via=Via.TFVARS, address=where))
            steps += found.steps if not ranked or not given.automatic else literals(found)
            (ranked if given.automatic else named).append(found)
        for default in variable.defaults:
            where = f"{scope.prefix}variable.{name}.default"
            found = self._visit(at.to(default.value, keys=keys, via=Via.DEFAULT, address=where))
            steps += found.steps if not ranked else literals(found)
            ranked.append(found)
        values = {value for found in (*ranked[:1], *named) for value in found.values}
        return Outcome(Form.PARAMETER, steps, frozenset(values if ranked or named else (None,)))

    def _local(self, at: Visit, name: str, keys: tuple[Key, ...]) -> Outcome:
        local = at.scope.module.locals.get(name)
        if local is None:
            return dynamic(at, f"the local value '{name}' {_undeclared(at.scope)}")
        where = f"{at.scope.prefix}local.{name}"
        step = Step(Via.LOCAL, where, local.place.path, local.start, local.end)
        found = self._visit(at.to(local.value, keys=keys, via=Via.VALUE, address=where))
        form = Form.MAPPING if keys else Form.LOCAL
        return Outcome(or_dynamic(form, found), (step, *found.steps), found.values)

    def _output(self, at: Visit, name: str, keys: tuple[Key, ...]) -> Outcome:
        """Follow an output of a module, where that is a folder of this unit."""
        child = at.scope.children.get(name)
        if child is None:
            return dynamic(at, f"an output of the module '{name}' {_AT_RUN_TIME}")
        call = child.call
        if call is not None and not {"count", "for_each"}.isdisjoint(call.arguments):
            keys = keys[1:]
        output = child.module.output(keys[0]) if keys and keys[0] is not None else None
        if output is None:
            return dynamic(at, f"the module '{name}' has no such output")
        where = f"{child.prefix}output.{keys[0]}"
        step = Step(Via.LOCAL, where, output.place.path, output.start, output.end)
        found = self._visit(at.to(output.value, keys=keys[1:], scope=child, via=Via.VALUE, address=where))
        return Outcome(or_dynamic(Form.LOCAL, found), (step, *found.steps), found.values)

    def _iterator(self, at: Visit, name: str, part: str, keys: tuple[Key, ...]) -> Outcome:
        """Follow `each.value` and the like: every item of what is gone through counts."""
        collection = at.scope.iterators[name]
        if part == "key" and not _is_set(collection):
            return dynamic(at, f"{name}.key is a key of a map, and {_AT_RUN_TIME}")
        where = f"{at.address}.{name}"
        found = self._visit(at.to(collection, keys=(None, *keys), address=where))
        return self._mapped(found)

    def _mapped(self, found: Outcome) -> Outcome:
        return Outcome(or_dynamic(Form.MAPPING, found), found.steps, found.values)

    def _constant(self, expr: Expr, scope: Scope, depth: int = 0) -> str | None:
        """Return what a key or an index is, where the files alone say so; variables can be set."""
        if isinstance(expr, Literal):
            return expr.value
        if depth > MAX_DEPTH or not isinstance(expr, Access) or not isinstance(expr.base, Name):
            return None
        name = expr.items[0].name
        if name is None or len(expr.items) != 1:
            return None
        if expr.base.name == "local" and name in scope.module.locals:
            return self._constant(scope.module.locals[name].value, scope, depth + 1)
        if expr.base.name == "var" and scope.call is not None and scope.caller is not None:
            passed = scope.call.arguments.get(name)
            return self._constant(passed.value, scope.caller, depth + 1) if passed is not None else None
        return None


def repeated(scope: Scope, for_each: Attribute | None) -> Scope:
    """Return the scope inside a block with this `for_each`."""
    return scope if for_each is None else scope.with_iterator("each", for_each.value)


def _undeclared(scope: Scope) -> str:
    if scope.module.alone:
        return "is not declared in this file; read the module's folder to follow it"
    return "is not declared in these files"


def _is_set(collection: Expr) -> bool:
    return isinstance(collection, Tuple) or (isinstance(collection, Call) and collection.name == "toset")


def _written(base: str, items: tuple[Item, ...]) -> str:
    """Return the beginning of an access as it stands in the text, such as `data.alicloud_images.default`."""
    names = [base]
    for item in items[: 2 if base == "data" else 1]:
        if item.name is None:
            break
        names.append(item.name)
    return ".".join(names)
