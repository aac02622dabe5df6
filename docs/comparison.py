"""Make comparison.md of comparison.yaml: our verdict is computed, the others' rules are laid on the
same images.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from hotpatch_cli.inputs.images import load_images
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.report import Checked
from hotpatch_cli.use_cases.check import check_images

HERE = Path(__file__).parent
PAGE = HERE / "comparison.md"
_HEAD = """\
<!-- Made by docs/comparison.py of docs/comparison.yaml; a test holds it up to date. -->
# Who says what of an image

Can a virtual machine on Azure that is made from this image hotpatch? hotpatch answers with its own matrix
(`hotpatch matrix`), and this page lays the rules of others on the same images. It shows the images on which they do not
all agree with it; **bold** is what differs. As of {as_of}; every rule has its source and its day below.
"""


def answer(peer: Mapping[str, Any], image: str) -> str:
    """What a rule says of an image: yes, no, both, or - where it says nothing."""
    parts = image.split(":")
    if len(parts) != 3:  # noqa: PLR2004  publisher, offer and SKU; anything else is a custom image
        return "yes" if peer.get("custom") else "no" if peer["publishers"] else "-"
    if peer.get("silent_on_lists"):
        return "-"
    same = (lambda text: text) if peer.get("case_sensitive") else str.lower
    publisher, offer, sku = map(same, parts)
    listed = [
        (not peer[key] or value in map(same, peer[key]))
        for key, value in (("publishers", publisher), ("offers", offer))
    ]
    yes = all(listed) and sku in map(same, peer["skus"])
    no = all(listed) and sku in map(same, peer.get("denied", ()))
    return "both" if yes and no else "yes" if yes else "no"


def verdicts(images: list[str], as_of: date) -> dict[str, Checked]:
    """Our verdict on each image."""
    report = check_images(load_images(images, "azure"), load_knowledge(), as_of)
    return {each.machine.name: each for each in report.machines}


def page(data: Mapping[str, Any]) -> str:
    """The page."""
    peers: Mapping[str, Any] = data["peers"]
    ours = verdicts(data["images"], data["as_of"])
    titles = ["image", "hotpatch", *(peer["title"] for peer in peers.values())]
    rows, why = [], []
    for image, checked in ours.items():
        own = "yes" if checked.judgement.verdict == "ready" else "no"
        others = [answer(peer, image) for peer in peers.values()]
        if all(each in (own, "-") for each in others):
            continue
        shown = [each if each in (own, "-") else f"**{each}**" for each in others]
        rows.append(f"| `{image}` | {own} | {' | '.join(shown)} |")
        why += [
            f"- `{image}`: {visible(reason.message)} ([{reason.rule.code}]({reason.rule.source}))"
            for reason in checked.reasons
        ]
    agreed = len(ours) - len(rows)
    lines = [
        _HEAD.format(as_of=data["as_of"]),
        f"| {' | '.join(titles)} |",
        "|" + " --- |" * len(titles),
        *rows,
        "",
    ]
    lines += [
        f"On {agreed} more images that were laid beside them all agree.",
        "",
        "## Why hotpatch says no, or warns",
        "",
    ]
    lines += [*why, "", "## The rules of the others", ""]
    lines += [
        f"- **{peer['title']}**: {peer['what'].strip()} [Source]({peer['source']}), {peer['read']}."
        for peer in peers.values()
    ]
    return "\n".join(
        [
            *lines,
            "",
            "`both` is an image that the same page allows in one table and denies in another; `-` says nothing of it.",
            "",
        ]
    )


def load() -> Any:
    """The data."""
    return yaml.safe_load((HERE / "comparison.yaml").read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(page(load()), encoding="utf-8")
