"""`frontdesk`: one command per thing an operator does."""

import sys
from typing import Annotated

import typer

from frontdesk import __version__
from frontdesk.cli import (
    ask,
    audit,
    configuration,
    connectors,
    cost,
    drill,
    drill_crash,
    drill_effects,
    drill_load,
    knowledge,
    score,
    serving,
    simulate,
    starting,
    users,
    withdrawals,
    workflows,
    writeback,
)
from frontdesk.cli.output import complain
from frontdesk.domain.errors import ConfigError, DependencyError, FrontdeskError

app = typer.Typer(
    name="frontdesk",
    help="Runs a customer-service AI in production: grounded answers, checked before anyone sees them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
knowledge_app = typer.Typer(help="Documents: read them in, look at them, search them.", no_args_is_help=True)
score_app = typer.Typer(
    help="Measure with the product's own rulers: JSON lines in, JSON lines out.", no_args_is_help=True
)
config_app = typer.Typer(help="Settings of this installation.", no_args_is_help=True)
user_app = typer.Typer(help="Staff keys: who may use what is not meant for customers.", no_args_is_help=True)
simulate_app = typer.Typer(help="Simulated surroundings for demos, drills and tests.", no_args_is_help=True)
cost_app = typer.Typer(help="What was spent, and whether vendors' bills agree.", no_args_is_help=True)
connector_app = typer.Typer(help="The systems that workflows read from and act on.", no_args_is_help=True)
writeback_app = typer.Typer(
    help="Conversations on their way into the customer's record in another system.", no_args_is_help=True
)
drill_app = typer.Typer(help="Rehearsals of bad days, beside the installation.", no_args_is_help=True)
workflow_app = typer.Typer(help="Workflows: what is done for customers, step by step.", no_args_is_help=True)
audit_app = typer.Typer(
    help="What was refused, approved and changed, chained so that an edit shows.", no_args_is_help=True
)
app.add_typer(knowledge_app, name="knowledge")
app.add_typer(score_app, name="score")
app.add_typer(config_app, name="config")
app.add_typer(user_app, name="user")
app.add_typer(simulate_app, name="simulate")
app.add_typer(cost_app, name="cost")
app.add_typer(drill_app, name="drill")
app.add_typer(writeback_app, name="writeback")
app.add_typer(connector_app, name="connector")
app.add_typer(workflow_app, name="workflow")
app.add_typer(audit_app, name="audit")

app.command("init")(starting.init)
app.command("up")(serving.up)
app.command("serve")(serving.serve)
app.command("chat")(ask.chat)
app.command("ask")(ask.ask)
app.command("doctor")(configuration.doctor)
knowledge_app.command("sync")(knowledge.sync)
knowledge_app.command("status")(knowledge.status)
knowledge_app.command("search")(knowledge.search)
knowledge_app.command("withdraw")(withdrawals.withdraw)
knowledge_app.command("restore")(withdrawals.restore)
knowledge_app.command("withdrawn")(withdrawals.withdrawn)
score_app.command("grounding")(score.grounding)
score_app.command("retrieval")(score.retrieval)
workflow_app.command("list")(workflows.list_workflows)
workflow_app.command("show")(workflows.show)
workflow_app.command("test")(workflows.play)
audit_app.command("verify")(audit.verify)
audit_app.command("show")(audit.show)
config_app.command("show")(configuration.show)
config_app.command("schema")(configuration.schema)
cost_app.command("show")(cost.show)
cost_app.command("reconcile")(cost.reconcile)
connector_app.command("list")(connectors.list_systems)
connector_app.command("check")(connectors.check)
connector_app.command("call")(connectors.call)
connector_app.command("pin")(connectors.pin)
connector_app.command("add")(connectors.add)
user_app.command("add")(users.add)
user_app.command("list")(users.list_keys)
user_app.command("remove")(users.remove)
simulate_app.command("vendor")(simulate.vendor)
simulate_app.command("backoffice")(simulate.backoffice)
simulate_app.command("mcp")(simulate.mcp)
writeback_app.command("list")(writeback.list_records)
writeback_app.command("show")(writeback.show)
writeback_app.command("preview")(writeback.preview)
writeback_app.command("resend")(writeback.resend)
writeback_app.command("discard")(writeback.discard)
drill_app.command("faults")(drill.faults)
drill_app.command("crash")(drill_crash.crash)
drill_app.command("effects")(drill_effects.effects)
drill_app.command("load")(drill_load.load)
simulate_app.command("proxy")(simulate.proxy)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"frontdesk {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Options that stand before every command."""


def main() -> None:
    """Run the command line; every expected error becomes one readable message and an exit code."""
    try:
        app()
    except ConfigError as error:
        for problem in error.problems:
            complain(str(problem))
        sys.exit(3)
    except DependencyError as error:
        complain(error.public_message)
        sys.exit(4)
    except FrontdeskError as error:
        complain(error.public_message)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
