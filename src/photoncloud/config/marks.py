"""How a settings model is declared: `ConfigModel`, `setting(...)` and the marks a field carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

REQUIRED: Any = PydanticUndefined


class ConfigModel(BaseModel):
    """A frozen table of settings: unknown keys are refused and no value is converted on the quiet."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


@dataclass(frozen=True)
class Marks:
    """What `setting` says about a field beside its type and default.

    `unit` overrides the unit read from the end of the name ("" = from the name, "none" = a plain number).
    `reload`: may change while the process runs. `env`: flat variable names, canonical first.
    `merge_identity`: the field by which the entries of an array of tables are told apart across files.
    `single`: a list that is also accepted as one bare value. `relative_to_file`: a relative path counts from the folder
    of the file that holds the key. `listener`: an address this process binds. `synonyms`: (accepted, meant) spellings;
    `fold_case`: spelling is compared without case and surrounding blanks.
    """

    unit: str = ""
    reload: bool = False
    secret: bool = False
    env: tuple[str, ...] = ()
    merge_identity: str = ""
    since: str = "1.0"
    single: bool = False
    relative_to_file: bool = False
    listener: bool = False
    synonyms: tuple[tuple[str, str], ...] = ()
    fold_case: bool = False


NO_MARKS = Marks()


def setting(
    default: Any = REQUIRED,
    description: str = "",
    *,
    factory: Callable[[], Any] | None = None,
    unit: str = "",
    reload: bool = False,
    secret: bool = False,
    env: str | tuple[str, ...] = (),
    merge_identity: str = "",
    since: str = "1.0",
    single: bool = False,
    relative_to_file: bool = False,
    listener: bool = False,
    synonyms: Mapping[str, str] | None = None,
    fold_case: bool = False,
    **constraints: Any,
) -> Any:
    """One field of a `ConfigModel`: its default, one sentence, its marks and pydantic's constraints (`ge`, `le`,
    `min_length`, `max_length`, `pattern`, ...). Without `default` and `factory` the key is required.
    """
    names = (env,) if isinstance(env, str) else tuple(env)
    if factory is not None:
        field = Field(default_factory=factory, description=description, **constraints)
    else:
        field = Field(default, description=description, **constraints)
    marks = Marks(
        unit=unit,
        reload=reload,
        secret=secret,
        env=names,
        merge_identity=merge_identity,
        since=since,
        single=single,
        relative_to_file=relative_to_file,
        listener=listener,
        synonyms=tuple((synonyms or {}).items()),
        fold_case=fold_case,
    )
    field.metadata.append(marks)
    return field


def table(model: type[ConfigModel], description: str = "") -> Any:
    """A field that is a table of its own. When nobody writes it, it is checked as an empty table, so that a required
    key in it is reported under its full name.
    """
    return setting(description=description or summary_of(model), factory=dict, validate_default=True)


def summary_of(model: type[ConfigModel]) -> str:
    """The first line of a model's docstring."""
    return (model.__doc__ or "").strip().partition("\n")[0]


def marks_of(field: FieldInfo) -> Marks:
    """The marks of a field; a field declared without `setting` has none."""
    for item in field.metadata:
        if isinstance(item, Marks):
            return item
    return NO_MARKS
