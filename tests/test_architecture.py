"""The import rules of the house."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import preprocessor
from preprocessor.errors import PreprocessorError

PACKAGE = Path(preprocessor.__file__).parent

LAYERS = (
    ("errors", "model", "surroundings"),
    ("address", "globs", "parallel", "files", "git"),
    ("syntax",),
    ("accepting", "schema", "catalog"),
    ("templates", "bindings", "artifacts", "computenest", "drafts", "map_edits", "map_changes"),
    ("plan", "regions", "compile", "styles", "checks", "copies", "output", "reports"),
    ("engine", "sources", "distribution"),
    ("cli",),
)
"""Lower first. A module imports from its own layer and from those above it in this list."""

MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
)


def layer_of(module: str) -> int:
    part = module.split(".")[1] if "." in module else ""
    for number, names in enumerate(LAYERS):
        if part in names:
            return number
    raise AssertionError(f"{module} belongs to no layer: add it to LAYERS")


def imports_of(module: str) -> set[str]:
    """Return the project's modules that `module` imports when it runs, not only for type hints."""
    path = PACKAGE.parent / Path(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    found: set[str] = set()

    class Visitor(ast.NodeVisitor):
        def visit_If(self, node: ast.If) -> None:
            if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
                self.generic_visit(node)

        def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
            assert node.level == 0, f"{module}: relative import"
            if node.module and node.module.startswith("preprocessor"):
                known = (f"{node.module}.{name.name}" for name in node.names)
                found.update(name if name in MODULES else str(node.module) for name in known)

        def visit_Import(self, node: ast.Import) -> None:
            found.update(name.name for name in node.names if name.name.startswith("preprocessor"))

    Visitor().visit(ast.parse(source.read_text("utf-8")))
    return found


@pytest.mark.parametrize("module", [name for name in MODULES if name.count(".")])
def test_imports_go_down_only(module: str) -> None:
    if module in ("preprocessor.__main__",):
        return
    own = layer_of(module)
    upward = {name for name in imports_of(module) if "." in name and layer_of(name) > own}
    assert upward == set()


PURE = ("plan", "regions", "compile", "styles", "checks")


@pytest.mark.parametrize(
    "module", [name for name in MODULES if name.split(".")[1:2] and name.split(".")[1] in PURE]
)
def test_pure_modules_do_no_input_or_output(module: str) -> None:
    assert not {
        name for name in imports_of(module) if name.startswith(("preprocessor.files", "preprocessor.output"))
    }


def test_templates_know_nothing_of_bindings() -> None:
    for module in MODULES:
        if module.startswith("preprocessor.templates"):
            assert not {name for name in imports_of(module) if "bindings" in name or "plan" in name}


def test_only_the_command_line_knows_click() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "cli":
            assert "import click" not in path.read_text("utf-8"), path


def test_only_files_opens_files() -> None:
    allowed = {"files.py", "parallel.py"}  # the latter opens pipes between processes
    for path in PACKAGE.rglob("*.py"):
        if path.name in allowed:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "open", f"{path}:{node.lineno}"


def test_the_engine_does_not_know_the_cloud() -> None:
    for module in MODULES:
        if module.startswith("preprocessor.engine"):
            assert not {
                name for name in imports_of(module) if name.split(".")[1] in ("sources", "distribution")
            }


def test_every_module_can_be_imported_alone() -> None:
    script = "\n".join(
        (
            "import subprocess, sys, importlib",
            f"names = {MODULES!r}",
            "for name in names:",
            "    for loaded in [m for m in sys.modules if m.split('.')[0] == 'preprocessor']:",
            "        del sys.modules[loaded]",
            "    importlib.import_module(name) if not name.endswith('__main__') else None",
        )
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


CAUGHT_WHERE_THEY_ARISE = {"YamlError", "JsonError", "HclError", "AddressError"}


def test_every_error_has_the_one_root() -> None:
    errors = {
        found
        for name in MODULES
        if not name.endswith("__main__")
        for found in vars(importlib.import_module(name)).values()
        if isinstance(found, type) and issubclass(found, Exception) and found.__module__ == name
    }
    assert PreprocessorError in errors
    strangers = {found.__name__ for found in errors if not issubclass(found, PreprocessorError)}
    assert strangers <= CAUGHT_WHERE_THEY_ARISE


def loaded_by(*arguments: str) -> set[str]:
    script = (
        "import sys\nfrom preprocessor.cli import main\n"
        f"try:\n    main({list(arguments)!r})\nexcept SystemExit as stop:\n    assert stop.code == 0, stop.code\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


HEAVY = ("hcl2", "lark", "jinja2", "rich.progress", "Tea", "alibabacloud_tea_openapi", "tenacity", "requests")


def test_the_version_costs_no_heavy_import() -> None:
    loaded = loaded_by("--version")
    assert not loaded & {*HEAVY, "ruamel.yaml", "jsonschema_rs", "rich"}


def test_a_scan_costs_no_heavy_import() -> None:
    from tests.projects import instance

    Path("web.yaml").write_text(instance("centos_7"))
    assert not loaded_by("scan", "web.yaml") & set(HEAVY)


def test_a_render_costs_no_heavy_import() -> None:
    from tests.projects import MAP, bindings, instance

    Path("web.yaml").write_text(instance("centos_7"))
    Path("artifact-map.yaml").write_text(MAP)
    Path("image-bindings.yaml").write_text(bindings("{image: centos_7, artifact: web}"))
    assert not loaded_by("render") & {*HEAVY, "rich"}
