"""docs/errors.md lists every code of the sources, with the status it is answered with, and nothing else."""
import re

from raptorflow import ROOT

CODE = r'"([a-z][a-z0-9]*(?:_[a-z0-9]+)*)"'
CATALOG = ROOT / "Sources" / "Web" / "OpenAPI" / "ProblemCatalog.swift"


def sources():
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        # The simulator answers in the payment provider's words, not in ours.
        if path != CATALOG and "Sandbox" not in path.parts:
            yield path, path.read_text(encoding="utf-8")


def catalogued():
    return {code: int(status) for code, status in
            re.findall(rf"ProblemCode\(\s*{CODE},\s*(\d+)", CATALOG.read_text(encoding="utf-8"))}


def documented():
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    general, fields = text.split("## Codes of single fields")
    codes = {code: int(status) for code, status in re.findall(r"^\| `(\w+)` \| (\d+) \|", general, re.MULTILINE)}
    rows = re.findall(r"^\| (`[^|]+`) \|", fields, re.MULTILINE)
    return codes, {code for row in rows for code in re.findall(r"`(\w+)`", row)}


def test_the_document_and_the_catalogue_are_the_same():
    assert documented()[0] == catalogued()


def test_every_problem_of_the_sources_is_catalogued_with_its_status():
    known, missing = catalogued(), []
    for path, text in sources():
        for code, status in re.findall(rf"\bProblem\(\s*{CODE},\s*status:\s*(\d+)", text):
            if known.get(code) != int(status):
                missing.append(f"{path.name}: {code} {status}")
        if path.name.endswith("Problem.swift"):
            named = re.findall(rf"(?:conflict|invalid|refusal)\(\s*{CODE}", text)
            for code in named + re.findall(rf"\(\s*{CODE},\s*\"[A-Z]", text):
                if code not in known and code not in documented()[1]:
                    missing.append(f"{path.name}: {code}")
    assert not missing, missing


def test_every_catalogued_code_is_in_the_sources():
    everything = "\n".join(text for _, text in sources())
    assert not [code for code in catalogued() if f'"{code}"' not in everything]


def test_every_code_of_a_field_is_documented():
    fields, missing = documented()[1] | set(catalogued()), []
    for path, text in sources():
        for code in re.findall(rf"FieldProblem\(\s*[^\n]*?,\s*{CODE},", text):
            if code not in fields:
                missing.append(f"{path.name}: {code}")
    assert not missing, missing


def test_every_problem_that_an_operation_declares_is_catalogued():
    known, missing = catalogued(), []
    for path, text in sources():
        for declared in re.findall(r"problems: \[([^\]]*)\]", text):
            missing += [f"{path.name}: {code}" for code in re.findall(CODE, declared) if code not in known]
    assert not missing, missing
