"""Trace ids as people type and paste them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile.corpus import HOSTILE
from opsconsole.domain.trace_id import pasted_trace_id

ID = "4bf92f3577b34da6a3ce929d0e0e4736"
SHORT = "a3ce929d0e0e4736"
PADDED = "0" * 16 + SHORT


@pytest.mark.parametrize(
    "text",
    [
        ID,
        ID.upper(),
        f"0x{ID}",
        f"  {ID}\n",
        f'"{ID}"',
        "4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
        "4bf9 2f35 77b3 4da6 a3ce 929d 0e0e 4736",
        "4bf92f3577b34da6:a3ce929d0e0e4736",
        f"00-{ID}-00f067aa0ba902b7-01",
        f"traceparent: 00-{ID}-00f067aa0ba902b7-01",
        f"{ID}-00f067aa0ba902b7-1-05e3ac9a4f6e3b90",
        f"uber-trace-id: {ID}:00f067aa0ba902b7:0:1",
        f'{{"level":"error","trace_id":"{ID}","span_id":"00f067aa0ba902b7","msg":"pool wait timeout"}}',
        f'{{\\"traceId\\":\\"{ID}\\",\\"build\\":\\"0123456789abcdef0123456789abcdef\\"}}',
        f"2026-03-02T14:11:03.120Z ERROR checkout trace.id={ID} timeout after 3000 ms",
        f"2026-03-02 14:11:03 ERROR [checkout,{ID},00f067aa0ba902b7] refused",
        f"the same {ID} twice {ID}",
        "trace 4bf92f35-77b3-4da6-a3ce-929d0e0e4736 failed",
    ],
)
def test_one_id_is_found_however_it_is_spelt_and_in_whatever_it_stands(text: str) -> None:
    assert pasted_trace_id(text) == ID


@pytest.mark.parametrize(
    "text",
    [
        SHORT,
        SHORT.upper(),
        f"0x{SHORT}",
        "0" * 16 + SHORT,
        f"slow request {SHORT} of user 12345",
        f'"traceID":"{SHORT}"',
        f"at 1786110000000000 us request {SHORT} failed",
    ],
)
def test_an_id_of_sixteen_digits_is_filled_with_zeros(text: str) -> None:
    assert pasted_trace_id(text) == PADDED


@pytest.mark.parametrize(("text", "found"), [("a3ce929d0e", "a3ce929d0e"), ("12345678", "12345678")])
def test_leading_zeros_may_lack_where_the_id_stands_alone(text: str, found: str) -> None:
    assert pasted_trace_id(text) == found.zfill(32)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "checkout",
        "facade",
        "add bad cafe",
        "0" * 32,
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"{ID} or {ID[::-1]}",
        ID + "0",
        "x" + ID,
        "took 1786110000000000 us",
        "/srv/" + "a" * 40 + "/sha1",
    ],
)
def test_no_id_and_several_ids_are_none(text: str) -> None:
    assert pasted_trace_id(text) is None


@given(st.text() | st.sampled_from(HOSTILE))
def test_whatever_is_pasted_gives_an_id_or_none(text: str) -> None:
    found = pasted_trace_id(text)
    assert found is None or (len(found) == 32 and set(found) <= set("0123456789abcdef"))


@given(st.integers(1, 2**128 - 1), st.sampled_from(["", "0x", " ", '"']))
def test_every_id_comes_back(number: int, before: str) -> None:
    wanted = f"{number:032x}"
    assert pasted_trace_id(before + wanted) == wanted
    assert pasted_trace_id(f"{wanted[:8]}-{wanted[8:12]}-{wanted[12:16]}-{wanted[16:20]}-{wanted[20:]}") == wanted
    assert pasted_trace_id(f'{{"trace_id": "{wanted}"}}') == wanted
