"""No two headers define the same type: python3 names_test.py

Two types of one name in one program break C++'s one-definition rule, which compilers do not notice (they may with -Wodr and link-time
optimisation, at the price of a second build of everything)."""
import collections
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).parents[1]
LIBRARIES = ("lattice", "mcmc", "mazes", "analysis", "generative", "src")
NAMESPACE = re.compile(r"namespace (?P<name>[\w:]+) \{")
END = re.compile(r"\} // namespace")
TYPE = re.compile(r"(?:template ?<.+> ?)?(?:struct|class|enum class|enum|union) (?P<name>\w+)\b(?!<)(?![^{]*;)")


def types(text):
    """The types that a header defines at namespace scope, which .clang-format puts at the beginning of lines."""
    namespaces = []
    for line in text.splitlines():
        if opened := NAMESPACE.match(line):
            namespaces.append(opened["name"])
        elif END.match(line):
            namespaces.pop()
        elif defined := TYPE.match(line):
            yield "::".join([*namespaces, defined["name"]])


def definitions(root, libraries):
    found = collections.defaultdict(list)
    for library in libraries:
        for header in sorted((root / library).rglob("*.hpp")):
            for name in types(header.read_text()):
                found[name].append(str(header.relative_to(root)))
    return found


class Names(unittest.TestCase):
    def test_definitions_are_found(self):
        text = ("namespace stint {\nclass Declared;\nstruct Plain {\n  struct Inner {};\n};\ntemplate<class Real> class Of {\n};\n"
                "template<> struct Of<int> { int a; };\nenum class Kind { a, b };\nnamespace inner {\nstruct Plain {};\n} // namespace inner\n} // namespace stint\n")
        self.assertEqual(list(types(text)), ["stint::Plain", "stint::Of", "stint::Kind", "stint::inner::Plain"])

    def test_each_is_defined_once(self):
        found = definitions(ROOT, LIBRARIES)
        self.assertGreater(len(found), 100)
        self.assertEqual({name: headers for name, headers in found.items() if len(set(headers)) > 1}, {})


if __name__ == "__main__":
    unittest.main()
