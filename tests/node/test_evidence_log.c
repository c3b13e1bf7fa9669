#include "node/evidence/log.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

static struct sym_entry_body note_of(char text[32], unsigned i)
{
    (void)snprintf(text, 32, "entry %u", i);
    return (struct sym_entry_body){.event = sym_span_text("tested"), .detail = sym_span_text(text)};
}

static void add(struct room *s, unsigned i)
{
    char text[32];
    const struct sym_entry_body body = note_of(text, i);
    const struct sym_entry entry = {.kind = SYM_ENTRY_SETTING, .body = &body};
    assert_int_equal(sym_log_add(room_log(s), &entry), SYM_OK);
}

static void keeps_entries_over_a_restart_and_signs_each_head(void **state)
{
    struct room *s = *state;
    for (unsigned i = 0; i < 520; i++) {
        add(s, i);
        const struct sym_head *h = sym_log_head(s->log);
        assert_int_equal(h->size, i + 1);
        assert_int_equal(h->signed_size, i + 1);
        if (i % 37 == 0 || i > 510) {
            uint8_t root[SYM_HASH_BYTES];
            memcpy(root, h->root, sizeof root);
            room_reopen(s);
            assert_memory_equal(sym_log_head(room_log(s))->root, root, sizeof root);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_entries_over_a_restart_and_signs_each_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
