"""`python -m therapy_app.cli` is the command `therapy`."""

from therapy_app.cli import main

main()
