import json
from pathlib import Path

import pytest

from tests.audit.sbom import python_bills, shipped_lines, write_page_bill, write_python_bill
from tests.locks import ROOT, read_pins

BILLS = {bill.name: bill for bill in python_bills()}
LOCK = """\
anything==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
old-pythons==2.0 ; python_full_version < '3.11.3' \\
    --hash=sha256:cc
windows==3.0 ; sys_platform == 'win32' \\
    --hash=sha256:dd
zz-last==4.0 ; python_full_version >= '3.12' \\
    --hash=sha256:ee
"""


def test_pins_that_the_runtime_does_not_get_are_left_out() -> None:
    kept = shipped_lines(LOCK, {"anything"})
    assert kept == "zz-last==4.0 \\\n    --hash=sha256:ee\n"


def test_a_pin_keeps_all_its_hashes() -> None:
    assert shipped_lines(LOCK).startswith(
        "anything==1.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nzz-last"
    )


@pytest.mark.parametrize("name", sorted(BILLS))
def test_a_bill_names_what_is_shipped_with_its_hashes(name: str, tmp_path: Path) -> None:
    bill = BILLS[name]

    found = json.loads(write_python_bill(bill, tmp_path).read_text())

    shipped = shipped_lines((ROOT / bill.lock).read_text(), bill.left_out)
    expected = {(pin, version) for pin, version, _ in read_pins(shipped)}
    assert {(each["name"], each["version"]) for each in found["components"]} == expected
    assert found["bomFormat"] == "CycloneDX"
    assert found["metadata"]["component"]["name"] == "quantterminal"
    for each in found["components"]:
        [distribution] = each["externalReferences"]
        assert distribution["hashes"]
    assert "msgspec" in {name for name, _ in expected}


def test_the_functions_bill_leaves_out_what_the_runtime_brings() -> None:
    lock = (ROOT / BILLS["functions"].lock).read_text()
    assert "\nboto3==" in lock
    assert "boto3==" not in shipped_lines(lock, BILLS["functions"].left_out)


def test_the_page_bill_holds_what_reaches_the_browser(tmp_path: Path) -> None:
    found = json.loads(write_page_bill(tmp_path).read_text())
    names = {each["name"] for each in found["components"]}
    package = json.loads((ROOT / "web" / "package.json").read_text())
    assert package["dependencies"].keys() <= names
    assert package["devDependencies"].keys() & names == set()
