"""``tocsin config``: what is set, and where each setting comes from."""

import typer

from tocsin.cli.app import app
from tocsin.cli.options import FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output
from tocsin.settings import load_everything

commands = typer.Typer(no_args_is_help=True, help="What is set, and where it comes from.", rich_markup_mode=None)
app.add_typer(commands, name="config")


@commands.command("show", epilog="Example: TOCSIN_HOUSE=strict.json tocsin config show --folder exercise")
def show(*, folder: FolderOption = None, json: JsonOption = False) -> None:
    """Show the effective settings and the origin of each. Secrets are shown as ***."""
    output = Output(json=json)
    settings = load_everything(find_folder(folder))
    groups = {"federation": settings.federation, **{f"nodes/{code}": one for code, one in settings.nodes.items()}}
    if settings.notary:
        groups["hub/notary"] = settings.notary
    rows = [
        (group, one.name, one.shown or "(none)", one.origin)
        for group, found in groups.items()
        for one in found.values()
    ]
    output.table(("of", "setting", "value", "from"), rows)
    output.document(
        [{"of": group, "setting": name, "value": shown, "from": origin} for group, name, shown, origin in rows]
    )
