"""Reading the JSON files of other tools: shapes are checked, and whatever does not fit has a place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from preprocessor.artifacts import REGION_ID, is_image_id
from preprocessor.errors import InputError
from preprocessor.model import Finding, Location, Severity
from preprocessor.sources.base import RULE
from preprocessor.syntax import parse, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from preprocessor.model import Source
    from preprocessor.syntax import Document

    Path = Sequence[str | int]


class Json:
    """A JSON file of another tool.

    With `secret`, its text stays out of every error message: a Terraform state holds passwords.
    """

    def __init__(self, source: Source, *, secret: bool = False) -> None:
        """Parse `source`.

        Raises:
            InputError: a `syntax-error` with its place.
        """
        self._secret = secret
        try:
            self.document: Document = parse(source, json=True)
            self.data: Any = plain(self.document.root)
        except InputError as error:
            raise InputError(self._hide(finding) for finding in error.findings) from None
        except OverflowError:
            raise InputError.of(RULE, "the file is too large", "", source.path) from None

    def _hide(self, finding: Finding) -> Finding:
        return replace(finding, location=self._at(finding.location))

    def _at(self, location: Location) -> Location:
        # Without its column a report shows no source line.
        return Location(location.path, location.line) if self._secret else location

    def error(self, path: Path, message: str, help_: str) -> InputError:
        """Return an error about the value at `path`."""
        return InputError.of(RULE, message, help_, self._at(self.document.find(path)))

    def get(self, path: Path, kind: type, what: str) -> Any:
        """Return the value at `path`, which must be a `kind`; `what` says what it is for.

        Raises:
            InputError: it is missing, or something else.
        """
        part = self.data
        for step in path:
            try:
                part = part[step]
            except (KeyError, IndexError, TypeError):
                raise self.error(path, f"'{_dotted(path)}' is missing", f"expected {what}") from None
        if not isinstance(part, kind):
            raise self.error(path, f"'{_dotted(path)}' is not what it must be", f"expected {what}")
        return part

    def images(self, pairs: Iterable[tuple[object, object, Path]]) -> dict[str, str]:
        """Return region -> image ID of triples of region, ID and place.

        Raises:
            InputError: a region or an ID is none, or a region has two IDs; one finding for each.
        """
        images: dict[str, str] = {}
        findings: list[Finding] = []
        for region, image, path in pairs:
            problem = _problem(region, image, images)
            if problem:
                where = self._at(self.document.find(path))
                findings.append(Finding(RULE, Severity.ERROR, problem[0], problem[1], where))
            else:
                images[str(region)] = str(image)
        if findings:
            raise InputError(findings)
        return images


def _problem(region: object, image: object, images: Mapping[str, str]) -> tuple[str, str] | None:
    """Return what is wrong with a region and an image ID, and what was expected."""
    if not isinstance(region, str) or not REGION_ID.fullmatch(region):
        return f"found {region!r} for a region", "expected a region ID, such as cn-hangzhou"
    if not isinstance(image, str) or not is_image_id(image):
        return f"found {image!r} for the image in {region}", "expected an image ID, such as m-bp1..."
    if images.get(region, image) != image:
        return f"the region {region} has two images: {images[region]} and {image}", "keep one of them"
    return None


def check_images(images: Mapping[object, object], where: Location) -> dict[str, str]:
    """Return `images` (region -> ID) once every region and ID is one.

    Raises:
        InputError: one is not; one finding for each, at `where`.
    """
    found: dict[str, str] = {}
    findings = []
    for region, image in images.items():
        problem = _problem(region, image, found)
        if problem:
            findings.append(Finding(RULE, Severity.ERROR, *problem, where))
        else:
            found[str(region)] = str(image)
    if findings:
        raise InputError(findings)
    return found


def _dotted(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def needed_file(source: Source | None, kind: str) -> Source:
    """Return the file of a request.

    Raises:
        InputError: there is none.
    """
    if source is None:
        raise InputError.of(RULE, f"the source '{kind}' reads a file", "name it, or - for standard input")
    return source
