"""The twenty-two kinds of bad input, each with what it stands for, examples, and the tests that hold for it."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One kind of bad input.

    `texts` are strings that a label, a line or a name can hold, `bodies` values of JSON as bytes. What is no text but a
    way of answering has neither. `tests` names, as pytest does, what holds for it.
    """

    number: int
    name: str
    known: str
    required: str
    tests: tuple[str, ...]
    texts: tuple[str, ...] = ()
    bodies: tuple[bytes, ...] = ()


DRAWN = "tests/widgets/test_hostile_text.py::test_no_byte_of_it_is_a_command_and_no_widget_falls"
SENT = "tests/app/test_hostile_bytes.py::test_only_the_console_s_own_sequences_reach_the_terminal"
PICTURED = "tests/unit/test_safe_text.py::test_what_a_terminal_would_obey_becomes_a_picture_of_itself"
KEPT = "tests/app/test_hostile_lines.py::test_every_line_is_there_with_what_its_values_and_its_time_are"

ROWS: tuple[Row, ...] = (
    Row(
        1,
        "control sequences, colours and overwriting",
        "CVE-2021-25743 kubectl, CVE-2026-45803 gh run view, CVE-2025-58160 tracing-subscriber",
        "no control byte that came with data",
        (PICTURED, DRAWN, SENT),
        (
            "\x1b[2J\x1b[Hwiped",
            "over\rwritten\x08\x08\x7f",
            "\x1b[31mred\x1b[0m",
            "\x1b[?1049l\x1b[?1000h\x1b[>1u",
            "\x1b[6n\x1b[c\x1b[?2026$p",
            "\x1bc\x1b7\x1b8\x1b#8",
        ),
    ),
    Row(
        2,
        "the clipboard set by OSC 52",
        "OSC 52 through tmux with set-clipboard on",
        "only the console's own copy key sets the clipboard, and to safe text",
        (SENT, "tests/app/test_hostile_bytes.py::test_no_incident_and_no_runbook_sends_a_sequence_of_its_own"),
        ("\x1b]52;c;cm0gLXJmIC8=\x07clip", "\x1b]52;p;cm0gLXJmIC8=\x1b\\", "\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\"),
    ),
    Row(
        3,
        "the window's title set, and asked for",
        "CVE-2003-0070, CVE-2010-2713",
        "the title stays the console's",
        (SENT, "tests/app/test_hostile_input.py::test_every_pane_and_every_opened_row_shows_it_and_obeys_nothing"),
        ("\x1b]0;owned\x07title", "\x1b]2;owned\x1b\\", "\x1b[21t\x1b[22;0t"),
    ),
    Row(
        4,
        "links",
        "CVE-2022-46663 less -R",
        "no link that data made; addresses are read in full",
        (PICTURED, "tests/unit/test_hostile_records.py::test_a_page_of_it_has_no_tag_that_another_has_not"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "[link='javascript:alert(1)']x[/link]"),
    ),
    Row(
        5,
        "strings to the device, without an end",
        "less#781, ConEmu#687",
        "inert, also where a text is cut in the middle",
        (PICTURED, DRAWN),
        ("\x1bP1$r unterminated", "\x1b_Gf=100;AAAA", "\x1b^private", "\x1bXstart of string", "\x1b]0;no end"),
    ),
    Row(
        6,
        "eight-bit controls, DEL and NUL",
        "ECMA-48",
        "visible pictures instead",
        (PICTURED, DRAWN),
        ("\x9b31mC1 red\x9b0m \x90dcs", "nul\x00 bell\x07 tab\t line\nfeed", "\x9d52;c;eA==\x9c", "\x85next\x84"),
    ),
    Row(
        7,
        "text that reads otherwise than it is",
        "CVE-2021-42574 Trojan Source",
        "marked; a dialog that asks for a name has its ASCII form",
        (PICTURED, DRAWN, "tests/unit/test_safe_text.py::test_the_ascii_form_tells_look_alikes_apart"),
        (
            "abc\u202egnp.exe\u202c \u2066iso\u2069 zero\u200bwidth \ufeffbom",
            "tag \U000e0041\U000e0042 characters",
            "prоd",
            "invisible\u2062times\u180e\u3164\uffa0",
            "\U000e0100variation\U000e01ef",
        ),
    ),
    Row(
        8,
        "a hundred thousand combining marks",
        "0.2 to 0.8 MB for one cell",
        "eight a cell, the rest counted",
        ("tests/unit/test_safe_text.py::test_marks_beyond_a_few_are_counted_and_not_sent", DRAWN),
        ("marks " + "e" + "\u0301" * 500 + " end", "e" + "\u0301\u20dd\ufe0f" * 300, "x" + "\u0e49" * 100_000),
    ),
    Row(
        9,
        "lines of ten megabytes",
        "a widget that froze for ten seconds",
        "cut at 8 KB, the rest counted",
        (
            "tests/unit/test_safe_text.py::test_a_long_line_tells_how_much_of_it_is_not_shown",
            "tests/app/test_hostile_lines.py::test_every_line_of_a_container_is_there",
        ),
        ("x" * 20_000, "\x1b" * 1_000_000),
        (b'"' + b"m" * 200_000 + b'"',),
    ),
    Row(
        10,
        "invalid UTF-8 and lone surrogates",
        "json.loads('\"\\ud800\"') passes, .encode() raises",
        "replaced where it is read",
        (
            "tests/unit/test_safe_text.py::test_a_lone_surrogate_from_json_can_be_written_out",
            "tests/unit/test_wire.py::test_bytes_that_are_no_text_are_replaced_not_fatal",
            KEPT,
        ),
        ("surrogate \ud800 alone", "\udc80\udcff"),
        (b'"broken \xff\xfe\xc3( utf-8"', b'"raw \x1b[2J\x07 control"', b'"\\ud800"'),
    ),
    Row(
        11,
        "markup, and actions in it",
        "Textual's [@click=…] and MarkupError, textual#4248",
        "literal, no action, no crash",
        (
            DRAWN,
            "tests/widgets/test_hostile_text.py::test_brackets_are_text",
            "tests/checks/test_unsafe_forms.py::test_no_module_has_a_form_that_is_unsafe",
        ),
        (
            "[@click=app.boom]press[/] [link=http://evil.example]x[/link]",
            "[/foo] [ERROR] [None] arr[i] = 3 [b]bold",
            "[$severity-critical]x[/] {{ braces }} %s $HOME `id`",
            "\\[b]x\\[/b]",
        ),
    ),
    Row(
        12,
        "JSON that is deep, huge, no number or named twice",
        "RecursionError, ValueError, a silent nan, the last one wins",
        "malformed, said so, no crash",
        (
            KEPT,
            "tests/unit/test_wire.py::test_json_that_is_none_is_malformed",
            "tests/unit/test_elasticsearch_source_decoding.py::test_any_json_value_anywhere_gives_a_record",
            "tests/unit/test_jaeger_source_decoding.py::test_any_json_value_in_place_of_a_span_or_an_attribute_is_no_crash",
        ),
        (),
        (
            b"[" * 5000 + b"]" * 5000,
            b'{"a":' * 900 + b"1" + b"}" * 900,
            b"9" * 5000,
            b"NaN",
            b"-Infinity",
            b"1e999",
            b'{"a":[1,{"b":null}],"":{}}',
            b'{"a":1,"a":2}',
            b"true",
        ),
    ),
    Row(
        13,
        "times that are none",
        "OSError, ValueError and OverflowError for 1e18, NaN and Inf",
        "the row stays, and says that it has no time",
        (
            KEPT,
            "tests/unit/test_source_moments.py::test_any_text_is_a_moment_or_none",
            "tests/unit/test_elasticsearch_source_decoding.py::test_a_line_with_an_impossible_time_is_kept_without_one",
        ),
        ("9999999-01-01T00:00:00Z", "2026-99-99T99:99:99Z", "yesterday"),
        (b'"yesterday"', b"1e18", b"NaN", b"1e999", b"true", b'"9999999-01-01T00:00:00Z"', b"{}", b"null"),
    ),
    Row(
        14,
        "a small body that unpacks into a huge one",
        "urllib3 CVE-2026-21441 and CVE-2026-44432, GHSA-5x59-6wvc-88hg",
        "decoded bytes are counted as they come, 32 MB at most",
        (
            "tests/unit/test_wire.py::test_a_gzip_bomb_is_refused_at_the_cap",
            "tests/unit/test_wire.py::test_a_gzip_bomb_is_not_even_held_for_a_moment",
        ),
    ),
    Row(
        15,
        "an answer that drips",
        "a read time-out counts from byte to byte",
        "a deadline on the wall clock",
        ("tests/unit/test_wire.py::test_a_server_that_drips_runs_into_the_wall_deadline",),
    ),
    Row(
        16,
        "a redirect to another host",
        "X-Api-Key and Cookie sent again; urllib3 CVE-2026-44431, aiohttp GHSA-966j-vmvw-g2g9",
        "no redirect is followed",
        ("tests/unit/test_wire.py::test_a_redirect_is_not_followed_and_says_where_it_points_without_its_secrets",),
    ),
    Row(
        17,
        "queries in labels and names",
        "litellm#27013, netobserv#57, grafana#114668",
        "a quoter for each language; JSON terms for Elasticsearch",
        (
            "tests/unit/test_panel_template.py::test_a_value_can_not_leave_its_string",
            "tests/unit/test_panel_template.py::test_any_text_survives_being_quoted",
            "tests/unit/test_elasticsearch_clauses.py::test_no_value_and_no_name_gets_into_a_query_language",
            "tests/unit/test_hostile_queries.py::test_a_hostile_label_stays_one_string_of_the_query",
        ),
        (
            '"} or vector(1) or up{a="',
            "x' | json | line_format '{{.}}",
            "* OR _exists_:password",
            'a"b\\c\n`d`',
            "{{__name__}} $service 😀",
        ),
    ),
    Row(
        18,
        "programs in a kubeconfig, objects in YAML",
        "kubectl#697, fabric8#7965, KEP-3104, CVE-2017-18342",
        "an allow-list by path; no tag, alias or anchor is read",
        (
            "tests/unit/test_kubernetes_source_credential_plugins.py::test_a_program_that_nobody_allowed_is_named_and_never_run",
            "tests/unit/test_hostile_runbooks.py::test_a_billion_laughs_is_refused_at_the_first_one",
            "tests/unit/test_hostile_runbooks.py::test_an_object_of_yaml_is_refused_and_not_made",
        ),
        ("!!python/object/apply:os.system ['reboot']", "!!python/name:os.system", "&a [*a, *a]", "<<: *a"),
    ),
    Row(
        19,
        "exports that leave their folder",
        "kubectl cp CVE-2019-1002101, -11246, -11249, -11251",
        "names of the console's own making; a new file, no link followed, mode 0600",
        (
            "tests/unit/test_hostile_files.py::test_no_name_leads_out_of_the_folder",
            "tests/unit/test_hostile_files.py::test_a_new_file_is_new_its_owners_and_no_link",
            "tests/unit/test_cli_incident_export.py::test_nothing_that_is_there_is_written_over",
        ),
        (
            "../../etc/cron.d/x",
            "/etc/passwd",
            "..",
            ".",
            "a/../../b",
            "a\x00b",
            "nul\n.md",
            "~/.ssh/config",
            "x" * 5000,
        ),
    ),
    Row(
        20,
        "cells that a spreadsheet reckons with",
        "Kibana's escapeFormulaValues",
        "no cell begins with one",
        ("tests/unit/test_markdown_text.py::test_a_cell_begins_with_no_formula",),
        ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"),
    ),
    Row(
        21,
        "a shell in a value",
        "Rundeck#1762, #10003, #10293, #10490",
        "no shell: whole arguments, each of a type",
        (
            "tests/unit/test_operations_programs.py::test_no_shell_reads_the_arguments",
            "tests/unit/test_hostile_runbooks.py::test_no_shell_character_is_a_value",
            "tests/unit/test_hostile_runbooks.py::test_a_choice_is_one_of_those_that_the_author_wrote",
        ),
        (
            "; reboot",
            "$(reboot)",
            "`reboot`",
            "a && b",
            "a | b",
            "> /etc/passwd",
            "a\nb",
            "--all",
            "-rf",
            "*",
            "~",
            "$HOME",
        ),
    ),
    Row(
        22,
        "names with a newline or a dash in front",
        "CVE-2024-32487 less",
        "no value is read as a flag; names are checked",
        (
            "tests/unit/test_walked_acts.py::test_no_input_becomes_a_flag",
            "tests/unit/test_wire_policy.py::test_no_permit_straightens_a_twisted_path",
        ),
        ("-n", "--kubeconfig=/tmp/x", "a\nb", "-", "pod\n--all"),
    ),
)

PLAIN = ("用户登录成功 ｆｕｌｌ 👩‍👩‍👧 ❤️", "", " ")
"""What is no attack at all, and has to come through."""
