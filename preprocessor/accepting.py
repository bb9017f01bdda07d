"""Says quickly whether data is surely valid by one of the schemas in `schemas/`.

The validator proper takes as long to import as this whole check takes, and is asked only where this one does
not say yes: to find the words for what is wrong. A keyword that is not known here is never a yes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Test = Callable[[Any], bool]

_TYPES: Mapping[str, type] = {"boolean": bool, "integer": int, "null": type(None)}
_NO_RULES = frozenset(
    ("$schema", "$id", "$defs", "$comment", "title", "description", "default", "examples", "deprecated")
)
_HANDLED = frozenset(
    """
    $ref additionalProperties const enum items maxLength maxProperties minItems minLength minProperties oneOf
    pattern properties propertyNames required type uniqueItems
    """.split()
)
_ONLY_FOR_A_TYPE = frozenset(
    """
    additionalProperties items maxLength maxProperties minItems minLength minProperties pattern properties
    propertyNames required uniqueItems
    """.split()
)
"""Keywords that rule nothing for values of other types."""


def surely_valid(data: Any, schema: Mapping[str, Any]) -> bool:
    """Return whether `data` is valid by `schema`; False where it is not, or where that is not clear here."""
    return _Compiler(schema).compile(schema)(data)


def _anything(data: Any) -> bool:
    return True


def _nothing(data: Any) -> bool:
    return False


class _Compiler:
    """Makes functions of schemas; each says whether a value is surely valid."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.references: dict[str, Test] = {}

    def compile(self, schema: Any) -> Test:
        if not isinstance(schema, dict):
            return _anything if schema is True else _nothing
        if any(keyword not in _HANDLED and keyword not in _NO_RULES for keyword in schema):
            return _nothing
        tests = [self.reference(schema["$ref"])] if "$ref" in schema else []
        if "const" in schema or "enum" in schema:
            tests.append(_one_of([schema["const"]] if "const" in schema else schema["enum"]))
        if "oneOf" in schema:
            if any(set(one) != {"required"} for one in schema["oneOf"]):
                return _nothing  # a part that is not clear might be valid, beside another one
            tests.append(_just_one([_has(one["required"]) for one in schema["oneOf"]]))
        kind = schema.get("type")
        if kind == "object":
            tests.append(self.object(schema))
        elif kind == "array":
            tests.append(self.array(schema))
        elif kind == "string":
            tests.append(_string(schema))
        elif kind is not None:
            tests.append(_of_type(kind))
        elif set(schema) == {"required"}:
            tests.append(_has(schema["required"]))
        elif not _ONLY_FOR_A_TYPE.isdisjoint(schema):
            return _nothing
        return tests[0] if len(tests) == 1 else _all(tests)

    def reference(self, reference: str) -> Test:
        if reference not in self.references:
            # A schema that refers to itself is not followed.
            self.references[reference] = _nothing
            found: Any = self.root
            for name in reference.removeprefix("#/").split("/"):
                found = found.get(name, False)
            self.references[reference] = self.compile(found)
        return self.references[reference]

    def object(self, schema: Mapping[str, Any]) -> Test:
        required = schema.get("required", ())
        least, most = schema.get("minProperties", 0), schema.get("maxProperties")
        properties = {name: self.compile(part) for name, part in schema.get("properties", {}).items()}
        others = self.compile(schema.get("additionalProperties", True))
        names = self.compile(schema["propertyNames"]) if "propertyNames" in schema else None

        def test(data: Any) -> bool:
            if type(data) is not dict or len(data) < least or (most is not None and len(data) > most):
                return False
            for name in required:
                if name not in data:
                    return False
            for name, value in data.items():
                if not properties.get(name, others)(value) or (names is not None and not names(name)):
                    return False
            return True

        return test

    def array(self, schema: Mapping[str, Any]) -> Test:
        least, unique = schema.get("minItems", 0), schema.get("uniqueItems", False)
        item = self.compile(schema.get("items", True))

        def test(data: Any) -> bool:
            if type(data) is not list or len(data) < least or not all(map(item, data)):
                return False
            return not unique or (all(type(one) is str for one in data) and len(set(data)) == len(data))

        return test


def _string(schema: Mapping[str, Any]) -> Test:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    pattern = schema.get("pattern")
    # In Python `$` also matches before a line break at the end; in JSON Schema it does not.
    text = "" if pattern is None else re.sub(r"\$$", r"\\Z", pattern)
    search = re.compile(text, re.ASCII).search

    def test(data: Any) -> bool:
        if type(data) is not str or len(data) < least or (most is not None and len(data) > most):
            return False
        return pattern is None or search(data) is not None

    return test


def _of_type(kind: Any) -> Test:
    wanted = _TYPES.get(kind) if isinstance(kind, str) else None
    return lambda data: type(data) is wanted


def _one_of(options: Sequence[Any]) -> Test:
    if any(isinstance(option, (dict, list)) for option in options):
        return _nothing
    return lambda data: any(type(data) is type(option) and data == option for option in options)


def _just_one(tests: Sequence[Test]) -> Test:
    return lambda data: sum(test(data) for test in tests) == 1


def _has(names: Sequence[str]) -> Test:
    return lambda data: type(data) is dict and all(name in data for name in names)


def _all(tests: Sequence[Test]) -> Test:
    return lambda data: all(test(data) for test in tests)
