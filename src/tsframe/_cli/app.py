"""The commands of ``tsframe``."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated, NoReturn

import typer

from tsframe._connection import connect
from tsframe.errors import TimestreamError

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Data frames and Timestream."
)

_STARTED = """\
tsframe serves {where}
at {address}{who}. To use it from any AWS SDK, the AWS CLI or awswrangler:

export AWS_ENDPOINT_URL_TIMESTREAM_WRITE={address}
export AWS_ENDPOINT_URL_TIMESTREAM_QUERY={address}
export AWS_REGION={region} AWS_DEFAULT_REGION={region}{keys}
"""
_ANY_KEYS = """
export AWS_ACCESS_KEY_ID=tsframe AWS_SECRET_ACCESS_KEY=tsframe"""


@app.callback()
def _tsframe() -> None:
    """Put data frames into Amazon Timestream and get them back, on AWS or on an embedded engine."""


@app.command()
def serve(
    store: Annotated[
        str | None, typer.Option(help="Folder of the store, or ':memory:'.", show_default="the user's data folder")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any that is free.")] = 8087,
    credentials: Annotated[
        Path | None, typer.Option(help="TOML file of the keys that may call, and what each may do.", dir_okay=False)
    ] = None,
) -> None:
    """Serve the embedded engine to any AWS SDK, until SIGTERM or Ctrl-C.

    Example: tsframe serve --store ./lab.tsframe --port 8087
    """
    try:
        from tsframe._server import logs, serving  # noqa: PLC0415 - they need an extra
        from tsframe._server.credentials import Keys  # noqa: PLC0415
        from tsframe._server.endpoint import Endpoint  # noqa: PLC0415
        from tsframe._server.http import Site  # noqa: PLC0415
    except ModuleNotFoundError as error:
        _end(f"serve needs {error.name}: pip install 'tsframe[server]'")
    try:
        keys = None if credentials is None else Keys.load(credentials)
        listening = serving.bind(host, port, open_to_all=keys is not None)
        connection = connect(store)
    except TimestreamError as error:
        _end(str(error))
    with connection:
        address = serving.address_of(listening)
        who = "" if keys is None else f", to {len(keys.by_id)} key{'s'[: len(keys.by_id) != 1]}"
        service = connection.service
        started = _STARTED.format(
            where=service.where,
            address=address,
            who=who,
            region=service.region,
            keys=_ANY_KEYS if keys is None else "",
        )
        logs.begin()
        serving.run(Site(Endpoint(service), keys), listening, started=lambda: typer.echo(started))


def _end(message: str) -> NoReturn:
    typer.echo(f"tsframe: {message}", err=True)
    raise typer.Exit(2)
