"""The library: what `from preprocessor import ...` gives, and the examples in its documentation."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import preprocessor
from preprocessor import explain, render, scan
from preprocessor.engine import explaining, rendering, scanning
from preprocessor.errors import InputError, RefusedError
from tests.projects import BEIJING, HANGZHOU, MAP, bindings, instance

if TYPE_CHECKING:
    from tests.conftest import Write


@pytest.mark.parametrize("module", [scanning, rendering, explaining])
def test_the_examples_run(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert (result.failed, result.attempted > 0) == (0, True)


def test_scan_render_explain(write: Write) -> None:
    write(
        {
            "web.yaml": instance("a"),
            "artifact-map.yaml": MAP,
            "image-bindings.yaml": bindings("{image: a, artifact: web}"),
        }
    )
    (field,) = scan(["web.yaml"]).fields
    assert (field.field.value, field.artifact) == ("a", "web")
    assert render(write=False).written == ("dist/cn-beijing/web.yaml", "dist/cn-hangzhou/web.yaml")
    assert not Path("dist").exists()
    assert render(regions=["cn-beijing"]).written == ("dist/cn-beijing/web.yaml",)
    (found,) = explain("web.yaml")
    ((target, images),) = found.regions
    assert (str(target), dict(images)) == (
        "artifact 'web' version '2'",
        {"cn-beijing": BEIJING, "cn-hangzhou": HANGZHOU},
    )


def test_errors_carry_findings(write: Write) -> None:
    with pytest.raises(InputError) as caught:
        render()
    assert [finding.rule for finding in caught.value.findings] == ["file-error"]
    assert caught.value.exit_status == 2
    write({"web.yaml": instance("a"), "artifact-map.yaml": MAP, "dist/cn-beijing/web.yaml": "mine"})
    write({"image-bindings.yaml": bindings("{image: a, artifact: web}")})
    with pytest.raises(RefusedError) as refused:
        render()
    assert str(refused.value) == (
        "dist/cn-beijing/web.yaml: this file was not written by region-image, and is never overwritten or removed"
    )


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'rendr'"):
        _ = preprocessor.rendr
