#include "cli/cards.h"
#include "cli/command.h"

static enum sym_exit run_roster_show(const struct sym_call *call)
{
    struct sym_fault fault;
    SYM_CARDS_AUTO cards = {0};
    fault.err = sym_cards_load(&cards, call->args.operands[0], &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    enum sym_err err;
    if (sym_args_has(&call->args, "json")) {
        struct sym_node_id id = {.bytes = {0}};
        err = sym_cards_fingerprint(&id, &cards);
        struct sym_json *j = sym_json_new(stdout);
        sym_json_object(j, NULL);
        sym_cards_json_fingerprint(j, "fingerprint", sym_span(id.bytes, sizeof id.bytes));
        sym_json_array(j, "cards");
        for (size_t i = 0; i < cards.n; i++) {
            sym_cards_json(j, NULL, &cards.entries[i].card);
        }
        sym_json_end(j);
        sym_json_end(j);
        enum sym_err finished = sym_json_finish(j);
        err = err == SYM_OK ? finished : err;
    } else {
        err = sym_cards_show_roster(stdout, &cards);
    }
    return sym_command_printed(err);
}

const struct sym_command sym_cmd_roster_show = {
    .name = "roster show",
    .summary = "list the cards in a file, with the fingerprint of all; needs no node",
    .usage = {"FILE"},
    .example = "roster show banks.roster",
    .takes = SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_roster_show,
};
