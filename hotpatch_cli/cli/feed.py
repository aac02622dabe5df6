"""`hotpatch feed`: calendar feeds of releases, restarts, openings and plans, for subscription."""

from typing import TYPE_CHECKING, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.help_page import PlainGroup
from hotpatch_cli.cli.options.common import (
    AsOf,
    AvailabilitySets,
    Azure,
    Cloud,
    Columns,
    ConfigOption,
    FleetFiles,
    InputFormat,
    ManagementGroups,
    MatrixFiles,
    PlanFile,
    Prefer,
    Product,
    Quiet,
    ReleaseFiles,
    SetFacts,
    Subscriptions,
    WindowFiles,
    Year,
    Zones,
)
from hotpatch_cli.cli.options.feeds import (
    Alarms,
    ByGroup,
    ByWindow,
    FeedOutput,
    Previous,
    feed_options,
    is_by,
)
from hotpatch_cli.cli.request import RequestCommand
from hotpatch_cli.cli.window_query import (
    FirstDay,
    LastDay,
    MostOpenings,
    WindowNames,
    found_openings,
)
from hotpatch_cli.cli.words import known_product

if TYPE_CHECKING:
    from hotpatch_cli.cli.plan_file import ReadPlan
    from hotpatch_cli.outputs.view_options import Feed, ViewOptions
    from hotpatch_cli.planning import PlanningInput

app = typer.Typer(add_completion=False, no_args_is_help=True, cls=PlainGroup)


@app.callback()
def feed() -> None:
    """Write a calendar feed (.ics) that people subscribe to.

    A feed that is written again keeps the identity of its events, so that calendars update them.
    """


@app.command("releases", cls=RequestCommand)
class ReleaseFeedRequest(NamedTuple):
    """Write the baselines and hotpatches of a year as a calendar feed."""

    year: Year = None
    product: Product = "all"
    as_of: AsOf = None
    alarms: Alarms = None
    previous: Previous = None
    output: FeedOutput = "-"
    releases: ReleaseFiles = None
    quiet: Quiet = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the feed. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.calendar import years_of_feed
        from hotpatch_cli.cli.session import day_of, knowledge_of, tell
        from hotpatch_cli.knowledge.release_age import stale
        from hotpatch_cli.outputs.feeds import render_year

        product, day = known_product(self.product), day_of(self)
        feed = feed_options(day, self.alarms, self.previous)
        knowledge = knowledge_of(self)
        tell([stale(knowledge, day)], quiet=self.quiet)
        year = years_of_feed(knowledge, self.year, day, product)
        _deliver(render_year(year, _view(feed)), self.output, quiet=self.quiet)


@app.command("restarts", cls=RequestCommand)
class RestartFeedRequest(NamedTuple):
    """Write the next restart of each machine as a calendar feed."""

    fleet: FleetFiles = None
    as_of: AsOf = None
    by: ByGroup = "machine"
    alarms: Alarms = None
    previous: Previous = None
    output: FeedOutput = "-"
    input_format: InputFormat = None
    prefer: Prefer = None
    columns: Columns = None
    facts: SetFacts = None
    windows: WindowFiles = None
    matrix: MatrixFiles = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    config: ConfigOption = None

    def run(self) -> None:
        """Write the feed. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.progress_bar import working
        from hotpatch_cli.cli.session import Session, day_of, source_names, tell
        from hotpatch_cli.knowledge.release_age import stale
        from hotpatch_cli.outputs.feeds import not_in_feed, render_restarts
        from hotpatch_cli.use_cases.check import check, require_something

        names = source_names(self, self.fleet)
        by_group = is_by(self.by, "group")
        feed = feed_options(day_of(self), self.alarms, self.previous, by_group=by_group)
        with working("reading the fleet", quiet=self.quiet):
            session = Session.load(self, names)
            report = check(session.fleet, session.knowledge, session.day)
        require_something(report, names)
        age = stale(session.knowledge, session.day)
        tell((*session.notes, age, not_in_feed(report)), quiet=self.quiet)
        _deliver(render_restarts(report, _view(feed)), self.output, quiet=self.quiet)


@app.command("openings", cls=RequestCommand)
class OpeningFeedRequest(NamedTuple):
    """Write the openings of maintenance windows as a calendar feed."""

    fleet: FleetFiles = None
    begin: FirstDay = None
    until: LastDay = None
    most: MostOpenings = 5
    named: WindowNames = None
    by: ByWindow = "machine"
    alarms: Alarms = None
    previous: Previous = None
    output: FeedOutput = "-"
    windows: WindowFiles = None
    columns: Columns = None
    facts: SetFacts = None
    prefer: Prefer = None
    quiet: Quiet = False
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    config: ConfigOption = None

    def run(self) -> None:
        """Write the feed. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.options.common import today
        from hotpatch_cli.outputs.feeds import render_openings
        from hotpatch_cli.outputs.windows_listing import ListedOpenings

        by_window = is_by(self.by, "window")
        feed = feed_options(self.begin or today(), self.alarms, self.previous)
        openings = found_openings(self, by_window=by_window)
        listed = ListedOpenings(openings)
        _deliver(render_openings(listed, _view(feed)), self.output, quiet=self.quiet)


@app.command("plan", cls=RequestCommand)
class PlanFeedRequest(NamedTuple):
    """Write the restarts of a plan as a calendar feed."""

    plan: PlanFile
    fleet: FleetFiles = None
    as_of: AsOf = None
    by: ByGroup = "machine"
    alarms: Alarms = None
    previous: Previous = None
    output: FeedOutput = "-"
    availability_sets: AvailabilitySets = None
    zones: Zones = None
    windows: WindowFiles = None
    columns: Columns = None
    facts: SetFacts = None
    prefer: Prefer = None
    matrix: MatrixFiles = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    config: ConfigOption = None

    def run(self) -> None:
        """Write the feed. Raises InputError and BadParameter."""
        from hotpatch_cli.cli import planning_input
        from hotpatch_cli.cli.plan_file import read_plan
        from hotpatch_cli.cli.session import day_of, source_names
        from hotpatch_cli.outputs.plan_ics import render_ics
        from hotpatch_cli.outputs.plan_view import PlanView
        from hotpatch_cli.planning.plan import plan_of
        from hotpatch_cli.servicing.scenario import Scenario

        names = source_names(self, self.fleet)
        by_group = is_by(self.by, "group")
        feed = feed_options(day_of(self), self.alarms, self.previous, by_group=by_group)
        implied, read = planning_input.implied_groups(self), read_plan(self.plan)
        session = planning_input.load(self, names, implied)
        prepared = planning_input.required_input(session, read.wish, Scenario())
        _require_valid(self.plan, prepared, read)
        view = PlanView(plan_of(prepared, read.starts), session.knowledge.rules, read.wish)
        _deliver(render_ics(view, _view(feed)), self.output, quiet=self.quiet)


def _require_valid(name: str, prepared: "PlanningInput", read: "ReadPlan") -> None:
    """Raise InputError for a plan that breaks a rule of the fleet."""
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.outputs.phrases import counted
    from hotpatch_cli.planning.plan import violations

    if broken := violations(prepared, read.starts, read.ends, read.done):
        message = f"The plan breaks the rules of the fleet in {counted(len(broken), 'place')}."
        raise refuse(name, message, "To list them, run `hotpatch verify`. Nothing was written.")


def _view(feed: "Feed") -> "ViewOptions":
    from hotpatch_cli.outputs.view_options import PLAIN

    return PLAIN._replace(feed=feed)


def _deliver(text: str, output: str, *, quiet: bool) -> None:
    """Write a feed, and say so."""
    from hotpatch_cli.cli.console import deliver

    deliver(text, output)
    conclude("", [output], quiet=quiet)
