"""The error every PhotonCloud component raises: a stable code and what an operator needs to act on it."""

from __future__ import annotations

from photoncloud.runtime import exit_status


class PhotonError(Exception):
    """An expected failure, raised where it happens and logged once at the edge that decides.

    code        stable, kebab-case; never changes meaning
    operation   what was being done ("open store", "bind listener")
    object      what it was done to (a path, an address, a key); never a secret
    cause       why it failed, in words
    hint        what the operator can do about it
    """

    def __init__(
        self, code: str, operation: str = "", object: str = "", cause: str | BaseException = "", hint: str = ""
    ) -> None:
        self.code = code
        self.operation = operation
        self.object = object
        self.cause = describe(cause) if isinstance(cause, BaseException) else cause
        self.hint = hint
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        what = " ".join(part for part in (self.operation, self.object) if part)
        text = ": ".join(part for part in (self.code, what, self.cause) if part)
        return f"{text} ({self.hint})" if self.hint else text

    def fields(self) -> dict[str, str]:
        """The same as log fields, without the empty ones."""
        named = {
            "code": self.code,
            "operation": self.operation,
            "object": self.object,
            "cause": self.cause,
            "hint": self.hint,
        }
        return {name: value for name, value in named.items() if value}


class FatalError(PhotonError):
    """A PhotonError that ends the process with `exit_status` when it reaches `App.run`."""

    def __init__(
        self,
        code: str,
        operation: str = "",
        object: str = "",
        cause: str | BaseException = "",
        hint: str = "",
        *,
        exit_status: int = exit_status.FAILED,
    ) -> None:
        super().__init__(code, operation, object, cause, hint)
        self.exit_status = exit_status


def describe(error: BaseException) -> str:
    """One line for a foreign exception: its text, or its type when it has none."""
    text = " ".join(str(error).split())
    return text or type(error).__name__
