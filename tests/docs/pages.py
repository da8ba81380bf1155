"""Reads the pages of the documentation: blocks of commands, links, options."""
import re
from typing import NamedTuple


class Block(NamedTuple):
    line: int  # number of its first line
    text: str


def commands(page):
    """The blocks that a reader is to run: ```bash ... ```, and <!-- for the test ... -->, which readers do not see."""
    found, inside = [], None
    for number, line in enumerate(page.splitlines(), 1):
        if inside is None and line.strip() in ("```bash", "<!-- for the test"):
            inside, first, text = "```" if "```" in line else "-->", number + 1, []
        elif inside is not None and line.strip() == inside:
            found.append(Block(first, "\n".join(text)))
            inside = None
        elif inside is not None:
            text.append(line)
    return found


def loose_commands(page):
    """Numbers of indented lines that look like a command: they belong into a ```bash block."""
    lines, fenced, found = page.splitlines(), False, []
    for number, line in enumerate(lines, 1):
        if line.strip().startswith("```"):
            fenced = not fenced
        elif not fenced and re.match(r"    (stint|bash|python3?|mpirun|cmake|ctest|export|pip) ", line):
            found.append(number)
    return found


def links(page):
    """Targets of links and pictures within the checkout, without their #anchors."""
    targets = re.findall(r"\]\(([^)\s]+)\)", page)
    return [target.split("#")[0] for target in targets if not re.match(r"https?:|mailto:|#", target)]


def listings(page):
    """Each block of C++ with the target of the link that introduces it, which is its file; None where there is none."""
    found = []
    for match in re.finditer(r"(?:\]\(([^)\s]+)\):\n\n)?```cpp\n(.*?)```", page, re.DOTALL):
        found.append((match[1], match[2]))
    return found


def options(page):
    """All --options that the page names."""
    return set(re.findall(r"(?<![\w-])--[a-z][a-z0-9_-]+", page))
