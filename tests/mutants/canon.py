# Canonical forms: what would make one of two identifiers, or two of one.
# Each: what is broken, the test that must fail, and edits of (file, text, replacement).
TEXT = "cli/ingest/canon_text.c"

MUTANTS = [
    (
        "a number that a spreadsheet has rounded is an identifier",
        "cli/test_canon_document:refuses_numbers_that_stand_for_those_of_many",
        ("cli/ingest/canon.c", "if (sym_canon_is_rounded(run->value)) {", "if (false) {"),
    ),
    (
        "a reference with a power in it is taken for a rounded number",
        "cli/test_canon_payment:refuses_numbers_that_a_spreadsheet_has_rounded",
        (TEXT, "sym_to_lower(value.data[0]) != 'e' || value.data[1] != '+'", "sym_to_lower(value.data[0]) != 'e'"),
    ),
    (
        "a document that nobody knows is one",
        "cli/test_canon_document:refuses_numbers_that_stand_for_those_of_many",
        ("cli/ingest/canon_document.c", "if (sym_canon_is_no_number(sym_compact_span(number))) {", "if (false) {"),
    ),
    (
        "payments without a reference have the same",
        "cli/test_canon_payment:refuses_what_stands_for_no_reference",
        ("cli/ingest/canon_payment.c", "if (sym_canon_is_no_number(sym_span(bare, n))) {", "if (false) {"),
    ),
    (
        "banks that were not given are one",
        "cli/test_canon_account:refuses_what_is_no_bic",
        ("cli/ingest/canon_bic.c", "if (sym_canon_is_no_number(sym_compact_span(&bic))) {", "if (false) {"),
    ),
    (
        "a word behind a telephone number is dialled",
        "cli/test_canon_phone:refuses_numbers_with_a_word_behind_them",
        ("cli/ingest/canon_phone.c", "else if (result != SYM_PHONE_OK) {", "else if (result != SYM_PHONE_OK && result != SYM_PHONE_WORDS) {"),
    ),
    (
        "an extension is dropped without a word",
        "cli/test_canon_phone:remarks_on_an_extension",
        ("cli/ingest/canon_phone.c", "if (extension && run->remark == NULL) {", "if (false) {"),
    ),
    (
        "Swedes a hundred years apart are one",
        "cli/test_canon_document:a_swedish_number_has_its_century",
        ("cli/ingest/canon_document.c", "century -= memchr(run->value.data, '+', run->value.len) != NULL ? 1 : 0;", ""),
    ),
    (
        "a company has the century of a person",
        "cli/test_canon_document:a_swedish_number_has_its_century",
        ("cli/ingest/canon_document.c", "year == 0 ||\n        number->text[2] > '1'", "year == 0"),
    ),
    (
        "a French number without its key is another",
        "cli/test_canon_document:a_french_number_has_its_key",
        ("cli/ingest/canon_document.c", "    number->len = 15;\n", ""),
    ),
    (
        "a date with a midnight behind it is none",
        "cli/test_canon_name:a_date_may_have_a_midnight_behind_it",
        ("cli/ingest/canon_name.c", "sym_date_without_midnight(run->part)", "run->part"),
    ),
    (
        "what stands behind a date does not matter",
        "cli/test_when:refuses_what_is_no_date",
        ("cli/ingest/when.c", "(text.data[10] == 'T' || text.data[10] == ' ') &&\n        is_time(sym_span(text.data + 11, text.len - 11))", "(text.data[10] == 'T' || text.data[10] == ' ')"),
    ),
    (
        "an accent in place of an apostrophe cuts a name in two",
        "cli/test_canon_name:apostrophes_join_in_all_their_forms",
        ("cli/ingest/unicode.c", "[[:Sk:]-[:ASCII:]] Remove; ", ""),
    ),
    (
        "a name with a no-break space in it is one word",
        "cli/test_person:names_are_read_as_people_write_them",
        ("cli/ingest/person.c", "== SYM_OK ? tidied : given;", "== SYM_OK ? given : tidied;"),
    ),
    (
        "an id is another when its accents are written otherwise",
        "cli/test_import_incidents:an_id_is_one_however_its_accents_are_written",
        ("cli/ingest/batch.c", "sym_unicode_compose(&w, id) : SYM_BAD_FORMAT;", "(sym_write_span(&w, id), SYM_OK) : SYM_BAD_FORMAT;"),
    ),
    (
        "a record is forgotten by the accents that were typed alone",
        "cli/test_dataset:forgets_a_record_however_its_accents_are_typed",
        ("cli/forget_run.c", "wish.record = sym_span(composed, w.len);", "(void)composed;"),
    ),
    (
        "a record of an older import cannot be forgotten",
        "cli/test_dataset:forgets_a_record_of_an_older_import",
        ("cli/forget_run.c", "err == SYM_NOT_FOUND && !sym_span_equal(wish.record, typed)", "false"),
    ),
    (
        "spaces leave a reference whose check digits do not match",
        "cli/test_canon_payment:a_creditor_reference_has_no_spaces",
        ("cli/ingest/canon_payment.c", "is_one && sym_mod97(joined, n) == 1", "is_one"),
    ),
    (
        "a number with a zero for decimals is ten times itself",
        "cli/test_canon_document:refuses_numbers_with_a_zero_for_decimals",
        ("cli/ingest/canon.c", "return !sym_canon_has_decimal(run->value)", "return true"),
    ),
    (
        "a user name of digits is a number",
        "cli/test_canon_url:a_handle_is_platform_and_name",
        ("cli/ingest/canon.c", "if (run->type == SYM_TOKEN_HANDLE) {", "if (false) {"),
    ),
    (
        "half a name is a name",
        "cli/test_profile:optional_columns_may_be_missing",
        ("cli/ingest/profile_bind.c", "place == SYM_BOUND_NONE || !all || lacks_second", "place == SYM_BOUND_NONE || lacks_second"),
    ),
    (
        "a name of one word is as good as another",
        "cli/test_canon_name:remarks_on_a_name_of_one_word",
        ("cli/ingest/canon_name.c", "if (words.n == 1) {", "if (false) {"),
    ),
    (
        "a number without its zeros is another, without a word",
        "cli/test_canon_document:remarks_on_a_number_that_lost_its_zeros",
        ("cli/ingest/canon_document.c", "check == SYM_ID_UNCHECKED && sym_id_lacks_zeros", "false && sym_id_lacks_zeros"),
    ),
]
