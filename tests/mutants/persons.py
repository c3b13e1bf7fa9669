# Keys of persons: what must show when a key is made of other facts, or of none.
# Each: what is broken, the test that must fail, and edits of (file, text, replacement).
PERSON = "cli/ingest/person.c"

MUTANTS = [
    (
        "day and month are not put in order",
        "cli/test_person:mistakes_change_the_keys_that_hold_them_alone",
        (PERSON, "bool ordered = born.month <= born.day;", "bool ordered = true;"),
    ),
    (
        "given name and surname are not put in order",
        "cli/test_person:mistakes_change_the_keys_that_hold_them_alone",
        (PERSON, "bool ordered = strcmp(a, b) <= 0;", "bool ordered = true;"),
    ),
    (
        "a key is made without one of its facts",
        "cli/test_person:a_key_that_lacks_a_fact_is_not_made",
        (PERSON, "if (a[0] != '\\0' && b[0] != '\\0' && (c == NULL || c[0] != '\\0')) {",
         "if (a[0] != '\\0') {"),
    ),
    (
        "the third fact of a key is left out",
        "cli/test_person:each_key_is_made_of_its_facts",
        (PERSON, "m.surname, m.postcode, m.year", "m.surname, m.postcode, NULL"),
    ),
    (
        "titles count as names",
        "cli/test_person:names_are_read_as_people_write_them",
        (PERSON, "        if (!is_title(w->at[i])) {", "        if (true) {"),
    ),
    (
        "nicknames are names of their own",
        "cli/test_person:mistakes_change_the_keys_that_hold_them_alone",
        (PERSON, "sym_nicknames_find(m->canon->rules.nicknames, sym_span_text(to))",
         "sym_span_text(to)"),
    ),
    (
        "what stands before a comma is the given name",
        "cli/test_person:names_are_read_as_people_write_them",
        (PERSON, "*surname = sym_span(name.data, before);\n        *given = sym_span(comma + 1, name.len - before - 1);",
         "*given = sym_span(name.data, before);\n        *surname = sym_span(comma + 1, name.len - before - 1);"),
    ),
    (
        "99999 is a postcode",
        "cli/test_person:refuses_postcodes_that_are_none",
        (PERSON, "return code[same] == '\\0' || code[strspn(code, \"9\")] == '\\0';",
         "return code[same] == '\\0';"),
    ),
    (
        "a postcode needs no digit",
        "cli/test_person:refuses_postcodes_that_are_none",
        (PERSON, 'strpbrk(code, "0123456789") == NULL || len', "len"),
    ),
    (
        "a short list is believed as a long one is",
        "cli/test_false_matches:a_short_list_takes_the_table",
        ("cli/false_matches.c", "((double)shared / 2 + fixed * PAIRS_TO_BELIEVE) / (pairs + PAIRS_TO_BELIEVE)",
         "(double)shared / 2 / (pairs > 0 ? pairs : fixed)"),
    ),
    (
        "two keys are expected as one is",
        "cli/test_false_matches:two_keys_make_fewer",
        ("cli/false_matches.c", "if (e->rule == SYM_RULE_TWO) {", "if (false) {"),
    ),
]
