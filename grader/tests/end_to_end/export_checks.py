"""What exports must be, checked by readers that share nothing with their writers: Python's json, csv and xml.

Each check returns a list of problems, empty where all is well.
"""

import csv
import io
import json
import re
import unicodedata
import xml.etree.ElementTree

# ---- JSON Schema, as far as our schemas go

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
KNOWN = {"type", "const", "enum", "pattern", "minimum", "anyOf", "required", "properties", "additionalProperties",
         "items", "$ref", "$defs", "$schema", "title", "description"}


def is_type(value, name):
    if name in ("integer", "number"):
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return not isinstance(value, bool) and (whole if name == "integer" else isinstance(value, (int, float)))
    return isinstance(value, TYPES[name])


def schema_problems(value, schema, root=None, at=""):
    """Where `value` is not what `schema` says. A keyword that is not known here is a problem of its own."""
    root = root or schema
    problems = [f"{at}: the checker does not know {word}" for word in set(schema) - KNOWN]
    if "$ref" in schema:
        return problems + schema_problems(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, at)
    if "anyOf" in schema:
        tried = [schema_problems(value, one, root, at) for one in schema["anyOf"]]
        return problems + (min(tried, key=len) if all(tried) else [])
    types = schema.get("type", [])
    if types and not any(is_type(value, name) for name in ([types] if isinstance(types, str) else types)):
        return problems + [f"{at}: {value!r:.60} is no {types}"]
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        problems.append(f"{at}: {value!r:.60} is not allowed")
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        problems.append(f"{at}: {value!r:.60} does not match {schema['pattern']}")
    if "minimum" in schema and value < schema["minimum"]:
        problems.append(f"{at}: {value} is less than {schema['minimum']}")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        problems += [f"{at}: {key} is missing" for key in schema.get("required", []) if key not in value]
        for key, one in value.items():
            if key in properties:
                problems += schema_problems(one, properties[key], root, f"{at}/{key}")
            elif schema.get("additionalProperties", True) is False:
                problems.append(f"{at}: {key} is not in the schema")
    if isinstance(value, list):
        for i, one in enumerate(value):
            problems += schema_problems(one, schema.get("items", {}), root, f"{at}/{i}")
    return problems


# ---- Gradescope: the output format of its autograder specification

VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
TEXT, NUMBER = {"type": "string"}, {"type": "number"}
GRADESCOPE = {
    "type": "object", "required": ["score", "tests"], "additionalProperties": False,
    "properties": {
        "score": NUMBER, "execution_time": {"type": "number", "minimum": 0}, "output": TEXT, "output_format": FORMAT,
        "test_output_format": FORMAT, "test_name_format": FORMAT, "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY, "extra_data": {"type": "object"},
        "tests": {"type": "array", "items": {
            "type": "object", "required": ["name"], "additionalProperties": False,
            "properties": {
                "score": NUMBER, "max_score": {"type": "number", "minimum": 0},
                "status": {"enum": ["passed", "failed"]}, "name": TEXT, "name_format": FORMAT, "number": TEXT,
                "output": TEXT, "output_format": FORMAT, "tags": {"type": "array", "items": TEXT},
                "visibility": VISIBILITY, "extra_data": {"type": "object"}}}},
        "leaderboard": {"type": "array", "items": {
            "type": "object", "required": ["name", "value"], "additionalProperties": False,
            "properties": {"name": TEXT, "value": {"type": ["number", "string"]}, "order": {"enum": ["asc", "desc"]}}}},
    }}


def gradescope_problems(text):
    results = json.loads(text)
    problems = schema_problems(results, GRADESCOPE)
    total = sum(test.get("score", 0) for test in results["tests"])
    if abs(total - results["score"]) > 1e-6:
        problems.append(f"the entries add up to {total}, the score is {results['score']}")
    numbers = [test["number"] for test in results["tests"]]
    if len(set(numbers)) != len(numbers):
        problems.append(f"two entries of one number: {numbers}")
    return problems


# ---- tables

NUMERIC = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# Format characters (category Cf) show nothing; a private apostrophe keeps a cell text.
INVISIBLE = ("Cf", "Cc", "Zs", "Zl", "Zp")


def rows_of(text):
    """The rows of a CSV file; strict, so a stray quote is an error."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def is_formula(piece):
    """Whether a spreadsheet could take it for one: by what compatibility normalization makes of its first sign."""
    for sign in piece:
        if unicodedata.category(sign) in INVISIBLE or sign == "\N{REPLACEMENT CHARACTER}":
            continue
        return unicodedata.normalize("NFKC", sign)[0] in "=+-@"
    return False


def table_problems(text):
    rows = rows_of(text)
    problems = [f"row {i} has {len(row)} cells, the header {len(rows[0])}" for i, row in enumerate(rows)
                if len(row) != len(rows[0])]
    for row in rows:
        for cell in row:
            if NUMERIC.fullmatch(cell):
                continue
            # Of a file that is split at another separator the quotes do not hold either.
            if any(is_formula(piece) for piece in re.split(r"[;\t\r\n]", cell)) or cell[:1] in "\t\r\n" and cell:
                problems.append(f"a formula: {cell!r:.60}")
            if any(unicodedata.category(sign) == "Cc" and sign not in "\t\r\n" for sign in cell):
                problems.append(f"a control character: {cell!r:.60}")
    return problems


def canvas_problems(text):
    """What Canvas's importer wants of the first two rows and the first columns."""
    rows = rows_of(text)
    head, possible = rows[0], rows[1]
    problems = table_problems(text)
    if "Student" not in head[0] or "ID" not in head[1] or head[2:4] != ["SIS User ID", "SIS Login ID"]:
        problems.append(f"the header begins {head[:4]}")
    first = head.index("Section") + 1
    if set(head[4:first - 1]) - {"Integration ID", "Root Account"}:
        problems.append(f"before Section stands {head[4:first - 1]}")
    if "Points Possible" not in possible[0]:
        problems.append(f"the second row begins {possible[0]!r}")
    if len(set(head)) != len(head):
        problems.append(f"two columns of one name: {head}")
    for row in rows[1:]:
        problems += [f"{cell!r} is no number" for cell in row[first:] if cell and not NUMERIC.fullmatch(cell)]
    return problems


# ---- JUnit XML: the elements and attributes of the Jenkins xUnit plugin's junit-10.xsd

ATTRIBUTES = {  # element -> (required, allowed)
    "testsuites": ([], ["name", "time", "tests", "failures", "errors"]),
    "testsuite": (["name", "tests", "failures", "errors"],
                  ["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"]),
    "testcase": (["name"], ["time", "classname", "group"]),
    "properties": ([], []), "property": (["name", "value"], []), "system-out": ([], []), "system-err": ([], []),
    "failure": ([], ["type", "message"]), "error": ([], ["type", "message"]), "skipped": ([], ["type", "message"]),
}
CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["testsuite", "properties", "testcase", "system-out", "system-err"],
    "testcase": ["skipped", "error", "failure", "system-out", "system-err"],
    "properties": ["property"],
}
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def element_problems(element):
    required, allowed = ATTRIBUTES.get(element.tag, ([], None))
    if allowed is None:
        return [f"<{element.tag}> is not in the schema"]
    problems = [f"<{element.tag}> lacks {name}" for name in required if name not in element.attrib]
    problems += [f"<{element.tag}> has {name}" for name in element.attrib if name not in required + allowed]
    if element.tag in ("testsuites", "testsuite") and not TIME.fullmatch(element.get("time", "")):
        problems.append(f"<{element.tag}> has the time {element.get('time')}")
    if element.tag in CHILDREN and (element.text or "").strip():
        problems.append(f"<{element.tag}> holds text")
    for child in element:
        if child.tag not in CHILDREN.get(element.tag, []):
            problems.append(f"<{element.tag}> holds <{child.tag}>")
        problems += element_problems(child)
    return problems


def count_problems(element):
    counts = {"tests": len(list(element.iter("testcase")))}
    counts |= {name: len(list(element.iter(kind)))
               for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))}
    return [f"{element.get('name')}: {name} is {element.get(name)}, there are {count}"
            for name, count in counts.items() if name in element.attrib and element.get(name) != str(count)]


def junit_problems(text):
    root = xml.etree.ElementTree.fromstring(text.encode())
    problems = element_problems(root) if root.tag == "testsuites" else [f"the root is <{root.tag}>"]
    for element in [root, *root.iter("testsuite")]:
        problems += count_problems(element)
    return problems
