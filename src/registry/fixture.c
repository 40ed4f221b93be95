#include "registry/fixture.h"
#include "base/clock.h"
#include "store/fixture.h"
#include "support/testing.h"

static void begin(struct registry_fixture *f) {
    CHECK_OK(store_begin_write(f->store, &f->r.txn));
}

void registry_fixture_init(struct registry_fixture *f, struct store *s) {
    *f = (struct registry_fixture){.store = s};
    f->r.arena = &f->arena;
    f->r.account = BYTES("111111111111");
    f->r.region = BYTES("us-east-1");
    begin(f);
}

void registry_fixture_done(struct registry_fixture *f) {
    store_rollback(TAKE(f->r.txn));
    arena_done(&f->arena);
}

void registry_fixture_commit(struct registry_fixture *f) {
    CHECK_OK(store_commit(TAKE(f->r.txn)));
    begin(f);
}

void registry_fixture_undo(struct registry_fixture *f) {
    store_rollback(TAKE(f->r.txn));
    begin(f);
}

static void (*current_check)(struct registry_fixture *f);
static void run_current_check(struct store *s) {
    struct registry_fixture f;
    registry_fixture_init(&f, s);
    current_check(&f);
    registry_fixture_done(&f);
    clock_simulate(-1);
}

void registry_fixture_each(void (*check)(struct registry_fixture *f)) {
    current_check = check;
    store_fixture_each(run_current_check);
}

struct registry fixture_other_account(const struct registry_fixture *f) {
    struct registry other = f->r;
    other.account = BYTES("222222222222");
    return other;
}

bytes fixture_id(struct registry_fixture *f, unsigned number) {
    return bytes_from(arena_printf(&f->arena, "%064x", number));
}

struct certificate_new fixture_certificate(struct registry_fixture *f, unsigned number) {
    return (struct certificate_new){
        .id = fixture_id(f, number),
        .pem = BYTES("-----BEGIN CERTIFICATE-----\n…\n"),
        .mode = CERTIFICATE_MODE_SNI_ONLY,
        .status = CERTIFICATE_INACTIVE,
        .not_before_ms = 1000,
        .not_after_ms = 2000,
    };
}

bytes fixture_register(struct registry_fixture *f, unsigned number) {
    struct certificate_new c = fixture_certificate(f, number);
    CHECK_OK(certificate_register(&f->r, &c, NULL));
    return certificate_arn(&f->r, c.id);
}

struct ca_record fixture_ca(struct registry_fixture *f, unsigned number) {
    return (struct ca_record){
        .id = fixture_id(f, number),
        .pem = BYTES("-----BEGIN CERTIFICATE-----\nCA\n"),
        .active = true,
        .subject = BYTES("CN=ca"),
        .not_before_ms = 1000,
        .not_after_ms = 2000,
    };
}
