"""Alembic's environment: the tables as the code declares them, on the URL it was given."""

from alembic import context

from therapy_app.records.database import open_database
from therapy_app.records.tables import Base

url = context.config.get_main_option("sqlalchemy.url")
assert url is not None
database = open_database(url)
with database.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
database.dispose()
