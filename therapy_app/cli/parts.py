"""`therapy parts`: everything there is to choose from."""

from __future__ import annotations

import click

from models.music.instruments import INSTRUMENTS
from sensors.virtual.patients import PATIENTS
from therapy_app import catalog
from therapy_app.session.prescription import PROTOCOLS, Prescription

KINDS = (*catalog.FOLDERS, "protocol", "instrument", "patient")


def _words(prescription: Prescription) -> str:
    minutes = prescription.length_s / 60
    return f"{prescription.goal}, {prescription.strategy}, {prescription.authority}, {minutes:.0f} min"


def parts_of(kind: str) -> dict[str, str]:
    """Name and one line about every part of a kind."""
    if kind == "protocol":
        return {name: _words(prescription) for name, prescription in PROTOCOLS.items()}
    if kind == "patient":
        return {name: patient.about for name, patient in PATIENTS.items()}
    if kind == "instrument":
        return {name: f"General MIDI program {program}" for name, program in INSTRUMENTS.items()}
    return {name: catalog.about(kind, name) for name in catalog.names(kind)}


@click.command(epilog="Example: therapy parts sensor")
@click.argument("kind", required=False, type=click.Choice(KINDS))
def parts(kind: str | None) -> None:
    """List every sensor, estimator, generator, tradition, protocol, instrument and virtual patient, one line each."""
    for each in [kind] if kind else KINDS:
        for name, words in parts_of(each).items():
            click.echo(f"{each:10}  {name:20}  {words}")
