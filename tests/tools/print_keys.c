/* print_keys DIR KEY_FILE: the private keys of a stopped node in hex, one `name hex` a line, for
 * tests that look for them where they must not be. */
#include "node/supervisor/keyring.h"

#include <stdio.h>

static void print(const char *name, const struct sym_secret *key)
{
    char hex[2 * 64 + 1];
    if (key->len > 0 && key->len <= 64) {
        sym_hex(hex, key->data, key->len);
        (void)printf("%s %s\n", name, hex);
    }
}

int main(int argc, char **argv)
{
    struct sym_directory d = SYM_DIRECTORY_CLOSED;
    struct sym_keyring k = {.secret = {0}};
    struct sym_fault fault = {.text = "usage: print_keys DIR KEY_FILE"};
    struct sym_secret_source from = {.key_file = argc == 3 ? argv[2] : NULL, .cancel = -1};

    if (argc != 3 || sym_crypto_init() != SYM_OK ||
        sym_directory_open(&d, argv[1], &fault) != SYM_OK ||
        sym_keyring_open(&k, &d, &from, &fault) != SYM_OK) {
        (void)fprintf(stderr, "print_keys: %s\n", fault.text);
        return 1;
    }
    print("identity", &k.keys.identity.seed);
    print("log", &k.keys.log.seed);
    print("cosign", &k.keys.cosign.seed);
    print("storage", &k.keys.storage);
    print("exchange", &k.keys.exchange[0].private_key);
    print("tls", &k.keys.tls[0].seed);
    sym_keyring_clear(&k);
    sym_directory_close(&d);
    return 0;
}
