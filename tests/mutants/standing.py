# Standing lists: whatever lets more be evaluated than a grant allows, a list answer that should not
# exist, or a peer pass what no honest one sends.
NODE = "node/test_exchange_standing:"
LISTS = "node/test_standing_lists:"
HOSTILE = "proto/test_standing:ends_with_what_no_honest_peer_sends"
BLOCKS = "proto/test_tag_block:"

MUTANTS = [
    ("an element may come twice", HOSTILE,
     ("proto/standing.c", "return repeats ? SYM_REPLAY : SYM_OK;", "return SYM_OK;")),
    ("more elements than were announced", HOSTILE,
     ("proto/standing.c", "if (got->number != run->config.query_size) {", "if (false) {")),
    ("a frame of another length than it says", HOSTILE,
     ("proto/standing.c", "if (got->body.len != got->number * sizeof *run->elements) {",
      "if (got->body.len < got->number * sizeof *run->elements - 1) {")),
    ("blocks in another order", HOSTILE,
     ("proto/standing_initiator.c", "if (got->number != run->blocks_gone) {", "if (false) {")),
    ("blocks that do not ascend", HOSTILE,
     ("proto/standing_initiator.c", "sym_sorted_compare(run->last, run->decoded, run->tag_len) > 0) {",
      "sym_sorted_compare(run->last, run->decoded, run->tag_len) > 1) {")),
    ("bytes behind the last tag", BLOCKS + "refuses_a_block_of_another_length",
     ("proto/tag_block.c", "if ((r->at + 7) / 8 != r->block.len) {", "if ((r->at + 7) / 8 > r->block.len) {")),
    ("bits behind the last tag", BLOCKS + "a_flipped_bit_is_another_list_or_none",
     ("proto/tag_block.c", "return take_word(r, (unsigned)(8 * r->block.len - r->at)) == 0;", "return true;")),
    ("tags beyond the largest", BLOCKS + "refuses_what_would_pass_the_largest_tag",
     ("proto/tag_block.c", "if (!add(&tag, distance) || is_below(most, tag)) {", "if (!add(&tag, distance)) {")),
    ("a tag that only begins like one of the list", BLOCKS + "tags_are_found_in_a_block_and_others_are_not",
     ("proto/tag_block.c", "r->high == wanted.high && r->low == wanted.low;", "r->high == wanted.high;")),
    ("the day's limit is that of the grant, and nothing counts", NODE + "the_epoch_s_elements_are_the_limit_too",
     ("node/exchange/exchange_overlap.c", "if (err == SYM_OK && m->peer_size > m->standing.most - m->standing.used) {",
      "if (false) {"),
     ("node/data/standing.c", "o.row.used += elements;", "o.row.used += 0;")),
    ("the epoch's limit counts nothing", LISTS + "counts_what_was_evaluated_over_restarts",
     ("node/data/standing.c", "if (o.row.used > o.row.most || elements > o.row.most - o.row.used) {", "if (false) {")),
    ("elements that are not charged", NODE + "the_day_s_elements_are_the_limit",
     ("node/exchange/exchange_overlap.c", "err = sym_grants_charge(x->config.grants", "err = SYM_OK; (void)sym_grants_charge((void *)x->config.grants")),
    ("an erased list goes on evaluating", NODE + "a_list_that_was_erased_evaluates_no_more",
     ("node/exchange/run_standing.c", "return err == SYM_NOT_FOUND ? SYM_CANCELLED : err;",
      "return err == SYM_NOT_FOUND ? sym_standing_write(s->run, payload, len) : err;")),
    ("a list of another content answers", NODE + "computes_otherwise_until_the_list_is_ready",
     ("node/exchange/standing_wish.c", "sym_equal(row->basis, wish->basis, sizeof row->basis) &&", "true &&")),
    ("a key that outlives its list", LISTS + "forgetting_of_a_dataset_erases_own_lists_of_it",
     ("node/data/standing.c", "return err == SYM_OK ? sym_vault_delete(s->vault, t, prefix_of(key, row->number)) : err;",
      "(void)prefix_of(key, row->number); return err;")),
    ("a list that cannot be made is tried again at once", NODE + "a_list_that_cannot_be_made_is_put_off_for_the_others",
     ("node/exchange/standing_maker.c", "bool there = is_put_off(s->maker, wish);", "bool there = false && is_put_off(s->maker, wish);")),
]
