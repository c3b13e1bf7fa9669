/* The libraries of both processes at work inside the real sandbox, and what it refuses to start
 * with. The escapes are in tests/attack. Every sandbox is entered in a child. */
#include "node/sandbox.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <nanomsg/nn.h>
#include <nanomsg/pair.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef SYM_SANDBOX_OPEN
static const bool sealed = false;
#else
static const bool sealed = true;
#endif

#define MESSAGE_BYTES (1u << 20)
#define TIMEOUT_MS    5000

static char base[64];
static char data_dir[80];
static char run_dir[80];

static int make_directories(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    (void)snprintf(base, sizeof base, "%.40s/sandbox-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(base) == NULL) {
        return -1;
    }
    (void)snprintf(data_dir, sizeof data_dir, "%s/data", base);
    (void)snprintf(run_dir, sizeof run_dir, "%s/run", base);
    return mkdir(data_dir, 0700) != 0 || mkdir(run_dir, 0700) != 0 ? -1 : 0;
}

static int remove_directories(void **state)
{
    char path[128];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/data.mdb", data_dir);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/lock.mdb", data_dir);
    (void)unlink(path);
    return rmdir(data_dir) != 0 || rmdir(run_dir) != 0 || rmdir(base) != 0 ? -1 : 0;
}

/* What a child did: 0, or the line that went wrong. */
typedef int work_fn(void);

static pid_t start(work_fn *work)
{
    pid_t child = fork();

    if (child == 0) {
        int line = work();
        if (line != 0) {
            (void)fprintf(stderr, "test_sandbox: line %d: %s\n", line, strerror(errno));
        }
        _exit(line == 0 ? 0 : 1);
    }
    return child;
}

static void assert_done(pid_t child)
{
    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return __LINE__;                                                                       \
        }                                                                                          \
    } while (0)

static enum sym_err enter_as(enum sym_sandbox_role role, struct sym_sandbox_state *state,
                             struct sym_fault *fault)
{
    enum sym_err err = sym_sandbox_prepare(state, role, fault);

    return err != SYM_OK ? err : sym_sandbox_enter(state, role, data_dir, run_dir, fault);
}

static int use_store(void)
{
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_dbi table;
    MDB_val key = {1, (void *)(uintptr_t) "k"};
    MDB_val value = {.mv_size = 100000, .mv_data = NULL};

    MUST(mdb_env_create(&env) == 0 && mdb_env_set_mapsize(env, 1u << 20) == 0);
    MUST(mdb_env_open(env, data_dir, 0, 0600) == 0);
    MUST(mdb_env_set_mapsize(env, 1u << 24) == 0);
    MUST(mdb_txn_begin(env, NULL, 0, &txn) == 0 && mdb_dbi_open(txn, NULL, 0, &table) == 0);
    MUST(mdb_put(txn, table, &key, &value, MDB_RESERVE) == 0);
    memset(value.mv_data, 7, value.mv_size);
    MUST(mdb_txn_commit(txn) == 0);
    MUST(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) == 0);
    MUST(mdb_get(txn, table, &key, &value) == 0 && *(uint8_t *)value.mv_data == 7);
    mdb_txn_abort(txn);
    mdb_env_close(env);
    return 0;
}

static int use_cryptography(void)
{
    uint8_t key[32];
    uint8_t out[16];
    unsigned len = 0;
    int part = 0;
    uint8_t digest[EVP_MAX_MD_SIZE];

    uint8_t *secret = sodium_malloc(64);
    MUST(secret != NULL);
    randombytes_buf(secret, 64);
    MUST(sodium_mprotect_readonly(secret) == 0);
    sodium_free(secret);
    randombytes_buf(key, sizeof key);
    MUST(EVP_Digest(key, sizeof key, digest, &len, EVP_sha512(), NULL) == 1 && len == 64);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    MUST(EVP_EncryptInit_ex(c, EVP_chacha20_poly1305(), NULL, key, digest) == 1);
    MUST(EVP_EncryptUpdate(c, out, &part, key, 16) == 1 && part == 16);
    EVP_CIPHER_CTX_free(c);
    return 0;
}

static void *work_in_thread(void *line)
{
    *(int *)line = use_cryptography();
    return NULL;
}

static int use_threads(void)
{
    pthread_t threads[4];
    int lines[4];

    for (size_t i = 0; i < 4; i++) {
        MUST(pthread_create(&threads[i], NULL, work_in_thread, &lines[i]) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        MUST(pthread_join(threads[i], NULL) == 0 && lines[i] == 0);
    }
    return 0;
}

/* A PAIR socket with the limits that a node sets, or -1. */
static int open_pair(void)
{
    int limit = 2 * MESSAGE_BYTES;
    int timeout = TIMEOUT_MS;
    int s = nn_socket(AF_SP, NN_PAIR);

    if (s < 0 || nn_setsockopt(s, NN_SOL_SOCKET, NN_RCVMAXSIZE, &limit, sizeof limit) != 0 ||
        nn_setsockopt(s, NN_SOL_SOCKET, NN_RCVTIMEO, &timeout, sizeof timeout) != 0) {
        return -1;
    }
    return s;
}

static int echo_as_core(void)
{
    struct sym_sandbox_state state;
    char address[128];
    void *message = NULL;

    MUST(enter_as(SYM_SANDBOX_CORE, &state, NULL) == SYM_OK);
    (void)snprintf(address, sizeof address, "ipc://%s/link", run_dir);
    int s = open_pair();
    MUST(s >= 0 && nn_bind(s, address) > 0);
    int len = nn_recv(s, &message, NN_MSG, 0);
    MUST(len == MESSAGE_BYTES);
    MUST(nn_send(s, &message, NN_MSG, 0) == len);
    /* nn_close drops what is not sent yet: wait for gate's last word. */
    len = nn_recv(s, &message, NN_MSG, 0);
    MUST(len == 1 && nn_freemsg(message) == 0);
    MUST(nn_close(s) == 0);
    return 0;
}

static int call_as_gate(void)
{
    static uint8_t message[MESSAGE_BYTES];
    struct sym_sandbox_state state;

    MUST(enter_as(SYM_SANDBOX_GATE, &state, NULL) == SYM_OK);
    int s = open_pair();
    MUST(s >= 0 && nn_connect(s, "ipc://link") > 0);
    MUST(nn_send(s, message, sizeof message, 0) == MESSAGE_BYTES);
    MUST(nn_recv(s, message, sizeof message, 0) == MESSAGE_BYTES);
    MUST(nn_send(s, message, 1, 0) == 1);
    (void)usleep(50000);
    MUST(nn_close(s) == 0);
    return 0;
}

static int work_as_core(void)
{
    struct sym_sandbox_state state;

    MUST(sodium_init() >= 0);
    MUST(enter_as(SYM_SANDBOX_CORE, &state, NULL) == SYM_OK);
    int line = use_store();
    if (line == 0) {
        line = use_cryptography();
    }
    return line != 0 ? line : use_threads();
}

static void core_can_use_its_store_its_cryptography_and_threads(void **state)
{
    (void)state;
    assert_done(start(work_as_core));
}

static void core_and_gate_exchange_a_full_frame_over_nanomsg(void **state)
{
    (void)state;
    pid_t core = start(echo_as_core);
    pid_t gate = start(call_as_gate);
    assert_done(gate);
    assert_done(core);
}

static int check_core_state(void)
{
    struct sym_sandbox_state s;

    MUST(enter_as(SYM_SANDBOX_CORE, &s, NULL) == SYM_OK);
    MUST(s.no_new_privs && s.not_dumpable && s.no_core && s.no_capabilities && !s.own_root);
    MUST(s.seccomp == sealed && s.landlock == (sealed && s.landlock_abi > 0));
    return 0;
}

static int check_gate_state(void)
{
    struct sym_sandbox_state s;

    MUST(enter_as(SYM_SANDBOX_GATE, &s, NULL) == SYM_OK);
    MUST(s.no_new_privs && s.not_dumpable && s.no_core && s.no_capabilities && !s.own_network);
    MUST(s.seccomp == sealed && s.landlock == (sealed && s.landlock_abi > 0));
    return 0;
}

static void the_state_says_what_holds(void **state)
{
    (void)state;
    assert_done(start(check_core_state));
    assert_done(start(check_gate_state));
}

static int enter_unprepared(void)
{
    struct sym_sandbox_state s = {.seccomp = false};
    struct sym_fault fault;

    MUST(sym_sandbox_enter(&s, SYM_SANDBOX_GATE, NULL, run_dir, &fault) == SYM_WRONG_STATE);
    MUST(!s.seccomp && strstr(fault.text, "prepared") != NULL);
    return 0;
}

static void refuses_to_enter_before_it_is_prepared(void **state)
{
    (void)state;
    assert_done(start(enter_unprepared));
}

static void *wait_for_end(void *pipe_end)
{
    char byte;

    (void)!read(*(int *)pipe_end, &byte, 1);
    return NULL;
}

static int stop_thread(pthread_t thread, const int ends[2])
{
    MUST(close(ends[1]) == 0 && pthread_join(thread, NULL) == 0);
    return 0;
}

static int prepare_with_threads(void)
{
    struct sym_sandbox_state s;
    struct sym_fault fault;
    pthread_t thread;
    int ends[2];

    MUST(pipe(ends) == 0 && pthread_create(&thread, NULL, wait_for_end, &ends[0]) == 0);
    MUST(sym_sandbox_prepare(&s, SYM_SANDBOX_CORE, &fault) == SYM_WRONG_STATE);
    MUST(strstr(fault.text, "2 threads") != NULL);
    return stop_thread(thread, ends);
}

static int enter_with_threads(void)
{
    struct sym_sandbox_state s;
    struct sym_fault fault;
    pthread_t thread;
    int ends[2];

    MUST(sym_sandbox_prepare(&s, SYM_SANDBOX_CORE, &fault) == SYM_OK);
    MUST(pipe(ends) == 0 && pthread_create(&thread, NULL, wait_for_end, &ends[0]) == 0);
    MUST(sym_sandbox_enter(&s, SYM_SANDBOX_CORE, data_dir, run_dir, &fault) == SYM_WRONG_STATE);
    MUST(!s.seccomp && strstr(fault.text, "2 threads") != NULL);
    return stop_thread(thread, ends);
}

static void refuses_a_process_that_has_threads(void **state)
{
    (void)state;
    assert_done(start(prepare_with_threads));
    assert_done(start(enter_with_threads));
}

static int enter_core_with_socket(void)
{
    struct sym_sandbox_state s;
    struct sym_fault fault;
    char expected[32];

    int fd = socket(AF_INET, SOCK_STREAM, 0);
    MUST(fd >= 0 && enter_as(SYM_SANDBOX_CORE, &s, &fault) == SYM_WRONG_STATE);
    (void)snprintf(expected, sizeof expected, "descriptor %d ", fd);
    MUST(!s.seccomp && strstr(fault.text, expected) != NULL);
    return 0;
}

static int enter_core_with_netlink(void)
{
    struct sym_sandbox_state s;

    MUST(socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
    MUST(enter_as(SYM_SANDBOX_CORE, &s, NULL) == SYM_WRONG_STATE);
    return 0;
}

static int enter_gate_with_socket(void)
{
    struct sym_sandbox_state s;

    MUST(socket(AF_INET, SOCK_STREAM, 0) >= 0);
    MUST(enter_as(SYM_SANDBOX_GATE, &s, NULL) == SYM_OK);
    return 0;
}

static void refuses_a_core_that_inherited_a_network_socket(void **state)
{
    (void)state;
    assert_done(start(enter_core_with_socket));
    assert_done(start(enter_core_with_netlink));
    assert_done(start(enter_gate_with_socket));
}

static int enter_nowhere(void)
{
    struct sym_sandbox_state s;
    struct sym_fault f;
    const enum sym_sandbox_role core = SYM_SANDBOX_CORE;

    MUST(sym_sandbox_prepare(&s, core, &f) == SYM_OK);
    MUST(sym_sandbox_enter(&s, core, NULL, run_dir, &f) == SYM_NOT_FOUND);
    MUST(sym_sandbox_enter(&s, core, "/nowhere", run_dir, &f) == SYM_NOT_FOUND);
    MUST(strstr(f.text, "/nowhere") != NULL);
    MUST(sym_sandbox_enter(&s, core, "/dev/null", run_dir, &f) == SYM_NOT_FOUND);
    MUST(sym_sandbox_enter(&s, core, data_dir, "/nowhere", &f) == SYM_NOT_FOUND);
    MUST(sym_sandbox_enter(&s, SYM_SANDBOX_GATE, NULL, "/nowhere", &f) == SYM_NOT_FOUND);
    MUST(!s.seccomp);
    return 0;
}

static void refuses_directories_that_do_not_exist(void **state)
{
    (void)state;
    assert_done(start(enter_nowhere));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(core_can_use_its_store_its_cryptography_and_threads),
        cmocka_unit_test(core_and_gate_exchange_a_full_frame_over_nanomsg),
        cmocka_unit_test(the_state_says_what_holds),
        cmocka_unit_test(refuses_to_enter_before_it_is_prepared),
        cmocka_unit_test(refuses_a_process_that_has_threads),
        cmocka_unit_test(refuses_a_core_that_inherited_a_network_socket),
        cmocka_unit_test(refuses_directories_that_do_not_exist),
    };

    return cmocka_run_group_tests(tests, make_directories, remove_directories);
}
