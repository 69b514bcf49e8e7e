"""What the library says when it fails."""

from __future__ import annotations

import enum


class Code(enum.IntEnum):
    """Kinds of failure, as amend_code in amend/status.h."""

    BAD_ARGUMENT = 1
    BAD_DATA = 2
    IO = 3
    NO_MEMORY = 4
    UNSUPPORTED = 5
    NUMERIC = 6
    INTERRUPTED = 7
    INTERNAL = 8


class Error(Exception):
    """A failure in the library: `message` says what failed, where and what to do; `code` is its kind."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message
