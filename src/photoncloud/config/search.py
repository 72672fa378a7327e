"""Which files are read, lowest first, and what is refused before they are parsed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from photoncloud.config.files import FileContent, FileProblem, Files
from photoncloud.config.origin import Origin
from photoncloud.config.problem import Code, Problem
from photoncloud.config.resolved import Note

# More drop-ins than this is a folder that was named by mistake.
DROP_INS_MAX = 256
WRITABLE_BY_OTHERS = 0o002


@dataclass
class Sources:
    """The files that were read, lowest first, with what was wrong about others."""

    contents: list[FileContent] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def gather(component: str, explicit: Origin | None, config_only: bool, files: Files) -> Sources:
    """Read every configuration file of a component.

    `explicit` is the file of `--config` or `PHOTON_CONFIG` (its `path`) with the origin that named it. A missing search
    file is silence, a missing or unreadable explicit file a problem. A file reached twice is read at its first place.
    """
    search = _Search(files)
    if not config_only:
        own = f"./{component}-config.toml"
        for path in (
            "/etc/photon/photon.toml",
            f"/etc/{component}/config.toml",
            f"/etc/photon/{component}/config.toml",
        ):
            search.read(path, None)
        has_own = search.read(own, None)
        folders = ["/etc/photon/conf.d", f"/etc/photon/{component}/conf.d", *(["./conf.d"] if has_own else [])]
        if explicit is not None:
            folders.append(f"{_folder(explicit.path)}conf.d")
        for folder in folders:
            search.read_folder(folder)
    if explicit is not None:
        search.read(explicit.path, explicit)
    return search.found


def _folder(path: str) -> str:
    head, slash, _name = path.rpartition("/")
    return f"{head}{slash}" if slash else "./"


class _Search:
    def __init__(self, files: Files) -> None:
        self.files = files
        self.found = Sources()
        self.seen: set[tuple[int, int]] = set()

    def read(self, path: str, explicit: Origin | None) -> bool:
        """Read one file; True when it exists."""
        try:
            content = self.files.read(path)
        except FileProblem as error:
            self._failed(path, error, explicit)
            return not error.is_missing
        if content.identity not in self.seen:
            self.seen.add(content.identity)
            if not self._is_unsafe(content):
                self.found.contents.append(content)
        return True

    def _failed(self, path: str, error: FileProblem, explicit: Origin | None) -> None:
        if explicit is not None:
            self._refuse("unreadable", f"{path} (named by {explicit.describe()}): {error.reason}", path)
        elif error.is_hidden:
            self.found.notes.append(Note("warning", "config_folder_unreadable", {"path": path, "reason": error.reason}))
        elif not error.is_missing:
            self._refuse("unreadable", f"{path}: {error.reason}", path)

    def _refuse(self, code: Code, message: str, path: str) -> None:
        self.found.problems.append(Problem(code, "", message, origin=Origin("file", path=path)))

    def _is_unsafe(self, content: FileContent) -> bool:
        unsafe = (
            content.is_below_working_folder and bool(content.permissions & WRITABLE_BY_OTHERS) and self.files.is_root()
        )
        if unsafe:
            message = "stands under the working directory, others may write it, and this process is root"
            self._refuse("unsafe-file", message, content.path)
        return unsafe

    def read_folder(self, folder: str) -> None:
        try:
            names = list(_drop_ins(self.files.list(folder)))
        except FileProblem as error:
            self.found.notes.append(
                Note("warning", "config_folder_unreadable", {"path": folder, "reason": error.reason})
            )
            return
        if len(names) > DROP_INS_MAX:
            self._refuse("unreadable", f"{folder} holds {len(names)} drop-ins; at most {DROP_INS_MAX}", folder)
            return
        for name in names:
            self.read(f"{folder}/{name}", None)


def _drop_ins(names: Sequence[str]) -> Iterator[str]:
    return (name for name in names if name.endswith(".toml") and not name.startswith("."))
