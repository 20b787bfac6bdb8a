"""What stands in the way of writing an experiment as code."""


class CodeError(ValueError):
    """An experiment that cannot be written as code; its text says the rule, the value and the remedy."""
