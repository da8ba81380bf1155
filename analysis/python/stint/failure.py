"""The one exception of this package."""


class Failure(Exception):
    """What went wrong, in one line for the user."""


def one_line(error):
    """The message of another exception without its line breaks."""
    return " ".join(str(error).split())
