"""Validation of the tool's own files against the JSON Schemas in `schemas/`, with places in the text."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

from preprocessor.accepting import surely_valid
from preprocessor.errors import InputError
from preprocessor.files import read_bytes
from preprocessor.model import Finding, Severity
from preprocessor.syntax.document import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from preprocessor.syntax.document import Document

_TYPE_NAMES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a number",
    "object": "a mapping",
    "string": "a string",
}


def schema_path(name: str) -> str:
    """Return the path of the schema called `name`, in an installed wheel and in a checkout alike."""
    package = os.path.dirname(os.path.abspath(__file__))
    for folder in (os.path.join(package, "schemas"), os.path.join(os.path.dirname(package), "schemas")):
        path = os.path.join(folder, f"{name}.schema.json")
        if os.path.exists(path):
            return path
    raise FileNotFoundError(f"the schema {name} is not part of this installation")


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return the schema called `name`, such as `artifact-map`."""
    schema: dict[str, Any] = json.loads(read_bytes(schema_path(name)))
    return schema


@cache
def validator(name: str) -> Any:
    """Return the validator of the schema called `name`."""
    import jsonschema_rs

    return jsonschema_rs.validator_for(load_schema(name))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that looks most like `name`, or None where none does."""
    import difflib

    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known name, or all of them."""
    names = sorted(set(known))
    match = nearest(name, names)
    if match:
        return f"did you mean '{match}'?"
    if not names:
        return "there are none"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"known: {shown}"


def validate(document: Document, schema: str, rule: str) -> Any:
    """Return the plain data of `document` after checking it against the schema called `schema`.

    Raises:
        InputError: findings of `rule`, one for each thing that is wrong, each with its place.
    """
    if document.root is None:
        raise InputError.of(
            rule,
            "the file is empty",
            f"expected {_expected(load_schema(schema))}",
            document.source.location(0),
        )
    findings = [
        Finding(
            rule,
            Severity.ERROR,
            f"the key '{key.value}' stands here a second time; the first is on line "
            f"{document.location(first).line}",
            "keep one of them",
            document.location(key),
        )
        for key, first in document.duplicates
    ]
    if findings:
        raise InputError(findings)
    try:
        data = plain(document.root)
    except OverflowError:
        raise InputError.of(
            rule,
            "aliases of aliases make this file too large",
            "write the values out",
            document.source.location(0),
        ) from None
    if surely_valid(data, load_schema(schema)):
        return data
    try:
        for error in validator(schema).iter_errors(data):
            findings.extend(_translate(error, document, schema, rule))
    except UnicodeEncodeError:
        raise InputError.of(
            rule,
            "the text holds half of a character: a JSON escape such as \\ud83d without its other half",
            "write the character itself, or both halves",
            document.source.location(0),
        ) from None
    if findings:
        raise InputError(findings)
    return data


def _translate(error: Any, document: Document, schema: str, rule: str) -> Iterator[Finding]:
    """Return one validator error as findings in words."""
    path = list(error.instance_path)
    kind = error.kind.name
    part = _subschema(load_schema(schema), list(error.schema_path)[:-1])

    def finding(message: str, help_: str, at: Sequence[str | int] = path, key: bool = False) -> Finding:
        return Finding(rule, Severity.ERROR, message, help_, document.find(at, key=key))

    where = f"'{path[-1]}'" if path and isinstance(path[-1], str) else "this"
    if kind == "additionalProperties":
        known = part.get("properties", {})
        for name in error.kind.unexpected:
            yield finding(f"unknown key '{name}'", did_you_mean(name, known), [*path, name], key=True)
    elif kind == "required":
        yield finding(f"the key '{error.kind.property}' is missing", f"expected {_expected(part)}")
    elif kind == "propertyNames":
        name = str(error.kind.error.instance)
        wanted = part.get("propertyNames", part)
        yield finding(f"found the name {name!r}", f"expected {_expected(wanted)}", [*path, name], key=True)
    elif kind == "enum":
        options = [str(option) for option in error.kind.options]
        hint = did_you_mean(str(error.instance), options)
        if not hint.startswith("known"):
            hint = f"{hint} (known: {', '.join(options)})"
        yield finding(f"found {_found(error.instance)} for {where}", hint)
    elif kind == "const":
        wanted_value = json.dumps(error.kind.expected_value)
        yield finding(f"found {_found(error.instance)} for {where}", f"expected {wanted_value}")
    elif kind == "type":
        types = " or ".join(_TYPE_NAMES[name] for name in error.kind.types)
        expected = part.get("title", types)
        if error.kind.types == ["string"] and isinstance(error.instance, (int, float, bool)):
            expected = f"{types}: write it in quotes"
        yield finding(f"found {_found(error.instance)} for {where}", f"expected {expected}")
    elif kind == "falseSchema":
        holder = _subschema(load_schema(schema), list(error.schema_path)[:-2])
        yield finding(f"the key {where} does not belong here", f"expected {_expected(holder)}", key=True)
    elif kind in ("oneOf", "anyOf"):
        yield finding("found neither or several of the alternatives", f"expected {_expected(part)}")
    else:
        yield finding(f"found {_found(error.instance)} for {where}", f"expected {_expected(part)}")


def _subschema(schema: dict[str, Any], path: Sequence[str | int]) -> dict[str, Any]:
    """Return the part of `schema` at `path`; the validator already resolves references in the path."""
    part: Any = schema
    for step in path:
        part = part[step]
        while isinstance(part, dict) and "$ref" in part:
            target: Any = schema
            for name in part["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            part = {**target, **{key: value for key, value in part.items() if key != "$ref"}}
    return part if isinstance(part, dict) else {}


def _expected(part: dict[str, Any]) -> str:
    """Return what a schema wants, in words."""
    if part.get("type") == "object" and "properties" in part:
        required = part.get("required", [])
        names = ", ".join([*required, *(f"[{name}]" for name in part["properties"] if name not in required)])
        title = part.get("title")
        keys = f"the keys {names}"
        return f"{title} ({keys})" if title else keys
    return str(part.get("title") or part.get("description") or "another value")


def _found(value: Any) -> str:
    """Return a value as a person would name it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        short = value if len(value) <= 60 else value[:57] + "..."
        return f"the string {json.dumps(short, ensure_ascii=False)}"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "a mapping" if value else "an empty mapping"
