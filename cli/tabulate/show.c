#include "cli/tabulate/show.h"

#include "cli/file.h"
#include "cli/tabulate/write.h"

#include <inttypes.h>

struct shown {
    struct sym_view view;
    struct sym_population *population;
    struct sym_spatial *spatial;
};

static enum sym_err write(void *context, FILE *to, const struct sym_target *target)
{
    const struct shown *s = context;
    const struct sym_write_options options = {
        .population = s->population, .spatial = s->spatial, .top = (size_t)target->top};
    switch (target->format) {
    case SYM_FORMAT_TABLE:
        break;
    case SYM_FORMAT_CSV:
        return sym_write_csv(to, &s->view, &options);
    case SYM_FORMAT_JSON:
        return sym_write_json(to, &s->view, &options);
    case SYM_FORMAT_GEOJSON:
        return sym_write_geojson(to, &s->view, &options);
    }
    return sym_write_table(to, &s->view, &options);
}

static enum sym_err put(struct shown *s, const struct sym_target *target, struct sym_fault *fault)
{
    enum sym_err err = sym_target_write(target, write, s, fault);
    if (err == SYM_OK && target->path != NULL) {
        char shown[SYM_FAULT_BYTES];
        const struct sym_view *v = &s->view;
        sym_file_show(shown, target->path);
        if (v->is_preview) {
            (void)printf("%s: %" PRIu64 " of %" PRIu64 " records count\n", shown, v->records,
                         v->records + v->left_out);
        } else {
            (void)printf("%s: %" PRIu32 " of %" PRIu32 " cells, the others are below %" PRIu64
                         " or empty\n",
                         shown, v->release.cells - v->release.suppressed, v->release.cells,
                         v->release.threshold);
        }
    }
    return err;
}

static enum sym_err read_population(struct shown *s, const struct sym_target *target,
                                    struct sym_fault *fault)
{
    return target->population != NULL
               ? sym_population_read(&s->population, target->population, fault)
               : SYM_OK;
}

static void clear(struct shown *s)
{
    sym_view_clear(&s->view);
    sym_population_free(s->population);
    sym_spatial_free(s->spatial);
}

enum sym_err sym_release_show(const struct sym_target *target, bool again,
                              struct sym_client *client, struct sym_span exchange,
                              struct sym_fault *fault)
{
    struct shown s = {.view = {.again = again}};
    enum sym_err err = read_population(&s, target, fault);
    if (err == SYM_OK) {
        err = sym_view_release(&s.view, client, exchange, fault);
    }
    if (err == SYM_OK) {
        err = sym_spatial_new(&s.spatial, &s.view, target, s.population, fault);
    }
    if (err == SYM_OK) {
        err = put(&s, target, fault);
    }
    clear(&s);
    return err;
}

enum sym_err sym_preview_show(const struct sym_target *target, struct sym_client *client,
                              const struct sym_tabulate_start *start, struct sym_fault *fault)
{
    struct shown s = {.population = NULL};
    enum sym_err err = read_population(&s, target, fault);
    if (err == SYM_OK) {
        err = sym_view_preview(&s.view, client, start, fault);
    }
    if (err == SYM_OK) {
        err = put(&s, target, fault);
    }
    clear(&s);
    return err;
}
