/* Secrets: guarded, wiped when freed, and never left half-made. */
#include "crypto/secret.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const uint8_t zeros[64];

static void a_new_secret_is_all_zero(void **state)
{
    (void)state;
    SYM_SECRET_AUTO s = {0};
    assert_int_equal(sym_secret_new(&s, sizeof zeros), SYM_OK);
    assert_int_equal(s.len, sizeof zeros);
    assert_memory_equal(s.data, zeros, sizeof zeros);
}

static void random_secrets_differ(void **state)
{
    (void)state;
    SYM_SECRET_AUTO a = {0};
    SYM_SECRET_AUTO b = {0};
    assert_int_equal(sym_secret_random(&a, 32), SYM_OK);
    assert_int_equal(sym_secret_random(&b, 32), SYM_OK);
    assert_false(sym_span_equal(sym_secret_span(&a), sym_secret_span(&b)));
    assert_memory_not_equal(a.data, zeros, 32);
}

static void a_copy_holds_the_same_bytes_elsewhere(void **state)
{
    (void)state;
    SYM_SECRET_AUTO s = {0};
    struct sym_span from = sym_span_text("passphrase");
    assert_int_equal(sym_secret_copy(&s, from), SYM_OK);
    assert_true(sym_span_equal(sym_secret_span(&s), from));
    assert_ptr_not_equal(s.data, from.data);
}

static void a_cleared_secret_is_empty_and_clears_again(void **state)
{
    (void)state;
    struct sym_secret s = {0};
    sym_secret_clear(&s);
    assert_int_equal(sym_secret_new(&s, 32), SYM_OK);
    sym_secret_clear(&s);
    assert_null(s.data);
    assert_int_equal(s.len, 0);
    assert_int_equal(sym_secret_span(&s).len, 0);
    sym_secret_clear(&s);
}

static void a_secret_ends_with_its_scope(void **state)
{
    (void)state;
    const uint8_t *was = NULL;
    {
        SYM_SECRET_AUTO s = {0};
        assert_int_equal(sym_secret_random(&s, 32), SYM_OK);
        was = s.data;
    }
    unsigned char resident = 0;
    uintptr_t page = (uintptr_t)was & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    assert_int_not_equal(mincore((void *)page, 1, &resident), 0); /* no longer mapped */
}

static void refuses_a_secret_beyond_all_memory_and_leaves_it_empty(void **state)
{
    (void)state;
    struct sym_secret s = {0};
    assert_int_equal(sym_secret_new(&s, SIZE_MAX), SYM_NO_MEMORY);
    assert_int_equal(sym_secret_random(&s, SIZE_MAX - 4096), SYM_NO_MEMORY);
    assert_int_equal(sym_secret_copy(&s, sym_span(zeros, SIZE_MAX / 2)), SYM_NO_MEMORY);
    assert_null(s.data);
    assert_int_equal(s.len, 0);
}

/* The signal that ends a child which does what touch says to a fresh 32-byte secret; 0 for none.
 * Handlers of cmocka and of sanitizers are put aside, so that the kernel's verdict shows. */
static int signal_after(void (*touch)(struct sym_secret *))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)signal(SIGSEGV, SIG_DFL);
        (void)signal(SIGBUS, SIG_DFL);
        struct sym_secret s = {0};
        if (sym_secret_new(&s, 32) != SYM_OK) {
            _exit(2);
        }
        touch(&s);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
        return WTERMSIG(status);
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    return 0;
}

/* The value is kept, or valgrind would leave out the load. */
static void read_byte(const uint8_t *at)
{
    volatile uint8_t got = *(const volatile uint8_t *)at;
    (void)got;
}

static void read_last(struct sym_secret *s)
{
    read_byte(s->data + s->len - 1);
}

static void read_past(struct sym_secret *s)
{
    read_byte(s->data + s->len);
}

static void write_past(struct sym_secret *s)
{
    *(volatile uint8_t *)(s->data + s->len) = 1;
}

static void read_page_before(struct sym_secret *s)
{
    read_byte(s->data - sysconf(_SC_PAGESIZE));
}

static void read_after_clear(struct sym_secret *s)
{
    const uint8_t *was = s->data;
    sym_secret_clear(s);
    read_byte(was);
}

static void write_just_before_and_clear(struct sym_secret *s)
{
    *(volatile uint8_t *)(s->data - 1) ^= 1;
    sym_secret_clear(s);
}

static void make_another_without_lockable_memory(struct sym_secret *s)
{
    const struct rlimit none = {0, 0};
    struct sym_secret another = {0};
    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || sym_secret_new(&another, 4 * s->len) != SYM_OK) {
        _exit(2);
    }
    read_past(&another);
}

static void is_still_guarded_where_no_memory_can_be_locked(void **state)
{
    (void)state;
    assert_int_equal(signal_after(make_another_without_lockable_memory), SIGSEGV);
}

static void the_last_byte_may_be_read(void **state)
{
    (void)state;
    assert_int_equal(signal_after(read_last), 0);
}

static void refuses_a_read_one_byte_past_the_end(void **state)
{
    (void)state;
    assert_int_equal(signal_after(read_past), SIGSEGV);
}

static void refuses_a_write_one_byte_past_the_end(void **state)
{
    (void)state;
    assert_int_equal(signal_after(write_past), SIGSEGV);
}

static void refuses_a_read_in_the_page_before(void **state)
{
    (void)state;
    assert_int_equal(signal_after(read_page_before), SIGSEGV);
}

static void refuses_a_read_after_clearing(void **state)
{
    (void)state;
    assert_int_equal(signal_after(read_after_clear), SIGSEGV);
}

static void notices_an_underflow_when_cleared(void **state)
{
    (void)state;
    assert_int_not_equal(signal_after(write_just_before_and_clear), 0);
}

static void is_wiped_before_its_memory_is_given_back(void **state)
{
    (void)state;
    /* libsodium unmaps the region, so the bytes are looked at through a second mapping of it. */
    struct sym_secret s = {0};
    assert_int_equal(sym_secret_random(&s, 4096), SYM_OK);
    int memory = memfd_create("secret", MFD_CLOEXEC);
    assert_true(memory >= 0);
    assert_int_equal(write(memory, s.data, s.len), (ssize_t)s.len);
    uint8_t *seen = mmap(NULL, s.len, PROT_READ, MAP_SHARED, memory, 0);
    assert_ptr_not_equal(seen, MAP_FAILED);
    uint8_t *page = s.data;
    assert_int_equal((uintptr_t)page % (uintptr_t)sysconf(_SC_PAGESIZE), 0);
    assert_ptr_equal(mmap(page, s.len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory, 0),
                     page);
    assert_memory_not_equal(seen, zeros, sizeof zeros);
    sym_secret_clear(&s);
    for (size_t i = 0; i < 4096; i++) {
        assert_int_equal(seen[i], 0);
    }
    assert_int_equal(munmap(seen, 4096), 0);
    assert_int_equal(close(memory), 0);
}

static void wipes_exactly_the_bytes_it_is_given(void **state)
{
    (void)state;
    uint8_t data[4] = {1, 2, 3, 4};
    sym_wipe(data + 1, 2);
    assert_memory_equal(data, ((uint8_t[4]){1, 0, 0, 4}), sizeof data);
    sym_wipe(data, 0);
    assert_int_equal(data[0], 1);
}

static void random_fills_exactly_the_bytes_it_is_given(void **state)
{
    (void)state;
    uint8_t data[66] = {0};
    sym_random(data + 1, 64);
    assert_memory_not_equal(data + 1, zeros, 64);
    assert_int_equal(data[0], 0);
    assert_int_equal(data[65], 0);
}

static int start(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_secret_is_all_zero),
        cmocka_unit_test(random_secrets_differ),
        cmocka_unit_test(a_copy_holds_the_same_bytes_elsewhere),
        cmocka_unit_test(a_cleared_secret_is_empty_and_clears_again),
        cmocka_unit_test(a_secret_ends_with_its_scope),
        cmocka_unit_test(refuses_a_secret_beyond_all_memory_and_leaves_it_empty),
        cmocka_unit_test(is_still_guarded_where_no_memory_can_be_locked),
        cmocka_unit_test(the_last_byte_may_be_read),
        cmocka_unit_test(refuses_a_read_one_byte_past_the_end),
        cmocka_unit_test(refuses_a_write_one_byte_past_the_end),
        cmocka_unit_test(refuses_a_read_in_the_page_before),
        cmocka_unit_test(refuses_a_read_after_clearing),
        cmocka_unit_test(notices_an_underflow_when_cleared),
        cmocka_unit_test(is_wiped_before_its_memory_is_given_back),
        cmocka_unit_test(wipes_exactly_the_bytes_it_is_given),
        cmocka_unit_test(random_fills_exactly_the_bytes_it_is_given),
    };
    return cmocka_run_group_tests_name("secret", tests, start, NULL);
}
