"""Bring the store to the schema of this version, or refuse one that is newer."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from tallystick.core.errors import Conflict

if TYPE_CHECKING:
    import sqlalchemy as sa


def migrate(engine: sa.Engine) -> tuple[str | None, str]:
    """Upgrade the schema; returns the version before (None if new) and now.

    Raises `Conflict` if a newer Tallystick has written the store.
    """
    config = Config()
    config.set_main_option(
        "script_location", str(resources.files("tallystick.gateways.store") / "migrations")
    )
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head() or ""
    with engine.begin() as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in scripts.walk_revisions()}
        if before is not None and before not in known:
            raise Conflict(
                "store-newer",
                f"The data directory was written by a newer version (schema {before}, "
                f"this one knows {head})",
                cure="Use that version, or restore a backup of before.",
            )
        if before != head:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return before, head
