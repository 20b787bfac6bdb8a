"""Why a piece of source is not read."""


class CodeReadingError(ValueError):
    """What a source asks for and cannot have; its text says the rule, the value and the remedy."""


class NotRead(Exception):
    """One expression or statement that lies outside what is read; its text is the note on it, a sentence."""
