#include "cli/ingest/canon_run.h"
#include "cli/ingest/country.h"

#include <string.h>

enum sym_err sym_canon_bic_text(char out[12], struct sym_canon_run *run, struct sym_span text)
{
    struct sym_compact bic;
    enum sym_err err = sym_canon_compact(&bic, run, text, "BIC", "", "");
    if (err != SYM_OK) {
        return err;
    }
    if (bic.len != 8 && bic.len != 11) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT, "a BIC has 8 or 11 characters, not %zu",
                                bic.len);
    }
    if (!sym_country_is_alpha2(sym_span(bic.text + 4, 2))) {
        return sym_canon_refuse(run, SYM_BAD_VALUE,
                                "characters 5 and 6 of the BIC are no country code");
    }
    if (sym_canon_is_no_number(sym_compact_span(&bic))) { /* their middle is Romania, or Norway */
        return sym_canon_refuse(run, SYM_BAD_VALUE, "says that no BIC was given");
    }
    if (bic.text[7] == '0') {
        run->remark = "a test BIC: no bank answers to it";
    }
    if (bic.len == 8) {
        memset(bic.text + 8, 'X', 3);
        bic.len = 11;
    }
    memcpy(out, bic.text, bic.len);
    out[bic.len] = '\0';
    sym_canon_step(run, "BIC with its branch code", sym_compact_span(&bic));
    return SYM_OK;
}

enum sym_err sym_canon_bic(struct sym_canon_run *run)
{
    char bic[12];
    enum sym_err err = sym_canon_bic_text(bic, run, run->value);
    if (err == SYM_OK) {
        sym_write_span(&run->out, sym_span_text(bic));
    }
    return err;
}
