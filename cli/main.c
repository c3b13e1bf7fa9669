#include "cli/dispatch.h"
#include "crypto/secret.h"

#include <locale.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    /* Names of partners come in any script, and output is UTF-8 everywhere. */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    if (sym_crypto_init() != SYM_OK) {
        (void)fprintf(stderr, "symbolon: libsodium: cannot be initialised on this system\n");
        return SYM_EXIT_FAILED;
    }
    return (int)sym_dispatch(argc, argv);
}
