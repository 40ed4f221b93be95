#include "provisioning/fixture.h"
#include "base/clock.h"
#include "support/testing.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct registry_fixture f;
struct provisioned done;
static struct issuer *issuer;
static char directory[] = "/tmp/kedge-provisioning-XXXXXX";

struct issuer *fixture_issuer(void) {
    if (!issuer) {
        CHECK(mkdtemp(directory));
        CHECK_OK(issuer_open(directory, &issuer));
    }
    return issuer;
}

void start(void) {
    struct store *s;
    CHECK_OK(store_open(&store_memory, "", &s));
    registry_fixture_init(&f, s);
    (void)fixture_issuer();
}

void stop(void) {
    registry_fixture_done(&f);
    store_close(f.store);
}

static int remove_entry(const char *path, const struct stat *found, int kind, struct FTW *walk) {
    UNUSED(found);
    UNUSED(kind);
    UNUSED(walk);
    return remove(path);
}

__attribute__((destructor)) static void clean(void) {
    if (issuer)
        (void)nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    issuer_close(issuer);
}

static struct template_parameters parameters_of(const char *const *texts) {
    struct plan_pair *pairs = ARENA_ARRAY(&f.arena, struct plan_pair, 32);
    size_t count = 0;
    for (; texts && texts[count]; count++) {
        bytes text = bytes_from(texts[count]);
        size_t equals = bytes_find(text, '=');
        pairs[count] =
            (struct plan_pair){bytes_slice(text, 0, equals), bytes_skip(text, equals + 1)};
    }
    return (struct template_parameters){pairs, count};
}

static status carry_out(const struct plan *plan) {
    struct provisioning_options options = {.issuer = issuer, .now_ms = clock_wall_ms()};
    AUTO(issued) issued = {0};
    TRY(provisioning_prepare(plan, &options, &issued));
    return provisioning_register_thing(&f.r, plan, &issued, &options, &done);
}

status provision(const char *body, const char *const *parameters) {
    struct template_parameters values = parameters_of(parameters);
    const struct template *template;
    struct plan plan;
    done = (struct provisioned){0};
    TRY(template_parse(&f.arena, bytes_from(body), TEMPLATE_THING, &template));
    TRY(template_evaluate(template, &values, &f.arena, &plan));
    registry_fixture_commit(&f);
    status s = carry_out(&plan);
    if (s != OK)
        registry_fixture_undo(&f);
    return s;
}

bytes arn_of(const char *logical_id) {
    for (size_t i = 0; i < done.resource_count; i++)
        if (bytes_equal(done.resources[i].logical_id, bytes_from(logical_id)))
            return done.resources[i].arn;
    return (bytes){0};
}
