# Gate: what its tests must catch. Each: what is broken, the test that must fail, and edits of (file, text,
# replacement).
MUTANTS = [
    (
        "strangers write ten lines a second for ever",
        "node/test_gate_lines:an_hour_of_refusals_leaves_a_burst_and_some_lines",
        ("node/gate/line_budget.c", "b->full_ms = from_ms + SYM_LINES_EACH_MS;", "b->full_ms = from_ms;"),
    ),
    (
        "during a flood nothing counts what is left out",
        "node/test_gate_lines:an_hour_of_refusals_leaves_a_burst_and_some_lines",
        ("node/gate/refusals.c", "if (r->budget.left_out > 0 || r->lines", "if (r->lines"),
    ),
    (
        "a partner that reconnects writes lines for ever",
        "node/test_gate_life:a_partner_that_connects_again_and_again_leaves_few_lines_in_the_log",
        ("node/gate/pairing.c", "    if (!may) {", "    if (!may && l == NULL) {"),
    ),
    (
        "what counts the lines that were left out costs nothing",
        "node/test_gate_lines:an_hour_of_events_leaves_a_burst_and_two_lines_a_minute",
        ("node/gate/line_budget.c", "    if (b->left_out == 0 && sym_line_budget_take(b, now_ms)) {\n        return true;", "    if (left_out[0] != '\\0' || sym_line_budget_take(b, now_ms)) {\n        return true;"),
    ),
]
