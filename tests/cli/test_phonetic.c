#include "cli/ingest/phonetic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void sounds_as_the_known_answers_say(void **state)
{
    (void)state;
    char path[512];
    char line[256];
    unsigned n = 0;
    const char *folder = getenv("SYMBOLON_VECTORS");
    (void)snprintf(path, sizeof path, "%s/phonetic.txt", folder != NULL ? folder : "tests/vectors");
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        char soundex[SYM_SOUNDEX_BYTES];
        char metaphone[SYM_METAPHONE_BYTES];
        char want[2][32];
        char word[64];
        if (line[0] == '#') {
            continue;
        }
        assert_int_equal(sscanf(line, "%63s %31s %31s", word, want[0], want[1]), 3);
        sym_soundex(soundex, sym_span_text(word));
        sym_metaphone(metaphone, sym_span_text(word));
        if (strcmp(soundex, want[0]) != 0 || strcmp(metaphone, want[1]) != 0) {
            fail_msg("%s: %s %s", word, soundex, metaphone);
        }
        n++;
    }
    (void)fclose(f);
    assert_in_range(n, 150, 1000);
}

static void what_is_no_letter_has_no_sound(void **state)
{
    (void)state;
    char soundex[SYM_SOUNDEX_BYTES];
    char metaphone[SYM_METAPHONE_BYTES];
    static const char *const silent[] = {"", "1234", "O'", "-", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        sym_soundex(soundex, sym_span_text(silent[i]));
        sym_metaphone(metaphone, sym_span_text(silent[i]));
        assert_string_equal(soundex, "");
        assert_string_equal(metaphone, "");
    }
    sym_soundex(soundex, sym_span_text("o'br1en"));
    sym_metaphone(metaphone, sym_span_text("o'br1en"));
    assert_string_equal(soundex, "O165");
    assert_string_equal(metaphone, "OBRN");
}

static void long_words_are_cut(void **state)
{
    (void)state;
    char word[1000];
    char soundex[SYM_SOUNDEX_BYTES];
    char metaphone[SYM_METAPHONE_BYTES];
    for (size_t i = 0; i < sizeof word; i++) {
        word[i] = i % 2 == 0 ? 'x' : 'r';
    }
    sym_soundex(soundex, sym_span(word, sizeof word));
    sym_metaphone(metaphone, sym_span(word, sizeof word));
    assert_string_equal(soundex, "X626");
    assert_int_equal(strlen(metaphone), SYM_METAPHONE_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sounds_as_the_known_answers_say),
        cmocka_unit_test(what_is_no_letter_has_no_sound),
        cmocka_unit_test(long_words_are_cut),
    };
    return cmocka_run_group_tests_name("phonetic", tests, NULL, NULL);
}
