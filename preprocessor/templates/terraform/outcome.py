"""What following an expression comes to: its form, the steps of the way, and the values at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.model import Form, Slot, Step, Via

if TYPE_CHECKING:
    from preprocessor.syntax.hcl import Expr, Literal
    from preprocessor.templates.terraform.model import Scope

    Key = str | None
    """A key of a map or an index of a list; None where it is known only when Terraform runs."""


@dataclass(frozen=True)
class Outcome:
    """What an expression turned out to be."""

    form: Form
    steps: tuple[Step, ...]
    values: frozenset[str | None]
    """The values it can have when Terraform runs with these files; None stands for an unknown one."""

    @property
    def value(self) -> str | None:
        """The single static value, or None."""
        return next(iter(self.values)) if len(self.values) == 1 else None


NOTHING = Outcome(Form.LITERAL, (), frozenset())
"""What null and an unset branch come to: no image at all."""


@dataclass(frozen=True, eq=False)
class Visit:
    """One expression on the way: where it stands in the way, and how it was reached."""

    expr: Expr
    keys: tuple[Key, ...]
    """What is still to be taken from its value: `["cn-beijing", "id"]` for `x["cn-beijing"].id`."""
    scope: Scope
    via: Via
    address: str
    depth: int

    def to(
        self,
        expr: Expr,
        *,
        keys: tuple[Key, ...] | None = None,
        scope: Scope | None = None,
        via: Via | None = None,
        address: str | None = None,
    ) -> Visit:
        """Return the next visit, which is like this one where nothing is said."""
        return Visit(
            expr,
            self.keys if keys is None else keys,
            scope or self.scope,
            via or self.via,
            self.address if address is None else address,
            self.depth + 1,
        )


def dynamic(at: Visit, note: str) -> Outcome:
    """Return a dynamic outcome that ends at the expression of `at`."""
    expr = at.expr
    step = Step(Via.DYNAMIC, at.address, expr.place.path, expr.start, expr.end, note=note)
    return Outcome(Form.DYNAMIC, (step,), frozenset((None,)))


def missing(at: Visit, note: str) -> Outcome:
    """Return the outcome of a key that is not there: no image, unless a fallback has one."""
    found = dynamic(at, note)
    return Outcome(found.form, found.steps, frozenset())


def literal(at: Visit, expr: Literal) -> Outcome:
    """Return the outcome of a literal."""
    value, place = expr.value, expr.place
    if value is None:
        return NOTHING
    if at.keys:
        return dynamic(at, "found a string, where a map or a list was expected")
    if not value and at.depth:
        # An empty string on the way stands for 'not set', as null does.
        return Outcome(Form.LITERAL, (), frozenset(("",)))
    if expr.quoted and place.exact:
        slot: Slot | None = Slot(place.path, expr.inner_start, expr.inner_end)
    else:
        slot = place.whole(expr.start, expr.end)
    step = Step(at.via, at.address, place.path, expr.start, expr.end, value, slot, note=inexact(expr))
    return Outcome(Form.LITERAL, (step,), frozenset((value,)))


def inexact(expr: Expr) -> str:
    """Return why nothing can be written into `expr`, or nothing."""
    return (
        "" if expr.place.exact else "the scalar it stands in cannot be traced back; write it as a block (|)"
    )


def outer(at: Visit, name: str, keys: tuple[Key, ...]) -> Outcome:
    """Return the outcome of a variable that something around Terraform gives a value."""
    steps = at.scope.outer[name]
    values = [step.value for step in steps if step.value is not None and step.via is Via.DEFAULT]
    return Outcome(Form.PARAMETER, steps, frozenset(values[:1]) if not keys else frozenset((None,)))


def union(form: Form, outcomes: list[Outcome]) -> Outcome:
    """Return the outcome of a choice between several."""
    steps = tuple(step for outcome in outcomes for step in outcome.steps)
    values = frozenset(value for outcome in outcomes for value in outcome.values)
    # A branch that is empty decides nothing, as long as another one says something.
    return Outcome(form, steps, values - {""} or values)


def or_dynamic(form: Form, found: Outcome) -> Form:
    """Return `form`, unless what was found is dynamic."""
    return Form.DYNAMIC if found.form is Form.DYNAMIC else form


def literals(found: Outcome) -> tuple[Step, ...]:
    """Return the steps that hold a literal."""
    return tuple(step for step in found.steps if step.value is not None)
