"""Templates of one machine in each format, with `@` before the places where a finding is expected."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.projects import MAP

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Run, Write

CUSTOM = "m-2zexxxxxxxxxxxxxxxxx"
PUBLIC = "aliyun_3_x64_20G_alibase_20240528.vhd"


@dataclass(frozen=True)
class Format:
    """A format: the name of a file in it, the address of its machine's image field, and makers of texts."""

    path: str
    address: str
    literal: Callable[[str], str]
    """A machine with this literal."""
    parameter: Callable[[str], str]
    """A machine whose image is a parameter with this default, which nothing else uses."""
    extended: Callable[[str, str, str], str]
    """The same with a further property, a condition, and a machine of a type that is not known."""


def _yaml_literal(value: str) -> str:
    return f"""\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: {value}
"""


def _yaml_parameter(value: str) -> str:
    return _yaml_extended(value, "", "")


def _yaml_extended(value: str, use: str, condition: str) -> str:
    return f"""\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  App:
    Type: String
    Default: {value}
Conditions:
  Old:
    Fn::Equals: [{{Ref: App}}, {condition or "other"}]
Resources:
  Web:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId:
        Ref: App
      InstanceName: {use or "web"}
"""


def _json_literal(value: str) -> str:
    return f"""\
{{"ROSTemplateFormatVersion": "2015-09-01",
\t"Resources": {{"Web": {{"Type": "ALIYUN::ECS::Instance",
\t\t"Properties": {{"ImageId": {_quoted(value)}}}}}}}}}
"""


def _json_parameter(value: str) -> str:
    return _json_extended(value, "", "")


def _json_extended(value: str, use: str, condition: str) -> str:
    return f"""\
{{"ROSTemplateFormatVersion": "2015-09-01",
"Parameters": {{"App": {{"Type": "String", "Default": {_quoted(value)}}}}},
"Conditions": {{"Old": {{"Fn::Equals": [{{"Ref": "App"}}, {_quoted(condition or "other")}]}}}},
"Resources": {{"Web": {{"Type": "ALIYUN::ECS::Instance", "Properties": {{
    "ImageId": {{"Ref": "App"}}, "InstanceName": {use or '"web"'}
}}}}}}}}
"""


def _quoted(value: str) -> str:
    mark = "@" if value.startswith("@") else ""
    return mark + json.dumps(value.removeprefix("@"))


def _hcl_literal(value: str) -> str:
    return f"""\
resource "alicloud_instance" "web" {{
  image_id = {_quoted(value)}
}}
"""


def _hcl_parameter(value: str) -> str:
    return _hcl_extended(value, "", "")


def _hcl_extended(value: str, use: str, condition: str) -> str:
    count = f'var.app == "{condition or "other"}" ? 1 : 2'.replace('"@', '"@')
    return f"""\
variable "app" {{
  default = {_quoted(value)}
}}
resource "alicloud_instance" "web" {{
  image_id      = var.app
  instance_name = {use or '"web"'}
  count         = {count}
}}
"""


def _inside(text: str) -> str:
    body = "".join(f"    {line}\n" for line in text.splitlines())
    return f"ROSTemplateFormatVersion: '2015-09-01'\nTransform: Aliyun::Terraform-v1.5\nWorkspace:\n  main.tf: |\n{body}"


ROS_YAML = Format(
    "web.yaml", "Resources.Web.Properties.ImageId", _yaml_literal, _yaml_parameter, _yaml_extended
)
ROS_JSON = Format(
    "web.json", "Resources.Web.Properties.ImageId", _json_literal, _json_parameter, _json_extended
)
HCL = Format("main.tf", "alicloud_instance.web.image_id", _hcl_literal, _hcl_parameter, _hcl_extended)
INSIDE_ROS = Format(
    "stack.yaml",
    "alicloud_instance.web.image_id",
    lambda value: _inside(_hcl_literal(value)),
    lambda value: _inside(_hcl_parameter(value)),
    lambda value, use, condition: _inside(_hcl_extended(value, use, condition)),
)

FORMATS = {"ros-yaml": ROS_YAML, "ros-json": ROS_JSON, "hcl": HCL, "terraform-in-ros": INSIDE_ROS}

USES = {
    "ros-yaml": "@{Ref: App}",
    "ros-json": '@{"Ref": "App"}',
    "hcl": "@var.app",
    "terraform-in-ros": '"a-${@var.app}-b"',
}


def places(path: str, marked: str) -> tuple[str, list[str]]:
    """Return a text without its marks, and the places of the marks as `path:line:column`."""
    found = []
    for number, line in enumerate(marked.splitlines(), start=1):
        for index, piece in enumerate(line.split("@")[:-1]):
            column = sum(map(len, line.split("@")[:index])) + len(piece) + 1
            found.append(f"{path}:{number}:{column}")
    return marked.replace("@", ""), found


def binding_file(*lines: str, path: str, regions: str = "") -> str:
    """Return a binding file for one template, with these bindings and exceptions of its own."""
    binds = "".join(f"      - {line}\n" for line in lines if "reason" not in line)
    ignores = "".join(f"      - {line}\n" for line in lines if "reason" in line)
    return (
        "version: 1\nartifact_map: artifact-map.yaml\n"
        + (f"regions: {regions}\n" if regions else "")
        + f"templates:\n  - path: {path}\n"
        + (f"    bind:\n{binds}" if binds else "")
        + (f"    ignore:\n{ignores}" if ignores else "")
    )


def found_by(run: Run, rule: str, *arguments: str) -> list[str]:
    """Run `check` and return the places of what a rule found, as `path:line:column`."""
    done = run("check", "--format", "json", *arguments)
    return [place_of(finding) for finding in findings_of(done.out) if finding["rule"] == rule]


def findings_of(output: str) -> list[dict[str, str]]:
    """Return the findings of a JSON report."""
    report: dict[str, list[dict[str, str]]] = json.loads(output)
    return report["findings"]


def place_of(finding: dict[str, str]) -> str:
    """Return the place of a finding."""
    return f"{finding['path']}:{finding['line']}:{finding['column']}"


def project(write: Write, path: str, text: str, *lines: str, regions: str = "", map_text: str = MAP) -> None:
    """Write a project of one template."""
    write(
        {
            path: text,
            "artifact-map.yaml": map_text,
            "image-bindings.yaml": binding_file(*lines, path=path, regions=regions),
        }
    )
