/* exchange settle: an approver closes an exchange alone. */
#include "tests/cli/fake_node.h"

#define ID "00112233445566778899aabbccddeeff"

static enum sym_err a_core(struct fake_call *call)
{
    const struct sym_exchange_name *asked = call->arguments;
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1] = "";
    if (call->verb == SYM_VERB_EXCHANGE_SETTLE) {
        sym_hex(id, asked->id.data, SYM_EXCHANGE_ID_BYTES);
        fake_note(call->node, id);
    }
    return SYM_OK;
}

static enum sym_err is_not_open(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "exchange: is not open");
    return SYM_NOT_FOUND;
}

static void settles_the_exchange_of_this_id(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, a_core);
    run(&r, "exchange|settle|" ID);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "it is settled without the other side's word");
    fake_notes(asked, *state);
    assert_string_equal(asked, "EXCHANGE_SETTLE\n" ID "\n");
}

static void says_that_an_exchange_is_not_open(void **state)
{
    static struct run r;
    fake_node_start(*state, is_not_open);
    run(&r, "exchange|settle|" ID);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: 001122334455: is not open\n");
    assert_string_equal(r.out, "");
}

static void refuses_ids_that_cannot_be(void **state)
{
    static struct run r;
    static const char *const refused[] = {"exchange|settle", "exchange|settle|xyz",
                                          "exchange|settle|" ID "|" ID, "exchange|settle|" ID "00"};
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        run(&r, refused[i]);
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_string_equal(r.out, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(settles_the_exchange_of_this_id),
        WITH_NODE(says_that_an_exchange_is_not_open),
        WITH_NODE(refuses_ids_that_cannot_be),
    };
    return cmocka_run_group_tests_name("settle", tests, fake_node_start_tests, NULL);
}
