from __future__ import annotations

import codecs
import contextlib
import encodings.aliases
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modlint.errors import SourceError
from modlint.source import Source, decode, encoded, parse, read

BROKEN = Path(__file__).parents[1] / "fixtures" / "broken"


def failure(data: bytes) -> tuple[int, int, str]:
    with pytest.raises(SourceError) as caught:
        parse(decode(data, "a.py"))
    return caught.value.line, caught.value.column, caught.value.message


def test_utf8_text_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes("größe = 1\r\n".encode())
    assert read(path) == Source(str(path), "größe = 1\r\n")


def test_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decode(codecs.BOM_UTF8 + b"a = 1\n", "a.py").text == "a = 1\n"


@pytest.mark.parametrize(
    "head",
    [
        b"# -*- coding: latin-1 -*-\n",
        b"# vim: set fileencoding=latin-1 :\n",
        b"#!/usr/bin/env python\n# coding=latin-1\n",
        b"\r# coding: latin-1\r",
        b"#!/usr/bin/env python\r\n# coding: latin-1\r\n",
    ],
)
def test_declared_encoding_is_used(head: bytes) -> None:
    assert decode(head + b"a = '\xe9'\n", "a.py").text.endswith("a = 'é'\n")


@pytest.mark.parametrize("head", [b"a = 1\n# coding: latin-1\n", b"\n\n# coding: latin-1\n"])
def test_declaration_after_code_or_the_second_line_is_none(head: bytes) -> None:
    assert "utf-8" in failure(head + b"a = '\xe9'\n")[2]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"import torch\n\nx = 1\0\n", (3, 6, "contains a null byte, so it is not Python source")),
        (b"a = 1\r\nb = '\xe9'\r\n", (2, 6, "cannot be decoded as utf-8: byte 0xe9 is not valid here")),
        ("a = 'é'\n".encode() + b"\xff", (2, 1, "cannot be decoded as utf-8: byte 0xff is not valid here")),
        (
            b"\n# coding: klingon\n",
            (2, 1, "declares an encoding that Python does not know: `klingon`"),
        ),
        (b"# coding: rot13\n", (1, 1, "declares an encoding that Python does not know: `rot13`")),
        (
            codecs.BOM_UTF8 + b"# coding: latin-1\n",
            (1, 1, "declares the encoding `latin-1` but starts with the mark of UTF-8"),
        ),
        (
            "a = 1\n".encode("utf-16"),
            (1, 1, "is encoded in UTF-16, which Python cannot read: save it as UTF-8"),
        ),
        (b"class A\n    pass\n", (1, 8, "syntax error: expected ':'")),
        (
            b"# coding: utf-7\na = '+2AA-'\n",
            (2, 1, "contains half of a surrogate pair, which is no character"),
        ),
        (b"# coding: undefined\n", (1, 1, "cannot be decoded as `undefined`")),
    ],
)
def test_bad_bytes_are_one_error_with_a_place(data: bytes, expected: tuple[int, int, str]) -> None:
    assert failure(data) == expected


CODECS = sorted({*encodings.aliases.aliases, *encodings.aliases.aliases.values(), "idna", "punycode", "undefined"})
BYTES = (b"", b"x = 1\n", b"\xf0", b"x = 'a.\xf0.b'\n", b"\\N{x}\\x\n", b"\x80abc" * 30, b"a = '\xff\xfe'\r\n")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("head", ["#coding:{}\n", "\n# coding: {}\n", "#coding:{}"])
def test_whatever_encoding_is_declared_the_text_is_read_or_refused(head: str) -> None:
    for codec in CODECS:
        for data in BYTES:
            with contextlib.suppress(SourceError):
                parse(decode(head.format(codec).encode() + data, "a.py"))


def test_bytes_that_a_codec_without_replacement_refuses_have_a_place() -> None:
    line, _, message = failure(b"# comment\n#coding:idna\xf0")
    assert (line, message.partition(":")[0].rstrip("`").replace("`", "")) == (2, "cannot be decoded as idna")


def test_place_that_a_codec_counts_from_elsewhere_is_not_told() -> None:
    assert failure(b"#coding:idna\nx = 'a.\xf0.b'\n") in [
        (1, 1, "cannot be decoded as `idna`"),
        (2, 8, "cannot be decoded as idna: byte 0xf0 is not valid here"),
    ]


def test_codec_of_a_package_that_fails_is_an_error_of_the_file() -> None:
    def fail(*_: object) -> tuple[str, int]:
        raise AssertionError("a bug of the codec's")

    def find(name: str) -> codecs.CodecInfo | None:
        return codecs.CodecInfo(fail, fail, name="broken_one") if name == "broken_one" else None  # type: ignore[arg-type]

    codecs.register(find)
    try:
        assert failure(b"\n# coding: broken_one\n") == (2, 1, "cannot be decoded as `broken_one`")
        with pytest.raises(SourceError, match="cannot be encoded as `broken_one`"):
            encoded(Source("a.py", "x = 1"), b"# coding: broken_one\n")
    finally:
        codecs.unregister(find)


def test_missing_file_and_folder_and_no_permission_are_errors(tmp_path: Path) -> None:
    for path, message in [
        (tmp_path / "none.py", "cannot be read: no such file or directory"),
        (tmp_path, "cannot be read: it is a folder"),
    ]:
        with pytest.raises(SourceError, match=rf"^{message}$"):
            read(path)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + ")" * 5000,
        "-" * 200_000 + "1",
        "x" + ".a" * 50_000,
        "[" * 150 + "]" * 150 + "\n" + "~" * 90_000,
    ],
    ids=["parentheses", "minus", "attributes", "tilde"],
)
def test_deep_nesting_is_an_error_or_parsed_but_never_a_crash(text: str) -> None:
    problem = ""
    try:
        parse(Source("a.py", text))
    except SourceError as error:
        problem = error.message
    assert re.search("^$|nested|too many", problem)


def test_memory_and_recursion_errors_say_that_the_nesting_is_too_deep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for exception in (RecursionError, MemoryError):

        def fail(*_: object, exception: type[Exception] = exception) -> None:
            raise exception

        monkeypatch.setattr("ast.parse", fail)
        with pytest.raises(SourceError, match=r"^is nested too deeply for Python to parse$"):
            parse(Source("a.py", ""))


@pytest.mark.filterwarnings("error")
def test_warnings_about_the_code_are_silent() -> None:
    assert parse(Source("a.py", "a = '\\d'\nb = 1 is 1\n")).body


@pytest.mark.parametrize(("name", "line"), [("syntax_error", 4), ("wrong_encoding", 1), ("null_bytes", 3)])
def test_broken_fixtures(name: str, line: int) -> None:
    with pytest.raises(SourceError) as caught:
        parse(read(BROKEN / f"{name}.py"))
    assert caught.value.line == line


def test_empty_fixture_is_an_empty_module() -> None:
    assert parse(read(BROKEN / "empty.py")).body == []


def test_five_megabytes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "big.py"
    path.write_text("x = 1  # a line of forty-two characters, yes\n" * 120_000, encoding="utf-8")
    source = read(path)
    assert len(source.text) > 5_000_000
    assert len(source.lines) == 120_001


LINE_MAKERS = st.sampled_from(["\n", "\r", "\r\n", "\f", "\v", "\x1c", "\x85", "\u2028", " ", "#", "é"])


@given(st.lists(LINE_MAKERS, max_size=30))
def test_lines_are_numbered_as_ast_numbers_them(parts: list[str]) -> None:
    """Inside a comment and a string anything may stand; the name after it is on the last line."""
    text = "s = '''" + "".join(parts) + "'''\nlast = 1"
    source = Source("a.py", text)
    assert source.lines[parse(source).body[-1].lineno - 1] == "last = 1"


@pytest.mark.parametrize("encoding", ["idna", "punycode", "undefined", "unicode_escape", "utf-7", "hex", "rot13"])
def test_an_encoding_that_cannot_read_the_file_is_told(encoding: str) -> None:
    """Some codecs can't replace what isn't valid, some aren't for text, some always fail."""
    with pytest.raises(SourceError) as caught:
        decode(b"#coding:%s\n\xf0\\x\n+A\n" % encoding.encode(), "net.py")
    assert caught.value.line in (1, 2)
