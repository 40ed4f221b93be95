/* Figures over what a query finds: counts, sums, percentiles, buckets. All of it is walked through,
 * so these take time in proportion to the registry; nothing else waits for them. */
#include "api/handlers.h"
#include "api/indexing.h"
#include "base/map.h"

#include <math.h>
#include <stdlib.h>

enum {
    BUCKETS_DEFAULT = 10,
    PERCENTS_MAX = 10,
    BUCKETS_MAX = 1000 * 1000,      /* different values that are counted, */
    NUMBERS_MAX = 10 * 1000 * 1000, /* and numbers that are sorted, in memory */
};

/* ---- the field ---- */

struct aggregation {
    const struct call *call;
    const struct thing_query *query;
    enum query_index index;
    struct connectivity_source *source;
    enum query_field field;
    bytes attribute;
    /* take is called for each value of the field of what was found. */
    status (*take)(struct aggregation *a, bytes value);
};

/* registry.version is what is counted by when no field is given: everything has one
 * [AWS index-aggregate]. */
static status aggregation_read(const struct call *c, struct aggregation *a) {
    bytes name = get_text(c->in, M_AGGREGATION_FIELD);
    a->call = c;
    TRY(index_query(c, &a->index, &a->query));
    TRY(index_connectivity(c, &a->source));
    if (name.len == 0)
        name = a->index == QUERY_INDEX_THINGS ? BYTES("registry.version") : BYTES("thingGroupName");
    if (query_field_find(a->index, name, &a->field, &a->attribute) != OK)
        return FAIL(E_AGGREGATION_INVALID, "The aggregation field %.*s is not indexed",
                    BYTES_ARG(bytes_slice(name, 0, 200)));
    return OK;
}

static status take_hit(void *context, const struct index_hit *hit) {
    struct aggregation *a = context;
    struct query_document d;
    if (hit->thing)
        TRY(thing_document_load(hit->r, hit->thing, NULL, a->source, &d));
    else
        thing_group_document(hit->group, &d);
    for (size_t i = 0; i < d.value_count; i++)
        if (d.values[i].field == a->field)
            TRY(a->take(a, d.values[i].text));
    for (size_t i = 0; i < d.attribute_count && a->field == QUERY_ATTRIBUTE; i++)
        if (bytes_equal(d.attributes[i].name, a->attribute))
            TRY(a->take(a, d.attributes[i].value));
    return OK;
}

static status aggregate(struct aggregation *a) {
    bytes token = {0};
    do {
        TRY(index_walk(a->call, a->index, a->query, SIZE_MAX, &token, take_hit, a));
    } while (token.len > 0);
    return OK;
}

/* ---- GetStatistics ---- */

struct statistics {
    struct aggregation of;
    int64_t count;
    size_t numbers;
    double sum, sum_of_squares, least, most;
};

static status count_value(struct aggregation *a, bytes value) {
    struct statistics *s = OWNER(a, struct statistics, of);
    double number;
    s->count++;
    if (!query_number(value, &number))
        return OK;
    s->least = s->numbers == 0 || number < s->least ? number : s->least;
    s->most = s->numbers == 0 || number > s->most ? number : s->most;
    s->numbers++;
    s->sum += number;
    s->sum_of_squares += number * number;
    return OK;
}

/* Of what is no number there is only a count. */
status get_statistics(struct call *c) {
    struct statistics s = {.of = {.take = count_value}};
    TRY(aggregation_read(c, &s.of));
    TRY(aggregate(&s.of));
    struct record *out = put_record(c->out, M_STATISTICS);
    put_number(out, M_COUNT, s.count);
    if (s.numbers == 0)
        return OK;
    double average = s.sum / (double)s.numbers;
    double variance = fmax(s.sum_of_squares / (double)s.numbers - average * average, 0);
    put_real(out, M_AVERAGE, average);
    put_real(out, M_SUM, s.sum);
    put_real(out, M_MINIMUM, s.least);
    put_real(out, M_MAXIMUM, s.most);
    put_real(out, M_SUM_OF_SQUARES, s.sum_of_squares);
    put_real(out, M_VARIANCE, variance);
    put_real(out, M_STD_DEVIATION, sqrt(variance));
    return OK;
}

/* ---- GetCardinality, GetBucketsAggregation: how often which value ---- */

struct bucket {
    struct map_node node; /* by value */
    int64_t count;
};

struct buckets {
    struct aggregation of;
    struct arena memory;
    struct map by_value;
    int64_t total;
};

static void buckets_done(struct buckets *b) {
    map_done(&b->by_value);
    arena_done(&b->memory);
}

static status sort_value(struct aggregation *a, bytes value) {
    struct buckets *b = OWNER(a, struct buckets, of);
    struct map_node *node = map_find(&b->by_value, value);
    if (!node) {
        if (b->by_value.count == BUCKETS_MAX)
            return FAIL(E_AGGREGATION_INVALID, "The field has more than %d different values",
                        BUCKETS_MAX);
        struct bucket *bucket = ARENA_NEW(&b->memory, struct bucket);
        bucket->node.key = arena_copy(&b->memory, value);
        node = &bucket->node;
        map_add(&b->by_value, node);
    }
    OWNER(node, struct bucket, node)->count++;
    b->total++;
    return OK;
}

status get_cardinality(struct call *c) {
    AUTO(buckets) b = {.of = {.take = sort_value}};
    TRY(aggregation_read(c, &b.of));
    TRY(aggregate(&b.of));
    put_number(c->out, M_CARDINALITY, (int64_t)b.by_value.count);
    return OK;
}

/* The fullest first, then by value. */
static int compare_buckets(const void *a, const void *b) {
    const struct bucket *x = *(struct bucket *const *)a, *y = *(struct bucket *const *)b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return bytes_compare(x->node.key, y->node.key);
}

static struct bucket **sorted(struct buckets *b) {
    struct bucket **all = ARENA_ARRAY(&b->memory, struct bucket *, b->by_value.count + 1);
    struct map_node *node;
    size_t count = 0;
    for (size_t at = 0; (node = map_next(&b->by_value, &at));)
        all[count++] = OWNER(node, struct bucket, node);
    qsort(all, count, sizeof(struct bucket *), compare_buckets);
    return all;
}

status get_buckets_aggregation(struct call *c) {
    AUTO(buckets) b = {.of = {.take = sort_value}};
    const struct record *terms =
        get_record(get_record(c->in, M_BUCKETS_AGGREGATION_TYPE), M_TERMS_AGGREGATION);
    size_t most = (size_t)get_number(terms, M_MAX_BUCKETS, BUCKETS_DEFAULT);
    TRY(aggregation_read(c, &b.of));
    TRY(aggregate(&b.of));
    struct bucket **all = sorted(&b);
    struct items *out = put_list(c->out, M_BUCKETS);
    for (size_t i = 0; i < most && i < b.by_value.count; i++) {
        struct record *bucket = add_record(out);
        put_text(bucket, M_KEY_VALUE, arena_copy(c->arena, all[i]->node.key));
        put_number(bucket, M_COUNT, all[i]->count);
    }
    put_number(c->out, M_TOTAL_COUNT, b.total);
    return OK;
}

/* ---- GetPercentiles ---- */

struct numbers {
    struct aggregation of;
    struct buf values; /* doubles */
};

static void numbers_done(struct numbers *n) {
    buf_done(&n->values);
}

static status gather_number(struct aggregation *a, bytes value) {
    struct numbers *n = OWNER(a, struct numbers, of);
    double number;
    if (!query_number(value, &number))
        return OK;
    if (n->values.len >= NUMBERS_MAX * sizeof number)
        return FAIL(E_AGGREGATION_INVALID, "The field has more than %d values", NUMBERS_MAX);
    buf_append(&n->values, bytes_of(&number, sizeof number));
    return OK;
}

static int compare_numbers(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The smallest value that is not below `percent` of them. */
static double percentile(const double *values, size_t count, double percent) {
    double rank = ceil(percent / 100 * (double)count);
    size_t at = rank < 1 ? 0 : (size_t)rank - 1;
    return values[at < count ? at : count - 1];
}

static size_t percents_in(const struct call *c, double out[PERCENTS_MAX]) {
    static const double usual[] = {1, 5, 25, 50, 75, 95, 99}; /* [AWS index-aggregate] */
    const struct items *given = get_list(c->in, M_PERCENTS);
    size_t count = 0;
    VALUES_EACH(v, given) {
        if (count < PERCENTS_MAX)
            out[count++] = v->real;
    }
    for (size_t i = 0; !given && i < COUNT_OF(usual); i++)
        out[count++] = usual[i];
    return count;
}

status get_percentiles(struct call *c) {
    AUTO(numbers) n = {.of = {.take = gather_number}};
    double percents[PERCENTS_MAX];
    size_t wanted = percents_in(c, percents);
    TRY(aggregation_read(c, &n.of));
    TRY(aggregate(&n.of));
    double *values = (double *)(void *)n.values.ptr; /* of malloc: aligned for anything */
    size_t count = n.values.len / sizeof(double);
    struct items *out = put_list(c->out, M_PERCENTILES);
    if (count == 0)
        return OK;
    qsort(values, count, sizeof *values, compare_numbers);
    for (size_t i = 0; i < wanted; i++) {
        struct record *pair = add_record(out);
        put_real(pair, M_PERCENT, percents[i]);
        put_real(pair, M_VALUE, percentile(values, count, percents[i]));
    }
    return OK;
}
