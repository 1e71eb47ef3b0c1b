"""The commands of `nhsauth`, and what they take; a command imports what it needs when it runs, so `--help` is quick."""

# ruff: noqa: PLC0415 - see above
from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import click

from mock_servers.command_line.arguments import TakesValue, allowed_hosts, control_token, upstreams_by_host
from mock_servers.command_line.exit import ExistingFile, Misuse
from mock_servers.command_line.groups import GroupedCommands

_FILE: Final = ExistingFile()
_OBSERVATIONS = click.option(
    "--observations",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Add to FILE how the answers compare with what we would have said, rule by rule, without any value.",
)
_UNKNOWN_SENTENCES = click.option(
    "--unknown-sentences",
    is_flag=True,
    help="Keep sentences that the catalogue lacks in that file, but for what looks like a value. Read it before you "
    "hand it on.",
)


def _server(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option that says where a mock runs, by one name in all commands."""
    return click.option(
        "--server",
        "--url",
        "server",
        default="http://127.0.0.1:8080",
        show_default=True,
        envvar="NHSAUTH_URL",
        metavar="URL",
        help=f"{text} Or set NHSAUTH_URL.",
    )


_SERVER: Final = _server("The mock to ask.")
_CONTROL_TOKEN: Final = click.option(
    "--control-token",
    envvar="NHSAUTH_CONTROL_TOKEN",
    metavar="TOKEN",
    callback=control_token,
    help="The control token of that mock, if it has one. Better set NHSAUTH_CONTROL_TOKEN: other users of this machine "
    "can see options.",
)
_AS_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
_ALLOWED: Final = click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME[:PORT]",
    callback=allowed_hosts,
    help="Let the proxy reach this host too, on port 443 unless you name another. You can repeat it.",
)
_STATE: Final = click.option(
    "--state",
    envvar="NHSAUTH_STATE",
    metavar="memory|sqlite:FILE|valkey://…",
    help="Where it is remembered what is registered, issued and used. Or set NHSAUTH_STATE, or [state] url in the "
    "configuration.",
)


def _print_version(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's signature
    if asked and not context.resilient_parsing:
        from mock_servers import version

        click.echo(f"nhsauth {version.installed()}")
        context.exit()


_VERSION: Final = click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Print the version."
)


def _state_commands() -> ModuleType:
    """Import the commands for a state that lasts, which need an extra."""
    try:
        from mock_servers.command_line import state
    except ModuleNotFoundError as error:
        raise Misuse(f"nhsauth state needs the package {error.name}: pip install 'pytest-nhsauth[state]'") from None
    return state


def _command(name: str, group: click.Group, **settings: Any) -> Callable[[Callable[..., Any]], click.Command]:
    return lambda function: group.command(name, context_settings=settings)(_VERSION(function))


@click.group(cls=GroupedCommands, context_settings={"help_option_names": ["-h", "--help"]})
@_VERSION
@click.pass_context
def nhsauth(context: click.Context) -> None:
    """Mocks of NHS England's API platform, CIS2 and NHS login, and explanations of what the real ones refuse.

    Start with nhsauth explain: paste the error, the request or both. What you paste stays on your machine.

    Exit codes: 0 done, 1 the answer is no, 2 misuse or cannot be judged.
    """
    context.color = False if os.environ.get("NO_COLOR") else None


@_command("serve", nhsauth)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 picks a free one."
)
@click.option(
    "--config",
    type=_FILE,
    help="A nhsauth.toml or pyproject.toml. Without it: the file in this folder, or the defaults.",
)
@_STATE
@click.option("--tls", is_flag=True, help="Also speak https on the port, and let programs use the real host names.")
@_ALLOWED
@click.option(
    "--control-port",
    type=click.IntRange(0, 65535),
    help="Serve the page and the control API, /_nhsauth/, on this port alone; 0 picks a free one.",
)
@click.option(
    "--state-wait",
    metavar="SECONDS",
    default=30,
    show_default=True,
    type=click.IntRange(0, 3600),
    help="How long to wait at the start for a Valkey that does not answer. Meanwhile each request gets a 503.",
)
@click.option(
    "--workers",
    metavar="N|auto",
    help="Serve with this many processes, to use more than one core; auto: one for each. On Linux and macOS.",
)
@_AS_JSON
@click.option(
    "--log-format",
    default="text",
    show_default=True,
    type=click.Choice(["text", "json"]),
    help="How stderr is written.",
)
@click.option(
    "--log-level",
    default="info",
    show_default=True,
    type=click.Choice(["debug", "info", "warning", "error"]),
    help="The lowest level to log. A refused request is a warning.",
)
def serve(*, workers: str | None, **asked: Any) -> None:
    """Start all mocks on one port, until SIGINT or SIGTERM.

    One line on stdout says where, as soon as they can answer. Then each exchange is a line on stderr: method, path,
    status, error, diagnosis. Below a refusal stands why, indented.

    The control API asks for the token in NHSAUTH_CONTROL_TOKEN, or in the file that NHSAUTH_CONTROL_TOKEN_FILE names,
    if one of them is set. Teams and their tokens stand in the configuration.
    """
    from mock_servers.command_line import logs, serve
    from mock_servers.command_line.shutdown import Shutdown

    ending = Shutdown()  # first of all: what is imported next takes a while
    logs.set_up(form=asked["log_format"], level=asked["log_level"], with_worlds=True)
    if workers is None:
        serve.run(serve.ServeOptions(**asked), ending)
    from mock_servers.command_line import workers as several

    several.run(serve.ServeOptions(**asked), several.how_many(workers), ending)


@nhsauth.group("state")
@_VERSION
def state() -> None:
    """Inspect, export, import or clear a lasting state."""


@_command("info", state)
@_STATE
@_AS_JSON
def info(*, state: str | None, as_json: bool) -> None:
    """Say what is in it."""
    _state_commands().info(state, as_json=as_json)


@_command("export", state)
@_STATE
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export(*, state: str | None, file: Path) -> None:
    """Write all of it to FILE, which must not exist yet.

    FILE holds test keys, secrets and tokens: nobody else may read it (mode 600).
    """
    _state_commands().export(state, file)


@_command("import", state)
@_STATE
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def import_(*, state: str | None, file: Path) -> None:
    """Put what is in FILE into an empty state; FILE comes from nhsauth state export."""
    _state_commands().import_(state, file)


@_command("clear", state)
@_STATE
def clear(*, state: str | None) -> None:
    """Forget all of it. A server that uses it has to be started again."""
    _state_commands().clear(state)


@nhsauth.command("run", context_settings={"allow_interspersed_args": False})
@_VERSION
@click.option(
    "--config",
    type=_FILE,
    help="A nhsauth.toml or pyproject.toml. Without it: the file in this folder, or the defaults.",
)
@click.option(
    "--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="The proxy's port; 0 picks a free one."
)
@_ALLOWED
@click.option(
    "--log-level",
    default="error",
    show_default=True,
    type=click.Choice(["debug", "info", "warning", "error"]),
    help="The lowest level to log while the command runs.",
)
@click.option(
    "--test-suites",
    is_flag=True,
    help="Also play the hosts that public test suites call, such as Apigee's management API.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD …")
def run(
    *,
    config: Path | None,
    port: int,
    allowed: tuple[str, ...],
    log_level: str,
    test_suites: bool,
    command: tuple[str, ...],
) -> None:
    """Run a command with mocks at the real host names.

    CMD calls https://int.api.service.nhs.uk, CIS2 and NHS login by their real URLs. Variables in its environment name
    a proxy and a certificate authority that end when CMD ends. Programs that obey them reach the mocks, and no other
    host by https: curl, Python, Java, Go, .NET on Linux, Node from 18 on. A program that ignores them, such as a
    browser, calls the real hosts: docs/real-names.md says what each runtime needs.

    At the end, stderr says what CMD asked the mocks and why they refused. The exit code is that of CMD.
    """
    from mock_servers.command_line import logs, run

    logs.set_up(form="text", level=log_level)
    run.run(command=command, config=config, port=port, allowed=allowed, test_suites=test_suites)


@nhsauth.command("watch", context_settings={"allow_interspersed_args": False})
@_VERSION
@click.option(
    "--config",
    type=_FILE,
    help="A nhsauth.toml or pyproject.toml. Without it: the file in this folder, or the defaults.",
)
@click.option(
    "--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="The proxy's port; 0 picks a free one."
)
@click.option(
    "--upstream",
    "upstreams",
    multiple=True,
    metavar="HOST=URL",
    callback=upstreams_by_host,
    help="Where a real host is reached, such as a private link or an egress host; as often as need be.",
)
@click.option("--upstream-ca", type=_FILE, help="Certificate authorities to trust besides, a PEM file.")
@click.option("--fetch-keys", is_flag=True, help="Read the providers' public key sets, to judge id_tokens by them.")
@click.option(
    "--production", is_flag=True, help="Reach production hosts as well; then no value is kept, and no file written."
)
@click.option(
    "--har",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the exchanges with known hosts there, secrets cut; nhsauth explain @FILE reads them.",
)
@click.option(
    "--har-with-secrets", is_flag=True, help="Cut nothing in that file: tokens, secrets and people stand in it whole."
)
@_OBSERVATIONS
@_UNKNOWN_SENTENCES
@click.option(
    "--fail-on",
    type=click.Choice(["refused", "differs"]),
    help="Exit with 1 when a request was refused, or answered otherwise than we would have said.",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- CMD …]")
def watch(*, command: tuple[str, ...], **options: Any) -> None:
    """Run a command and explain what the real hosts refuse.

    Requests go on to the real service and answers come back, byte for byte. Each refusal is explained on stderr at
    once, and on a page at $NHSAUTH_URL/_nhsauth/. Other hosts are tunnelled untouched. No value of a token, code or
    secret is kept.

    Variables in CMD's environment name a proxy and a certificate authority that end when CMD ends: programs that obey
    them are watched, Node from 18 on, too. One that ignores them calls the real hosts unwatched. Without CMD the
    variables are printed, and the watch ends with SIGINT or SIGTERM.

    Hosts of production are refused without --production.

    The exit code is CMD's.
    """
    from mock_servers.command_line import logs, watch

    logs.set_up(form="text", level="error")
    watch.watch(command, watch.Options(**options))


@_command("env", nhsauth)
@_server("Where nhsauth serve --tls runs.")
@_CONTROL_TOKEN
@click.option(
    "--shell",
    default="sh",
    show_default=True,
    type=click.Choice(["sh", "dotenv", "powershell"]),
    help="The kind of lines to write.",
)
def env(*, server: str, control_token: str | None, shell: str) -> None:
    """Print the variables that point programs at a mock.

    The mock has to run with --tls. For a shell: eval "$(nhsauth env)". These are the variables that nhsauth run sets.
    """
    from mock_servers.command_line import env

    env.show(url=server, token=control_token, shell=shell)


@_command("demo", nhsauth)
def demo() -> None:
    """Show a refused request, why, and the right one.

    Starts a mock, and sends it an authorization code as subject_token. Shows why that fails, and what is right.
    """
    from mock_servers.command_line import demo

    demo.run()


@nhsauth.command("explain", cls=TakesValue)
@_VERSION
@click.argument("value", metavar="TEXT|-|@FILE", required=False)
@click.option(
    "--answer", metavar="TEXT|@FILE", help="What the service answered to a request: its body, or its sentence."
)
@click.option("--read-files", is_flag=True, help="Read the files that a curl command names, from this folder.")
@click.option(
    "--as",
    "role",
    type=click.Choice(["client_assertion", "subject_token", "refresh_token", "code", "access_token", "apikey"]),
    help="What you send it as. Without it: each parameter that it could be sent as.",
)
@click.option(
    "--token-url", metavar="URL", help="Where you send it. Without it: the URL that it names, or that of int."
)
@click.option("--jwks", "key_set", metavar="FILE|URL", help="The signer's key set, to check the signature.")
@click.option(
    "--at",
    metavar="TIME",
    help="When it arrives, as 2026-11-24T09:00:00Z or in seconds. Without it: as the text says, or when it was signed.",
)
@_server("The mock that gave the message id or issued the value.")
@_CONTROL_TOKEN
@_OBSERVATIONS
@_UNKNOWN_SENTENCES
@click.option("--all", "every", is_flag=True, help="Of a file with many exchanges: answer each, not each kind once.")
@click.option("--details", is_flag=True, help="Print all that was found below the answer: the rule, claims, evidence.")
@_AS_JSON
def explain(*, value: str | None, as_json: bool, details: bool, **circumstance: Any) -> None:
    """Say why a request was refused, or what a value is.

    Paste what is on your screen: the error, a log, the request in any form (curl, HTTP, code, a HAR file, a VCR
    cassette), a JWT or its decoded parts, a token, code or key, a forum post. Or a message id (rrt-...) that a running
    mock gave. Without TEXT it waits for you to paste.

    - reads from stdin and @FILE from a file, so that your shell's history keeps no secret. Nothing leaves this process,
    with one exception: a value goes to your own mock at --server if one runs, because that knows what it issued.

    Exit code 1: the service refuses it, or would. Exit code 2: nothing that is known here was found.
    """
    from mock_servers.command_line import explain

    explain.run(value, explain.Circumstance(**circumstance), as_json=as_json, details=details)


@_command("mcp", nhsauth)
@click.option(
    "--server",
    "--url",
    "server",
    envvar="NHSAUTH_URL",
    metavar="URL",
    help="A mock for the tools to use. Or set NHSAUTH_URL. Without it: only the tools that need no mock.",
)
@_CONTROL_TOKEN
@click.option("--with-tokens", is_flag=True, help="Let the agent see the tokens and codes of that mock whole.")
def mcp(*, server: str | None, control_token: str | None, with_tokens: bool) -> None:
    """Give coding agents these commands as tools.

    Speaks the Model Context Protocol on stdin and stdout, until stdin ends: an agent starts it. Tools: explain, errors
    and rules; with --server also status, exchanges, get_token, log_in, clock, fault and reset of that mock.

    Only that mock is called; nothing else leaves this process. Needs pip install 'pytest-nhsauth[mcp]'.
    """
    from mock_servers.command_line.mcp import command

    command.run(server, control_token, with_tokens=with_tokens)


@_command("summary", nhsauth)
@_SERVER
@click.option("--world", metavar="NAME", help="Only this world of the mock; root is the mock itself.")
@click.option("--all-worlds", is_flag=True, help="The mock itself and all of its worlds.")
@_CONTROL_TOKEN
def summary(*, server: str, world: str | None, all_worlds: bool, control_token: str | None) -> None:
    """Print what a running mock refused, as Markdown.

    Shows each kind of refusal once, with its explanation. Made for the page of a CI job, such as $GITHUB_STEP_SUMMARY.
    Worlds are left out unless you ask for them.
    """
    from mock_servers.command_line import summary as summary_command

    summary_command.show(server, control_token, world=world, all_worlds=all_worlds)


@nhsauth.group(context_settings={"help_option_names": ["-h", "--help"]})
@_VERSION
def worlds() -> None:
    """List or delete the worlds of a running mock."""


@_command("list", worlds)
@_SERVER
@_CONTROL_TOKEN
@_AS_JSON
def list_worlds(*, server: str, control_token: str | None, as_json: bool) -> None:
    """Print a line for each world: its name and its URL."""
    from mock_servers.command_line import worlds as worlds_command

    worlds_command.list_all(server, control_token, as_json=as_json)


@_command("delete", worlds)
@click.argument("name")
@_SERVER
@_CONTROL_TOKEN
def delete_world(*, name: str, server: str, control_token: str | None) -> None:
    """Delete a world, with all that is in it."""
    from mock_servers.command_line import worlds as worlds_command

    worlds_command.delete(server, control_token, name)


@_command("errors", nhsauth)
@click.argument("text", required=False, metavar="[TEXT|-|@FILE]")
@_AS_JSON
def errors(*, text: str | None, as_json: bool) -> None:
    """List the errors, with causes and cures.

    Every error of the services, a line each. With TEXT, those whose sentence, code, name or status contains it; TEXT
    may also be a whole answer, a log or a mail that contains a sentence. - reads it from stdin, @FILE from a file.
    Causes and cures are shown for five errors or fewer. If no error has the words, the nearest are listed.

    Exit code 1: no error is near.
    """
    from mock_servers.command_line import errors

    errors.show(text, as_json=as_json)


@nhsauth.group(context_settings={"help_option_names": ["-h", "--help"]})
@_VERSION
def config() -> None:
    """Check a configuration, or print its JSON Schema."""


@_command("check", config)
@click.argument("file", required=False, type=_FILE)
@_AS_JSON
def check(*, file: Path | None, as_json: bool) -> None:
    """Check a configuration.

    Checks FILE, or the one that `nhsauth serve` would use in this folder. Key files are checked too.
    """
    from mock_servers.command_line import config

    config.check(file, as_json=as_json)


@_command("schema", config)
def schema() -> None:
    """Print the JSON Schema of nhsauth.toml."""
    from mock_servers.command_line import config

    config.print_schema()


@_command("suggest", config)
@click.argument("files", nargs=-1, type=_FILE, metavar="[FILE]…")
def suggest(*, files: tuple[Path, ...]) -> None:
    """Print the settings that observations call for.

    FILE is what --observations has written; else those that [evidence] observations of this folder's configuration
    names. Where a real environment was seen to answer otherwise than a guess of ours, and the guess has a setting, its
    line is printed, for nhsauth.toml.
    """
    from mock_servers.command_line import config

    config.suggest(files)


@nhsauth.group(context_settings={"help_option_names": ["-h", "--help"]})
@_VERSION
def keys() -> None:
    """Make key pairs."""


@_command("new", keys)
@click.option(
    "--bits",
    default=4096,
    show_default=True,
    type=click.IntRange(2048, 8192),
    help="The size of the key. NHS England asks for 4096.",
)
@click.option("--kid", help="The name of the key and its files. Without it: nhsauth- and today's date.")
@click.option(
    "--out",
    default=".",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder. It is made if it is not there.",
)
@_AS_JSON
def new(*, bits: int, kid: str | None, out: Path, as_json: bool) -> None:
    """Make a key pair as NHS onboarding asks for.

    Three files: the private key and the public key as PEM, and jwks.json. Nothing is overwritten.
    """
    from mock_servers.command_line import keys

    keys.make(bits=bits, kid=kid, folder=out, as_json=as_json)


@_command("token", nhsauth)
@click.option(
    "--token-url",
    default="http://127.0.0.1:8080/oauth2/token",
    show_default=True,
    metavar="URL",
    help="The token endpoint of any environment.",
)
@click.option("--client-id", required=True, metavar="ID", help="The app's API key.")
@click.option("--key", required=True, type=_FILE, help="The app's private key, a PEM file.")
@click.option("--kid", required=True, help="The name of the key in the app's JWKS.")
@click.option(
    "--subject-token",
    metavar="ID_TOKEN|-|@FILE",
    help="An id_token of CIS2 or NHS login to exchange. - reads it from stdin, @FILE from a file.",
)
def token(*, token_url: str, client_id: str, key: Path, kid: str, subject_token: str | None) -> None:
    """Get an access token from any environment.

    The service's answer is printed as JSON: an application's token, or with an id_token the person's.
    """
    from mock_servers.command_line import token

    token.run(token_url=token_url, client_id=client_id, key=key, kid=kid, subject_token=subject_token)


@_command("contract", nhsauth, ignore_unknown_options=True)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="mock|mock:FILE|int|sandbox|URL",
    help="Whom to ask. Without it: the mock. You can repeat it.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(["token", "browser", "providers", "gateway"]),
    help="Ask only this part. You can repeat it.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.md|FILE.json",
    help="Write the result to this file.",
)
@click.option(
    "--observations",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Of a real environment: add to FILE how its answers compare with what we would have said, without any value.",
)
@click.option(
    "--known-differences",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A TOML file of known differences: [[difference]] with rule and reason. A listed rule that differs is no "
    "failure; one that no longer differs is.",
)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def contract(
    *,
    targets: tuple[str, ...],
    only: tuple[str, ...],
    report: Path | None,
    observations: Path | None,
    known_differences: Path | None,
    options: tuple[str, ...],
) -> None:
    """Run the contract tests.

    They ask the mock, your own fake at a URL, or a real environment the same questions, and say which rules hold
    and which differ. For a running nhsauth serve its URL is enough. For any other target, set the client that asks in
    NHSAUTH_CONTRACT_CLIENT_ID, _KEY (a PEM file) and _KID. OPTIONS go to pytest: -v shows each case.

    Exit code 0: all rules hold, or differ as listed. 1: something differs. 2: this cannot be judged. 130: interrupted.
    """
    from mock_servers.command_line import contract as contract_command

    files = contract_command.Files(report=report, observations=observations, known_differences=known_differences)
    contract_command.run(targets, only, files, options)


def _print_checks(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's signature
    if asked and not context.resilient_parsing:
        from mock_servers.command_line import contract

        click.echo(contract.client_checks())
        context.exit()


@nhsauth.command("client-contract", context_settings={"allow_interspersed_args": False})
@_VERSION
@click.option("--trigger", metavar="URL", help="The URL that makes a service use a token.")
@click.option("--check", "only", multiple=True, metavar="NAME", help="Make only this check. You can repeat it.")
@click.option("--skip", multiple=True, metavar="NAME", help="Leave this check out. You can repeat it.")
@click.option(
    "--list", is_flag=True, expose_value=False, is_eager=True, callback=_print_checks, help="Print the checks' names."
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.md|FILE.json",
    help="Also write the table to this file.",
)
@click.option(
    "--logs",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write what the client said, and why the mock refused it, to two files.",
)
@_AS_JSON
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD …")
def client_contract(
    *,
    trigger: str | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    report: Path | None,
    logs: Path | None,
    as_json: bool,
    command: tuple[str, ...],
) -> None:
    """Judge your own client: what it sends, how it behaves.

    CMD gets an access token, prints it as its last line and exits with 0. If it cannot, it exits with another code.
    With --trigger CMD is a service that keeps running: each call of that URL makes it use a token at $NHSAUTH_API_URL.
    CMD finds these variables in its environment:

    \b
      NHSAUTH_TOKEN_URL         where to ask for tokens
      NHSAUTH_API_URL           an API that takes the token
      NHSAUTH_CLIENT_ID         the API key, which is iss and sub
      NHSAUTH_CLIENT_SECRET     the secret, only for refreshes
      NHSAUTH_PRIVATE_KEY_FILE  the private key, a PEM file
      NHSAUTH_KID               the kid of its public key

    Exit code 0: no check failed; advice is no failure. 1: one failed. 2: the client cannot run, or no check could be
    made.
    """  # noqa: D301 - click wants the character
    from mock_servers.command_line import contract as contract_command

    asked = {"trigger": trigger, "only": only, "skip": skip, "report": report, "logs": logs, "as_json": as_json}
    contract_command.judge_client(command, **asked)
