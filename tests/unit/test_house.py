import ast
import re
import tomllib
from collections.abc import Iterator

from tests.project_files import ROOT, project_files, texts

TOP_LEVEL = {
    ".ci",
    ".github",
    ".gitattributes",
    ".gitignore",
    "LICENSE",
    "Makefile",
    "README.md",
    "cdk.json",
    "docs",
    "functions",
    "infra_cdk",
    "ingest_container",
    "pyproject.toml",
    "tests",
    "web",
}
LONGEST_MODULE = 450
LONGEST_FUNCTION = 60

# Written in two halves, so that this file does not hold what it looks for.
REGISTRIES = ("pypi." + "org", "pythonhosted." + "org", "npmjs." + "org", "npmjs." + "com")
MACHINE_PATHS = ("/" + "work/", "/" + "farm/", "." + "library/", "/" + "home/", "/" + "Users/")
BARE_SUPPRESSIONS = (
    re.compile(r"#\s*noqa(?!: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*( +(-|#) ?| {2})\w)"),
    re.compile(r"#\s*type:\s*ignore(?!\[[a-z, -]+\]( +(-|#) ?| {2})\w)"),
    re.compile(r"#\s*pragma: no cover(?! - \w)"),
)


def test_the_top_level_holds_the_known_rooms_only() -> None:
    assert {name.split("/")[0] for name in project_files()} <= TOP_LEVEL


def test_no_file_names_a_package_registry() -> None:
    assert [n for n, text in texts() if any(host in text for host in REGISTRIES)] == []


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert [n for n, text in texts() if any(path in text for path in MACHINE_PATHS)] == []


def test_every_suppression_says_why() -> None:
    bare = [
        f"{name}:{number}"
        for name, text in texts(".py")
        if name != "tests/unit/test_house.py"
        for number, line in enumerate(text.splitlines(), start=1)
        if any(pattern.search(line) for pattern in BARE_SUPPRESSIONS)
    ]
    assert bare == []


def test_no_module_is_longer_than_one_concept() -> None:
    lengths = {n: len(text.splitlines()) for n, text in texts(".py") if not n.startswith("tests/")}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{name}:{each.lineno} {each.name}"
        for name, text in texts(".py")
        for each in functions_of(text)
        if (each.end_lineno or each.lineno) - each.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def functions_of(text: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_every_ignored_rule_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    ruff = tomllib.loads(text)["tool"]["ruff"]["lint"]
    rules = set(ruff["ignore"]).union(*ruff["per-file-ignores"].values())
    explained = set(re.findall(r'^    "([A-Z]+[0-9]*)", +# \w', text, flags=re.MULTILINE))
    assert rules <= explained


def test_the_license_stands_in_the_project() -> None:
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
