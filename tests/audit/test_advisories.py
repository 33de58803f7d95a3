import json
from collections.abc import Iterator

import pytest

from tests.audit.advisories import (
    CLEAN,
    NOT_AUDITED,
    VULNERABLE,
    Advisory,
    NotAuditedError,
    audit_page,
    audit_python,
    read_npm_audit,
    read_pip_audit,
    report,
)

FINE = {"name": "fine", "version": "1.0", "vulns": []}
BAD = {"name": "bad", "version": "2.0", "vulns": [{"id": "PYSEC-1"}, {"id": "GHSA-2"}]}
SKIPPED = {"name": "unknown", "skip_reason": "not found"}


def answered(*dependencies: dict[str, object]) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_an_advisory_is_named_with_its_ids() -> None:
    assert read_pip_audit("lock", answered(FINE, BAD)) == (
        Advisory("lock", "bad 2.0", ("PYSEC-1", "GHSA-2")),
    )
    assert read_pip_audit("lock", answered(FINE)) == ()


@pytest.mark.parametrize("answer", ["", "Traceback", "[]", answered(), answered(FINE, SKIPPED)])
def test_what_was_not_looked_up_is_not_clean(answer: str) -> None:
    with pytest.raises(NotAuditedError, match="lock: "):
        read_pip_audit("lock", answer)


def test_npm_names_what_it_knows() -> None:
    answer = json.dumps({"vulnerabilities": {"left-pad": {"severity": "high"}}})
    assert read_npm_audit("lock", answer) == (Advisory("lock", "left-pad", ("high",)),)
    assert read_npm_audit("lock", '{"vulnerabilities": {}}') == ()


@pytest.mark.parametrize("answer", ["", '{"message": "405", "error": {}}', "null"])
def test_an_error_of_npm_is_not_clean(answer: str) -> None:
    with pytest.raises(NotAuditedError):
        read_npm_audit("lock", answer)


def results(
    *found: tuple[Advisory, ...] | NotAuditedError,
) -> Iterator[tuple[Advisory, ...] | NotAuditedError]:
    yield from found


def test_the_exit_status_tells_clean_from_unknown_from_vulnerable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = (Advisory("lock", "bad 2.0", ("PYSEC-1",)),)
    unknown = NotAuditedError("lock: silence")
    assert report(results((), ())) == CLEAN
    assert report(results((), unknown)) == NOT_AUDITED
    assert report(results(known, unknown)) == VULNERABLE
    assert report(results(unknown, known)) == VULNERABLE
    assert "NOT AUDITED: lock: silence" in capsys.readouterr().err


def test_a_service_out_of_reach_is_said_and_never_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = "http://127.0.0.1:1"
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, nowhere)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("npm_config_registry", nowhere)
    with pytest.raises(NotAuditedError, match="did not answer"):
        audit_python("functions/requirements.txt")
    with pytest.raises(NotAuditedError, match="did not answer"):
        audit_page()
