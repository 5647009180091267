"""How a student's file differs from one of ours: in its looks, which change no meaning, and by mistakes.

Works on tokens, not on lines: nothing here changes comments, strings or preprocessor lines by accident.
"""

import re

TOKEN = re.compile(r"""
    (?P<comment>//[^\n]*|/\*.*?\*/) | (?P<directive>^[ \t]*\#[^\n]*) | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<word>[A-Za-z_]\w*) | (?P<number>\d[\w.]*) | (?P<space>\s+)
  | (?P<operator><<=|>>=|->|::|<=|>=|==|!=|&&|\|\||\+\+|--|[-+*/%&|^]=|.)""", re.VERBOSE | re.MULTILINE | re.DOTALL)

# Local names that are declared with a value: these may be renamed.
DECLARED = re.compile(r"\b(?:int|float|double|auto|bool|std::(?:u?int\d+_t|size_t|ptrdiff_t))[*&]? (\w+) =")


def tokens_of(source):
    return [(match.lastgroup, match.group()) for match in TOKEN.finditer(source)]


def join(tokens):
    return "".join(text for _, text in tokens)


# ---- looks

def rename_locals(source, rng):
    """Renames some locals that no member shares a name with."""
    tokens = tokens_of(source)
    names = sorted(set(DECLARED.findall(source)))
    members = {tokens[i + 1][1] for i in range(len(tokens) - 1) if tokens[i][1] in (".", "->", "::")}
    words = {text for kind, text in tokens if kind == "word"}
    renamed = {}
    for name in names:
        new = rng.choice(["my_{}", "{}_value", "{}2", "the_{}", "cur_{}"]).format(name)
        if name not in members and new not in words and rng.random() < 0.6:
            renamed[name] = new
    return join((kind, renamed.get(text, text) if kind == "word" else text) for kind, text in tokens)


def strip_comments(source, rng):
    bare = join((kind, text) for kind, text in tokens_of(source) if kind != "comment")
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", bare)).lstrip("\n")


def indent_otherwise(source, rng):
    unit = rng.choice(["    ", "\t", "   "])
    return re.sub(r"^(?:  )+", lambda match: unit * (len(match.group()) // 2), source, flags=re.MULTILINE)


def brace_below(source, rng):
    return re.sub(r"^([ \t]*)([^\n#/]*\)) \{$", r"\1\2\n\1{", source, flags=re.MULTILINE)


def restyle(source, rng):
    """The same meaning in another hand."""
    for change, likely in ((strip_comments, 0.4), (rename_locals, 0.6), (brace_below, 0.4), (indent_otherwise, 0.6)):
        if rng.random() < likely:
            source = change(source, rng)
    return source


# ---- mistakes

SWAPPED = {"+": "-", "-": "+", "*": "+", "/": "*", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
           "&&": "||", "||": "&&", "+=": "=", "*=": "+=", "-=": "+="}
CONFUSED = {"i": "j", "j": "i", "k": "j", "d": "0", "m": "n", "n": "m", "shape": "strides", "strides": "shape",
            "a": "b", "b": "a", "in": "out", "row": "column", "rank": "size"}


def body_starts(tokens):
    """Where code begins: behind the last directive and `using namespace`."""
    last = 0
    for i, (kind, text) in enumerate(tokens):
        if kind == "directive" or text == "namespace":
            last = i
        if text == "{":
            break
    return last + 1


def replace_one(tokens, rng, places, text_of):
    if not places:
        return None
    at = rng.choice(places)
    return join(tokens[:at] + [(tokens[at][0], text_of(tokens[at][1]))] + tokens[at + 1:])


def swap_operator(source, rng):
    tokens = tokens_of(source)
    spaced = [i for i in range(body_starts(tokens), len(tokens) - 1)
              if tokens[i][0] == "operator" and tokens[i][1] in SWAPPED
              and tokens[i - 1][0] == "space" and tokens[i + 1][0] == "space"]
    return replace_one(tokens, rng, spaced, SWAPPED.get)


def off_by_one(source, rng):
    tokens = tokens_of(source)
    numbers = [i for i in range(body_starts(tokens), len(tokens))
               if tokens[i][0] == "number" and tokens[i][1].isdigit()]
    return replace_one(tokens, rng, numbers, lambda text: str(max(0, int(text) + rng.choice([-1, 1, 1]))))


def change_constant(source, rng):
    tokens = tokens_of(source)
    numbers = [i for i in range(body_starts(tokens), len(tokens)) if tokens[i][0] == "number"]
    return replace_one(tokens, rng, numbers, lambda text: rng.choice(["2", "3", "7", "1.5f"]) if "." in text
                       else str(2 * int(text) + 3) if text.isdigit() else "0")


def confuse_names(source, rng):
    """shape for strides, i for j: what a tired eye reads over."""
    tokens = tokens_of(source)
    words = [i for i in range(body_starts(tokens), len(tokens))
             if tokens[i][0] == "word" and tokens[i][1] in CONFUSED]
    return replace_one(tokens, rng, words, CONFUSED.get)


def delete_statement(source, rng):
    lines = source.split("\n")
    declares = r"\s+(const|auto|int|float|double|bool|std::|Shape|Strides|using|return|template|struct)\b"
    plain = [i for i, line in enumerate(lines)
             if re.match(r"\s+[A-Za-z_*+(][^{}#]*;$", line) and not re.match(declares, line)]
    if not plain:
        return None
    del lines[rng.choice(plain)]
    return "\n".join(lines)


def break_syntax(source, rng):
    """What no compiler takes."""
    tokens = tokens_of(source)
    start = body_starts(tokens)
    if rng.random() < 0.5:
        ends = [i for i in range(start, len(tokens)) if tokens[i][1] in (";", "}", ")")]
        return replace_one(tokens, rng, ends, lambda text: "")
    words = [i for i in range(start, len(tokens)) if tokens[i][0] == "word" and len(tokens[i][1]) > 3]
    return replace_one(tokens, rng, words, lambda text: text[0] + text[2] + text[1] + text[3:] + "z")


MISTAKES = [swap_operator, off_by_one, change_constant, confuse_names, delete_statement]


def mistake(source, rng):
    """`source` with one mistake in it, and the mistake's name. The source itself where it offers none."""
    for change in rng.sample(MISTAKES, len(MISTAKES)):
        changed = change(source, rng)
        if changed is not None and changed != source:
            return changed, change.__name__
    return source, "none"
