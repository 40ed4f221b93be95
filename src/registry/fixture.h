/* Inside registry/: what its tests share. One transaction on a store of their own, in account
 * 111111111111 of us-east-1 until told otherwise. */
#pragma once
#include "registry/ca_certificate.h"
#include "registry/certificate.h"
#include "registry/policy.h"
#include "registry/registry.h"
#include "registry/thing.h"

struct registry_fixture {
    struct store *store;
    struct arena arena;
    struct registry r;
};
void registry_fixture_init(struct registry_fixture *f, struct store *s);
void registry_fixture_done(struct registry_fixture *f); /* rolls back what is under way */
/* Commits and begins the next one. */
void registry_fixture_commit(struct registry_fixture *f);
/* Drops what is under way and begins the next one. */
void registry_fixture_undo(struct registry_fixture *f);

/* Runs `check` on a fresh registry in each kind of store; the clock is the real one afterwards. */
void registry_fixture_each(void (*check)(struct registry_fixture *f));
/* The same registry as another account sees it. */
struct registry fixture_other_account(const struct registry_fixture *f);

/* An id that ends in `number`; a certificate with it, INACTIVE, without a CA. */
bytes fixture_id(struct registry_fixture *f, unsigned number);
struct certificate_new fixture_certificate(struct registry_fixture *f, unsigned number);
/* Registers it and gives its ARN. */
bytes fixture_register(struct registry_fixture *f, unsigned number);
/* An ACTIVE CA in DEFAULT mode with the subject "CN=ca". */
struct ca_record fixture_ca(struct registry_fixture *f, unsigned number);
