"""Table: verb -> (module:attribute of its Typer application, one line for `photonctl --help`)."""

from typing import Final

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "up": ("photoncloud.ctl.commands.up:app", "start a level on this machine"),
    "down": ("photoncloud.ctl.commands.down:app", "stop everything and prove that nothing is left"),
    "ps": ("photoncloud.ctl.commands.ps:app", "processes of the local supervisor"),
    "logs": ("photoncloud.ctl.commands.logs:app", "logs of local components"),
    "start": ("photoncloud.ctl.commands.start:app", "start stopped components"),
    "stop": ("photoncloud.ctl.commands.stop:app", "stop components, leave the others running"),
    "restart": ("photoncloud.ctl.commands.restart:app", "restart components"),
    "status": ("photoncloud.ctl.commands.status:app", "health of every component"),
    "check-connection": ("photoncloud.ctl.commands.check_connection:app", "which layer to a service is broken"),
    "config": ("photoncloud.ctl.commands.config:app", "explain, check, compare and migrate configuration"),
    "deploy": ("photoncloud.ctl.commands.deploy:app", "render and check compose files, units and plans"),
    "storage": ("photoncloud.ctl.commands.storage:app", "object storage (lightningstor)"),
    "context": ("photoncloud.ctl.commands.context:app", "where commands go"),
    "debug": ("photoncloud.ctl.commands.debug:app", "collect what a bug report needs, without secrets"),
    "completion": ("photoncloud.ctl.commands.completion:app", "completion script for a shell"),
    "version": ("photoncloud.ctl.commands.version:app", "versions of this command and of what runs"),
}
