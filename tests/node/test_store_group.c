/* Watches of the store, walks that begin in the middle, and writes that share one commit. */
#include "node/store/group.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

/* Watches ------------------------------------------------------------------------------------
 */

struct spy {
    struct sym_store_watch watch;
    char letter;
    char *heard; /* shared: a letter for each seal, in capitals for a commit, ! for a failure */
    enum sym_err answer;
    bool writes;
    struct room *room;
};

static void say(struct spy *s, char c)
{
    size_t len = strlen(s->heard);
    s->heard[len] = c;
    s->heard[len + 1] = '\0';
}

static enum sym_err seal(struct sym_transaction *t, void *owner)
{
    struct spy *s = owner;
    say(s, s->letter);
    return s->answer == SYM_OK && s->writes
               ? sym_store_put(t, SYM_TABLE_USERS, sym_span_text("sealed"), sym_span_text("x"))
               : s->answer;
}

static void done(void *owner, bool committed)
{
    struct spy *s = owner;
    say(s, committed ? (char)(s->letter - 'a' + 'A') : '!');
    assert_int_not_equal(room_has(s->room, SYM_TABLE_USERS, "anything"), SYM_WRONG_STATE);
}

static void spy_on(struct spy *s, struct room *room, char letter, char *heard)
{
    *s = (struct spy){.letter = letter, .heard = heard, .room = room};
    s->watch = (struct sym_store_watch){.seal = seal, .done = done, .owner = s};
    sym_store_watch(room->store, &s->watch);
}

static enum sym_err fail_with(struct sym_transaction *t, void *context)
{
    (void)t;
    return *(const enum sym_err *)context;
}

static void watches_are_sealed_the_last_first_and_hear_of_the_commit(void **state)
{
    struct room *s = *state;
    char heard[64] = "";
    struct spy a;
    struct spy b;
    spy_on(&a, s, 'a', heard);
    spy_on(&b, s, 'b', heard);
    b.writes = true;
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "x", "y"), SYM_OK);
    assert_string_equal(heard, "baBA");
    assert_int_equal(room_has(s, SYM_TABLE_USERS, "sealed"), SYM_OK);
    sym_store_unwatch(s->store, &b.watch);
    sym_store_unwatch(s->store, &b.watch);
    heard[0] = '\0';
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "x", "y"), SYM_OK);
    assert_string_equal(heard, "aA");
}

static void a_seal_that_fails_gives_the_transaction_up(void **state)
{
    struct room *s = *state;
    char heard[64] = "";
    struct spy a;
    struct spy b;
    spy_on(&a, s, 'a', heard);
    spy_on(&b, s, 'b', heard);
    a.answer = SYM_DENIED;
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "x", "y"), SYM_DENIED);
    assert_string_equal(heard, "ba!!");
    assert_int_equal(room_has(s, SYM_TABLE_USERS, "x"), SYM_NOT_FOUND);
}

static void watches_hear_when_a_function_fails_and_are_not_sealed(void **state)
{
    struct room *s = *state;
    char heard[64] = "";
    struct spy a;
    enum sym_err err = SYM_EXISTS;
    spy_on(&a, s, 'a', heard);
    assert_int_equal(sym_store_write(s->store, fail_with, &err), SYM_EXISTS);
    assert_string_equal(heard, "!");
    room_fill_disk(true);
    assert_int_not_equal(room_put(s, SYM_TABLE_USERS, "x", "y"), SYM_OK);
    room_fill_disk(false);
    assert_string_equal(heard, "!a!");
    assert_int_equal(room_has(s, SYM_TABLE_USERS, "x"), SYM_NOT_FOUND);
}

static enum sym_err put_much(struct sym_transaction *t, void *context)
{
    static uint8_t value[1 << 20];
    unsigned *runs = context;
    (*runs)++;
    for (uint8_t i = 0; i < 40; i++) {
        enum sym_err err =
            sym_store_put(t, SYM_TABLE_USERS, sym_span(&i, 1), sym_span(value, sizeof value));
        if (err != SYM_OK) {
            return err;
        }
    }
    return SYM_OK;
}

static void each_run_of_a_function_ends_with_a_word(void **state)
{
    struct room *s = *state;
    char heard[64] = "";
    struct spy a;
    unsigned runs = 0;
    spy_on(&a, s, 'a', heard);
    assert_int_equal(sym_store_write(s->store, put_much, &runs), SYM_OK);
    assert_true(runs > 1);
    size_t len = strlen(heard);
    assert_int_equal(len, runs - 1 + 2);
    assert_string_equal(heard + len - 2, "aA");
    assert_int_equal(strspn(heard, "!"), runs - 1);
}

/* Walks --------------------------------------------------------------------------------------
 */

struct walk {
    const char *from;
    char met[64];
};

static enum sym_err meet(void *context, struct sym_span key, struct sym_span value)
{
    struct walk *w = context;
    size_t len = strlen(w->met);
    (void)snprintf(w->met + len, sizeof w->met - len, "%.*s=%.*s ", (int)key.len,
                   (const char *)key.data, (int)value.len, (const char *)value.data);
    return SYM_OK;
}

static enum sym_err walk(struct sym_transaction *t, void *context)
{
    struct walk *w = context;
    return sym_store_each_from(t, SYM_TABLE_USERS, sym_span_text(w->from), meet, w);
}

static void a_walk_begins_where_it_is_told(void **state)
{
    struct room *s = *state;
    static const char *const expected[][2] = {
        {"", "b=1 d=2 f=3 "}, {"b", "b=1 d=2 f=3 "}, {"c", "d=2 f=3 "}, {"f", "f=3 "}, {"g", ""}};
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "d", "2"), SYM_OK);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "b", "1"), SYM_OK);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "f", "3"), SYM_OK);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct walk w = {.from = expected[i][0]};
        assert_int_equal(sym_store_read(s->store, walk, &w), SYM_OK);
        assert_string_equal(w.met, expected[i][1]);
    }
}

struct reading {
    const char *key;
    uint8_t out[16];
    size_t max;
    size_t len;
};

static enum sym_err read_into(struct sym_transaction *t, void *context)
{
    struct reading *r = context;
    return sym_store_get_into(t, SYM_TABLE_USERS, sym_span_text(r->key), NULL, r->out, r->max,
                              &r->len);
}

static void reads_into_the_memory_of_the_caller_and_not_beyond_it(void **state)
{
    struct room *s = *state;
    struct reading r = {.key = "a", .max = 5};
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "a", "12345"), SYM_OK);
    assert_int_equal(sym_store_read(s->store, read_into, &r), SYM_OK);
    assert_int_equal(r.len, 5);
    assert_memory_equal(r.out, "12345", 5);
    r.max = 4;
    assert_int_equal(sym_store_read(s->store, read_into, &r), SYM_TOO_LONG);
    r.key = "b";
    assert_int_equal(sym_store_read(s->store, read_into, &r), SYM_NOT_FOUND);
}

/* Groups -------------------------------------------------------------------------------------
 */

struct job {
    struct room *room;
    struct sym_group *group;
    char key[4];
    enum sym_err answer;
    enum sym_err err;
    unsigned runs;
    unsigned dones;
    struct job *then; /* asked for when this one is done */
};

static enum sym_err work(struct sym_transaction *t, void *context)
{
    struct job *j = context;
    j->runs++;
    enum sym_err err = sym_store_put(t, SYM_TABLE_USERS, sym_span_text(j->key), sym_span_text("x"));
    return err == SYM_OK ? j->answer : err;
}

static void finish(void *context, enum sym_err err)
{
    struct job *j = context;
    j->dones++;
    j->err = err;
    assert_int_equal(room_has(j->room, SYM_TABLE_USERS, j->key),
                     err == SYM_OK ? SYM_OK : SYM_NOT_FOUND);
    if (j->then != NULL) {
        assert_int_equal(sym_group_write(j->group, work, j->then, finish), SYM_OK);
        assert_int_equal(j->then->dones, 0);
    }
}

struct crowd {
    struct sym_loop *loop;
    struct sym_group *group;
    struct job jobs[40];
    char heard[256];
    struct spy spy;
};

static void crowd_open(struct crowd *c, struct room *s, size_t n)
{
    memset(c, 0, sizeof *c);
    assert_int_equal(sym_loop_new(&c->loop), SYM_OK);
    assert_int_equal(sym_group_new(&c->group, c->loop, s->store), SYM_OK);
    spy_on(&c->spy, s, 'a', c->heard);
    for (size_t i = 0; i < n; i++) {
        c->jobs[i] = (struct job){.room = s, .group = c->group};
        (void)snprintf(c->jobs[i].key, sizeof c->jobs[i].key, "%u", (unsigned)i);
        assert_int_equal(sym_group_write(c->group, work, &c->jobs[i], finish), SYM_OK);
        assert_int_equal(c->jobs[i].dones, 0);
    }
}

static void crowd_close(struct crowd *c, struct room *s)
{
    sym_group_free(c->group);
    sym_store_unwatch(s->store, &c->spy.watch);
    sym_loop_free(c->loop);
}

static void stop(void *owner)
{
    sym_loop_stop(owner);
}

static void run_for(struct crowd *c, uint64_t ms)
{
    struct sym_timer *timer = NULL;
    assert_int_equal(sym_loop_timer(c->loop, &timer, ms, stop, c->loop), SYM_OK);
    assert_int_equal(sym_loop_run(c->loop), SYM_OK);
    sym_timer_remove(&timer);
}

static void writes_of_one_turn_share_one_commit(void **state)
{
    struct crowd c;
    crowd_open(&c, *state, 40);
    assert_string_equal(c.heard, "");
    run_for(&c, 20);
    assert_string_equal(c.heard, "aA");
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(c.jobs[i].dones, 1);
        assert_int_equal(c.jobs[i].err, SYM_OK);
    }
    crowd_close(&c, *state);
    assert_string_equal(c.heard, "aA");
}

static void one_that_fails_is_left_out_and_hears_why(void **state)
{
    struct crowd c;
    crowd_open(&c, *state, 5);
    c.jobs[1].answer = SYM_DENIED;
    c.jobs[3].answer = SYM_EXISTS;
    sym_group_flush(c.group);
    assert_string_equal(c.heard, "!!aA");
    assert_int_equal(c.jobs[0].err, SYM_OK);
    assert_int_equal(c.jobs[1].err, SYM_DENIED);
    assert_int_equal(c.jobs[2].err, SYM_OK);
    assert_int_equal(c.jobs[3].err, SYM_EXISTS);
    assert_int_equal(c.jobs[4].err, SYM_OK);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(c.jobs[i].dones, 1);
    }
    crowd_close(&c, *state);
}

static void all_hear_when_the_commit_fails(void **state)
{
    struct crowd c;
    crowd_open(&c, *state, 5);
    c.jobs[2].answer = SYM_DENIED;
    room_fill_disk(true);
    sym_group_flush(c.group);
    room_fill_disk(false);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(c.jobs[i].dones, 1);
        assert_int_not_equal(c.jobs[i].err, SYM_OK);
    }
    assert_int_equal(c.jobs[2].err, SYM_DENIED);
    crowd_close(&c, *state);
}

static void what_is_asked_for_when_one_is_done_comes_next(void **state)
{
    struct crowd c;
    struct job more = {.key = "m"};
    crowd_open(&c, *state, 2);
    more.room = *state;
    c.jobs[0].then = &more;
    run_for(&c, 20);
    assert_int_equal(more.dones, 1);
    assert_int_equal(more.err, SYM_OK);
    assert_string_equal(c.heard, "aAaA");
    crowd_close(&c, *state);
}

static void freeing_does_first_what_waits(void **state)
{
    struct crowd c;
    crowd_open(&c, *state, 3);
    crowd_close(&c, *state);
    assert_int_equal(c.jobs[2].dones, 1);
    assert_int_equal(c.jobs[2].err, SYM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(watches_are_sealed_the_last_first_and_hear_of_the_commit),
        TEST(a_seal_that_fails_gives_the_transaction_up),
        TEST(watches_hear_when_a_function_fails_and_are_not_sealed),
        TEST(each_run_of_a_function_ends_with_a_word),
        TEST(a_walk_begins_where_it_is_told),
        TEST(reads_into_the_memory_of_the_caller_and_not_beyond_it),
        TEST(writes_of_one_turn_share_one_commit),
        TEST(one_that_fails_is_left_out_and_hears_why),
        TEST(all_hear_when_the_commit_fails),
        TEST(what_is_asked_for_when_one_is_done_comes_next),
        TEST(freeing_does_first_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
