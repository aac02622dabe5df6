"""The order of help pages: commands and options in panels, and examples that run as they are.

In one place, so that an option has the same panel in all commands.
"""

from typing import Any

COMMAND_PANELS = {
    "Eligibility": ("check", "show", "image", "fix", "report", "diff", "trend", "waive"),
    "Restarts": (
        *("calendar", "next", "windows", "plan", "verify"),
        *("progress", "rollback", "feed"),
    ),
    "Inventories": ("init", "convert", "collect", "schema"),
    "Reference": ("explain", "matrix", "releases"),
}
OPTION_PANELS = ("Options", "Input", "Azure", "Less common options")
"""Panels in the order of a page; an option that isn't listed below is in the first one."""
_PANELS = {
    "Input": ("--input-format", "--map", "--set", "--windows", "--prefer", "--changes-only"),
    "Azure": ("--azure", "--subscription", "--management-group", "--cloud", "--install"),
    "Less common options": (
        "--allow-empty",
        "--availability-sets",
        "--bulk",
        "--config",
        "--effort",
        "--goal",
        "--help",
        "--install-completion",
        "--known",
        "--matrix",
        "--no-color",
        "--previous",
        "--releases",
        "--show-completion",
        "--strict",
        "--time-limit",
        "--what-if",
        "--write-known",
        "--zones",
    ),
}

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "check": (
        (
            "hotpatch check examples/fleet.yaml --only unsupported --explain",
            "machines that aren't eligible, with causes and fixes",
        ),
        (
            "az vm list -o json | hotpatch check - -o report.json -o report.html",
            "machines from Azure, as JSON and as a page",
        ),
    ),
    "show": (
        ("hotpatch show examples/fleet.yaml web03 --as-of 2025-12-15", "one machine"),
        ("hotpatch show examples/fleet.yaml sql01 -o sql01.md", "Markdown, for an issue"),
    ),
    "image": (
        (
            "hotpatch image MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition",
            "one image",
        ),
        ("hotpatch image - < examples/images.txt", "a list of images, for a pipeline"),
    ),
    "fix": (
        ("hotpatch fix examples/fleet.yaml --as-of 2025-12-15", "the changes, ranked"),
        (
            "hotpatch fix examples/fleet.yaml --as-of 2025-12-15 -o fix.sh",
            "a script of the Azure CLI, to review",
        ),
        (
            "hotpatch fix examples/fleet.yaml --as-of 2025-12-15 --only web03 -f markdown",
            "one machine, for a change request",
        ),
    ),
    "report": (
        (
            "hotpatch report examples/fleet.yaml --as-of 2025-12-15 -o report.html",
            "one page, with a new plan",
        ),
        (
            "hotpatch report examples/fleet.yaml --plan plan.json -o report.html",
            "one page, with an approved plan",
        ),
        ("hotpatch report examples/fleet.yaml --no-plan -o report.html", "no plan"),
        (
            "hotpatch report examples/fleet.yaml --trend december.json -o report.html",
            "one page, with the trend since a saved report",
        ),
    ),
    "calendar": (
        ("hotpatch calendar --year 2025", "one year"),
        (
            "hotpatch calendar --year 2026 --as-of 2026-01-15 --product ws2025",
            "as it was known in January",
        ),
        ("hotpatch calendar --year 2026 -o year.svg", "a picture for a slide"),
    ),
    "next": (
        ("hotpatch next", "the next baseline"),
        (
            "hotpatch next examples/fleet.yaml --as-of 2025-12-15",
            "the next baseline, and the first restarts of a fleet",
        ),
    ),
    "plan": (
        (
            "hotpatch plan examples/fleet.yaml --as-of 2025-12-15",
            "all restarts for the next baseline",
        ),
        (
            "hotpatch plan examples/large.yaml --as-of 2026-02-20 -o plan.json",
            "a plan for `verify`, `report`, and `feed plan`",
        ),
    ),
    "verify": (
        (
            "hotpatch verify plan.json examples/large.yaml --as-of 2026-02-20",
            "the rules that an edited plan breaks",
        ),
    ),
    "progress": (
        (
            "hotpatch progress plan.json examples/large.yaml --as-of 2026-04-27",
            "the state of each restart",
        ),
        (
            (
                "hotpatch progress plan.json examples/large.yaml --as-of 2026-04-27 "
                "--replan rest.json"
            ),
            "a plan of the restarts that remain",
        ),
    ),
    "windows list": (
        (
            "hotpatch windows list examples/fleet.yaml --from 2026-01-01 --next 3",
            "the next openings of each machine",
        ),
        (
            "hotpatch windows list examples/fleet.yaml --window sunday-night --by window",
            "one window, once",
        ),
    ),
    "windows lint": (
        ("hotpatch windows lint examples/fleet.yaml", "windows that Azure would refuse"),
    ),
    "windows export": (
        (
            "hotpatch windows export examples/fleet.yaml --to azure -o windows.json",
            "a template for `az deployment group create -g GROUP -f windows.json`",
        ),
    ),
    "rollback": (
        (
            "hotpatch rollback examples/fleet.yaml --machine net01 --as-of 2025-12-15",
            "the update to uninstall, and the restart",
        ),
    ),
    "feed releases": (
        ("hotpatch feed releases --alarm 7d -o releases.ics", "reminders a week before baselines"),
    ),
    "feed restarts": (
        (
            "hotpatch feed restarts examples/fleet.yaml --by group -o restarts.ics",
            "one event for each group",
        ),
    ),
    "feed openings": (
        (
            "hotpatch feed openings examples/fleet.yaml --by window -o openings.ics",
            "one event for each opening of a window",
        ),
    ),
    "feed plan": (
        (
            "hotpatch feed plan plan.json examples/large.yaml --as-of 2026-02-20 -o plan.ics",
            "the restarts of an approved plan",
        ),
    ),
    "diff": (
        (
            "hotpatch diff examples/az-vm-list.json examples/fleet.yaml --as-of 2025-12-15",
            "machines that gain or lose eligibility",
        ),
        (
            "hotpatch diff examples/terraform-plan.json --as-of 2025-12-15",
            "the same, by applying a plan",
        ),
    ),
    "trend": (
        (
            "hotpatch trend december.json january.json",
            "reports of `hotpatch check -f json`, in any order",
        ),
        ("hotpatch trend december.json january.json -o trend.svg", "a picture for a slide"),
    ),
    "waive": (
        (
            (
                "hotpatch waive 'img*' HP102 --reason 'moves in March' --owner me "
                "--expires 2026-03-31 --as-of 2025-12-15"
            ),
            "one rule for all machines whose name matches",
        ),
    ),
    "convert": (("hotpatch convert examples/az-vm-list.json -o fleet.yaml", "an Azure export"),),
    "collect": (("hotpatch collect -o collect.ps1", "the script, to run on a machine"),),
    "schema": (("hotpatch schema inventory -o inventory.schema.json", "the schema for an editor"),),
    "init": (
        ("hotpatch init -o fleet.yaml", "a commented inventory to start from"),
        (
            "hotpatch init --from-azure examples/az-vm-list.json -o fleet.yaml",
            "the machines of an Azure export",
        ),
    ),
    "explain": (
        ("hotpatch explain hotpatch", "hotpatching on one page"),
        ("hotpatch explain HP303", "one rule and its fix"),
    ),
    "matrix": (("hotpatch matrix --as-of 2025-12-15", "the support matrix as of a date"),),
    "releases": (("hotpatch releases --product ws2025 -o releases.csv", "the data as a table"),),
    "releases import": (
        ("hotpatch releases import page.md --dry-run", "the changes, without saving them"),
    ),
    "releases update": (("hotpatch releases update --yes", "an update without a question"),),
}


def guided(command: Any, name: str) -> Any:
    """A command whose help page has its panels and examples; a group, with all its commands."""
    # line ends of the source aren't part of the page: paragraphs are wrapped to the terminal
    paragraphs = (command.help or "").split("\n\n")
    command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    command.rich_help_panel = next(
        (panel for panel, names in COMMAND_PANELS.items() if name in names), None
    )
    if examples := EXAMPLES.get(name):
        command.epilog = _examples(examples)
    for word, subcommand in getattr(command, "commands", {}).items():
        guided(subcommand, f"{name} {word}")
    return command


def option_panel(flags: list[str]) -> str | None:
    """The panel of an option, by its flags; None for the first one."""
    return next(
        (panel for panel, known in _PANELS.items() if not set(flags).isdisjoint(known)), None
    )


def _examples(examples: tuple[tuple[str, str], ...]) -> str:
    """A line that describes an example, above the line to type."""
    return "Examples:\n" + "\n".join(f"  # {what}\n  {line}" for line, what in examples)
