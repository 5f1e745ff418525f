"""`therapy user`, `therapy clinic`, `therapy db`: administration."""

from __future__ import annotations

import click

from therapy_app.cli.output import database_option, settings_for
from therapy_app.records import people
from therapy_app.records.database import open_database
from therapy_app.records.migrate import check as check_tables
from therapy_app.records.migrate import upgrade as upgrade_tables

role_option = click.option(
    "--role", "roles", type=click.Choice(list(people.ROLES)), multiple=True, required=True, help="May be given twice."
)


@click.group()
def user() -> None:
    """Add, change and disable accounts."""


@user.command(epilog="Example: therapy user add anna@clinic.test --role therapist --clinic 'Harbour clinic'")
@click.argument("email")
@role_option
@click.option("--clinic", required=True, help="The name of an existing clinic.")
@click.option("--client", "client_code", help="For a home account: the code of the client it plays to.")
@click.password_option(help="Asked for when it is not given.")
@database_option
def add(
    email: str, roles: tuple[str, ...], clinic: str, client_code: str | None, password: str, database: str | None
) -> None:
    """Make an account."""
    engine = open_database(settings_for(database).database_url)
    people.create_user(engine, email, password, roles, clinic, client_code=client_code)
    click.echo(f"{email} may sign in as {', '.join(roles)}")


@user.command(epilog="Example: therapy user role anna@clinic.test --role clinician")
@click.argument("email")
@role_option
@database_option
def role(email: str, roles: tuple[str, ...], database: str | None) -> None:
    """Replace an account's roles; it is signed out everywhere."""
    people.set_roles(open_database(settings_for(database).database_url), email, roles)
    click.echo(f"{email} is now {', '.join(roles)}")


@user.command(epilog="Example: therapy user disable anna@clinic.test")
@click.argument("email")
@database_option
def disable(email: str, database: str | None) -> None:
    """Shut an account; what it did stays in the record."""
    people.disable(open_database(settings_for(database).database_url), email)
    click.echo(f"{email} can't sign in any more")


@click.group()
def clinic() -> None:
    """Add clinics."""


@clinic.command("add", epilog="Example: therapy clinic add 'Harbour clinic'")
@click.argument("name")
@database_option
def add_clinic(name: str, database: str | None) -> None:
    """Make a clinic."""
    people.create_clinic(open_database(settings_for(database).database_url), name)
    click.echo(f"clinic {name!r} is there; give it people with 'therapy user add'")


@click.group()
def db() -> None:
    """Make or check the tables."""


@db.command(epilog="Example: therapy db upgrade --database sqlite:///var/therapy.db")
@database_option
def upgrade(database: str | None) -> None:
    """Bring the database to the newest shape."""
    upgrade_tables(settings_for(database).database_url)
    click.echo("the tables are as they should be")


@db.command(epilog="Example: therapy db check")
@database_option
def check(database: str | None) -> None:
    """Say whether the tables are what this version expects."""
    check_tables(settings_for(database).database_url)
    click.echo("the tables are as they should be")
