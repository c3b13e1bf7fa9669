#include "node/gate/orders.h"

#include "node/log.h"
#include "proto/codec.h"

typedef enum sym_err order_fn(struct sym_orders *o, const void *order);

static enum sym_err do_configure(struct sym_orders *o, const void *order)
{
    if (o->configured) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_pairing_configure(o->pairing, order);
    if (err == SYM_OK) {
        o->configured = true;
        o->on_configured(o->owner);
    }
    return err;
}

static enum sym_err do_pin(struct sym_orders *o, const void *order)
{
    const struct sym_gate_pin *pin = order;
    return sym_pairing_pin(o->pairing, pin->peer);
}

static enum sym_err do_unpin(struct sym_orders *o, const void *order)
{
    const struct sym_gate_unpin *unpin = order;
    sym_pairing_unpin(o->pairing, unpin->id.data);
    return SYM_OK;
}

static enum sym_err do_dial(struct sym_orders *o, const void *order)
{
    sym_pairing_dial(o->pairing, order);
    return SYM_OK;
}

static enum sym_err do_hang_up(struct sym_orders *o, const void *order)
{
    const struct sym_gate_hang_up *hang_up = order;
    sym_pairing_hang_up(o->pairing, hang_up->link);
    return SYM_OK;
}

static enum sym_err do_accept(struct sym_orders *o, const void *order)
{
    const struct sym_gate_accept *accept = order;
    sym_pairing_accept(o->pairing, accept->link);
    return SYM_OK;
}

static enum sym_err do_stop(struct sym_orders *o, const void *order)
{
    (void)order;
    o->on_stop(o->owner);
    return SYM_OK;
}

/* What has no row goes the other way. */
static order_fn *const rows[SYM_LOCAL_COUNT] = {
    [SYM_LOCAL_CONFIGURE] = do_configure, [SYM_LOCAL_PIN] = do_pin,
    [SYM_LOCAL_UNPIN] = do_unpin,         [SYM_LOCAL_DIAL] = do_dial,
    [SYM_LOCAL_HANG_UP] = do_hang_up,     [SYM_LOCAL_STOP] = do_stop,
    [SYM_LOCAL_ACCEPT] = do_accept,
};

static enum sym_err carry_out(struct sym_orders *o, struct sym_span message)
{
    enum sym_local_type type = SYM_LOCAL_NONE;
    struct sym_span rest;
    SYM_ARENA_AUTO arena = {0};
    union {
        struct sym_gate_configure configure;
        struct sym_gate_pin pin;
        struct sym_gate_unpin unpin;
        struct sym_gate_dial dial;
        struct sym_gate_hang_up hang_up;
        struct sym_gate_stop stop;
        struct sym_gate_accept accept;
    } order;

    enum sym_err err = sym_local_type(&type, &rest, message);
    if (err != SYM_OK) {
        return err;
    }
    bool in_turn = o->configured || type == SYM_LOCAL_CONFIGURE || type == SYM_LOCAL_STOP;
    if (rows[type] == NULL || !in_turn) {
        return SYM_WRONG_STATE;
    }
    err = sym_decode(&arena, &order, sym_local_message(type), rest);
    return err == SYM_OK ? rows[type](o, &order) : err;
}

enum sym_err sym_orders_take(struct sym_orders *o, struct sym_span message)
{
    enum sym_err err = carry_out(o, message);
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "order-refused", "reason", sym_err_name(err), NULL);
    }
    return err;
}
