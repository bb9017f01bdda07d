"""The distribution spec: what it means, and what is said of a wrong one."""

from __future__ import annotations

import pytest

from preprocessor.artifacts import ImageSource
from preprocessor.distribution.pace import duration_text, parse_duration
from preprocessor.distribution.spec import (
    CustomEntry,
    Distributor,
    MarketplaceEntry,
    Share,
    Spec,
    read_spec,
)
from preprocessor.errors import InputError
from preprocessor.model import Source

WEB = (
    "version: 1\nartifacts:\n  web:\n    kind: custom\n    version: '2'\n"
    "    source: {region: cn-hangzhou, image: m-bp1}\n    regions: [cn-beijing, cn-shanghai]\n"
)
DB = (
    "version: 1\nartifacts:\n  db:\n    kind: marketplace\n    version: V1.0\n    product: cmjj000001\n"
    "    regions: [cn-beijing]\n"
)


def read(text: str) -> Spec:
    return read_spec(Source("artifacts.yaml", text))


def test_a_custom_artifact() -> None:
    text = WEB + (
        "    skip: [{region: cn-shanghai, reason: no quota}]\n    architecture: arm64\n"
        "    distributor: {profile: publisher, account: '1000000000000002'}\n"
        "    share: {accounts: ['1234567890123456'], public: false}\n    tags: {team: platform}\n"
    )
    entry = read(text).artifacts["web"]
    assert isinstance(entry, CustomEntry)
    assert (entry.key, entry.version, entry.architecture) == ("web", "2", "arm64")
    assert entry.source == ImageSource("cn-hangzhou", "m-bp1")
    assert (entry.regions, dict(entry.skip)) == (("cn-beijing",), {"cn-shanghai": "no quota"})
    assert entry.distributor == Distributor("publisher", "1000000000000002")
    assert (entry.share, dict(entry.tags)) == (Share(("1234567890123456",)), {"team": "platform"})
    assert entry.location.line == 3


def test_a_marketplace_artifact() -> None:
    entry = read(DB).artifacts["db"]
    assert isinstance(entry, MarketplaceEntry)
    assert (entry.product, entry.version, entry.site) == ("cmjj000001", "V1.0", "china")


@pytest.mark.parametrize(
    ("text", "place", "message", "help_"),
    [
        ("", (1, 1), "the file is empty", "region-image distribution spec"),
        (WEB + "    regoins: []\n", (8, 5), "unknown key 'regoins'", "did you mean 'regions'?"),
        (WEB.replace("'2'", "2"), (5, 14), "found the number 2 for 'version'", "expected a string: write it in quotes"),
        (WEB.replace("custom", "costum"), (4, 11), 'found the string "costum" for \'kind\'', "did you mean 'custom'?"),
        (WEB + "    product: x\n", (8, 5), "the key 'product' does not belong here", "a custom artifact (the keys"),
        (DB + "    tags: {a: b}\n", (8, 5), "the key 'tags' does not belong here", "a marketplace artifact (the keys"),
        (WEB.replace("source:", "# "), (4, 5), "the key 'source' is missing", "a custom artifact (the keys"),
        (DB.replace("product:", "# "), (4, 5), "the key 'product' is missing", "a marketplace artifact (the keys"),
        (DB.replace("[cn-beijing]", "[]"), (7, 14), "found an empty list for 'regions'", "at least one region"),
        (DB.replace("[cn-beijing]", "[beijing]"), (7, 15), 'found the string "beijing" for this', "a region ID"),
        (
            DB.replace("[cn-beijing]", "[cn-beijing, cn-beijing]"),
            (7, 14),
            "found a list for 'regions'",
            "each once",
        ),
        (WEB + "    share: {accounts: [123]}\n", (8, 24), "found the number 123 for this", "write it in quotes"),
        (WEB + "    tags: {'acs:x': y}\n", (8, 12), "found the name 'acs:x'", "begins with none of aliyun, acs:"),
        (WEB + "    distributor: {}\n", (8, 18), "the key 'profile' is missing", "(keys profile, [account])"),
        (
            WEB + "    share: {accounts: ['12345'], public: true}\n",
            (8, 34),
            "the copies are to be public and shared with single accounts",
            "keep one of the two",
        ),
        (
            WEB + "    skip: [{region: cn-shangha, reason: x}]\n",
            (8, 21),
            "the region 'cn-shangha' is skipped, but is not among the artifact's regions",
            "did you mean 'cn-shanghai'?",
        ),
        (WEB + "  web: {}\n", (8, 3), "the key 'web' stands here a second time; the first is on line 3", "keep one"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(text: str, place: tuple[int, int], message: str, help_: str) -> None:
    with pytest.raises(InputError) as error:
        read(text)
    finding = error.value.findings[0]
    assert (finding.rule, finding.message) == ("invalid-spec", message)
    assert (finding.location.line, finding.location.column) == place
    assert help_.replace("(keys", "(the keys") in finding.help


def test_half_a_character_is_told() -> None:
    with pytest.raises(InputError) as error:
        read_spec(Source("artifacts.json", '{"version": 1, "artifacts": {"web": "\\ud83d"}}'))
    assert error.value.findings[0].message.startswith("the text holds half of a character")


def test_regions_that_are_not_known_are_only_warned_of() -> None:
    spec = read(WEB.replace("cn-beijing", "cn-beijng").replace("cn-hangzhou", "xx-newland-1"))
    assert [(found.rule, found.severity.value, found.location.line) for found in spec.warnings] == [
        ("unknown-region", "warning", 7),
        ("unknown-region", "warning", 6),
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("1.5h", 5400), ("30m", 1800), ("2d", 172800), ("20ms", 0.02), ("4 h", None), ("", None)],
)  # fmt: skip
def test_durations(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.02, "20ms"), (45, "45s"), (90, "1m30s"), (3600, "1h"), (5400, "1h30m")]
)
def test_durations_as_text(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
