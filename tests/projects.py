"""Small projects for tests."""

from __future__ import annotations

BEIJING = "m-2zexxxxxxxxxxxxxxxxx"
HANGZHOU = "m-bp1xxxxxxxxxxxxxxxxx"

MAP = f"""\
version: 1
artifacts:
  db:
    default: "3"
    versions:
      "3":
        kind: custom
        images:
          cn-beijing: m-2zeddddddddddddddddd
          cn-hangzhou: m-bp1ddddddddddddddddd
  web:
    default: "2"
    versions:
      "1":
        kind: custom
        images:
          cn-beijing: m-2ze11111111111111111
          cn-hangzhou: m-bp111111111111111111
      "2":
        kind: custom
        artifact_id: artifact-0123456789abcdef0123
        images:
          cn-beijing: {BEIJING}
          cn-hangzhou: {HANGZHOU}
"""


def bindings(*lines: str, path: str = "web.yaml") -> str:
    """Return a binding file with these top-level bindings (YAML flow mappings) for one template."""
    bind = "".join(f"  - {line}\n" for line in lines)
    return (
        "version: 1\nartifact_map: artifact-map.yaml\n"
        + (f"bind:\n{bind}" if lines else "")
        + f"templates:\n  - path: {path}\n"
    )


def instance(value: str) -> str:
    """Return a ROS template of one instance whose ImageId is the YAML `value`."""
    return (
        "ROSTemplateFormatVersion: '2015-09-01'\n"
        "Resources:\n"
        "  Web:\n"
        "    Type: ALIYUN::ECS::Instance\n"
        "    Properties:\n"
        f"      ImageId: {value}\n"
    )
