/* The life of a certificate, cell by cell: each way in, and each operation on each status
 * [AWS identity 1.4, 1.6, 3.2, 3.4]. */
#include <stdlib.h>
#include <string.h>

#include "api/fixture.h"
#include "codec/json.h"
#include "identity/material.h"
#include "identity/x509.h"
#include "registry/certificate.h"
#include "support/testing.h"

#define OTHER "222222222222"

static struct fixture f;
static struct access_key other_key;
static struct signing source, target;
static int serial;

static void start(void) {
    struct account other;
    struct txn *t;
    f = fixture_open();
    CHECK_OK(store_begin_write(f.store.store, &t));
    CHECK_OK(account_create(t, BYTES(OTHER), &other));
    CHECK_OK(access_key_load_first(t, BYTES(OTHER), &other_key));
    CHECK_OK(store_commit(t));
    source = target = f.signing;
    target.access_key_id = other_key.id;
    target.secret = other_key.secret;
}

static void done(void) {
    access_key_done(&other_key);
    fixture_done(&f);
}

static bytes new_pem(void) {
    const struct recipe lamp = {
        .subject = "CN=lamp", .key = "P-256", .serial = arena_printf(&f.arena, "%X", ++serial)};
    return material_pem(&lamp, &f.arena);
}

static int send(const char *method, const char *path, const char *id, const char *query) {
    return ask(&f, method, arena_printf(&f.arena, "/%s/%s%s", path, id, query), NULL);
}

/* ---- each operation on each status ---- */

/* As the service itself registers: by JITR, JITP, fleet provisioning. */
static const char *pending_activation(bytes pem) {
    struct registry registry = {NULL, &f.arena, BYTES(FIXTURE_ACCOUNT), BYTES(FIXTURE_REGION)};
    AUTO(x509_certificate) parsed = {0};
    CHECK_OK(x509_parse_pem(pem, X509_DEVICE_CERTIFICATE, &parsed));
    const char *id = arena_printf(&f.arena, "%s", parsed.id);
    struct certificate_new new = {.id = bytes_from(id),
                                  .pem = pem,
                                  .status = CERTIFICATE_PENDING_ACTIVATION,
                                  .by_service = true,
                                  .mode = CERTIFICATE_MODE_SNI_ONLY};
    CHECK_OK(store_begin_write(f.store.store, &registry.txn));
    CHECK_OK(certificate_register(&registry, &new, NULL));
    CHECK_OK(store_commit(registry.txn));
    return id;
}

static const char *registered(const char *as) {
    const char *body = arena_printf(&f.arena, "{\"certificatePem\":%s,\"status\":\"%s\"}",
                                    json_quoted(&f, new_pem()), as);
    CHECK_INT(ask(&f, "POST", "/certificate/register-no-ca", body), 200);
    return arena_string(&f.arena, answered(&f, "certificateId"));
}

static const char *certificate_that_is(const char *as) {
    if (strcmp(as, "PENDING_ACTIVATION") == 0)
        return pending_activation(new_pem());
    if (strcmp(as, "PENDING_TRANSFER") != 0)
        return registered(as);
    const char *id = registered("INACTIVE");
    CHECK_INT(send("PATCH", "transfer-certificate", id, "?targetAwsAccount=" OTHER), 200);
    return id;
}

#define ACCEPT "accept-certificate-transfer"
#define CANCEL "cancel-certificate-transfer"
#define REJECT "reject-certificate-transfer"
#define OFFER "transfer-certificate"
#define TO_OTHER "?targetAwsAccount=" OTHER
#define TO_BE "?newStatus="

/* What each operation makes of each status: another one, "same", "gone", or a refusal, which
 * changes nothing. The target's account accepts and rejects, the source's does the rest. */
static const char *const statuses[] = {"ACTIVE", "INACTIVE", "REVOKED", "PENDING_ACTIVATION",
                                       "PENDING_TRANSFER"};
static const struct {
    const char *method, *path, *query, *to[COUNT_OF(statuses)];
} operations[] = {
    /* from ACTIVE, INACTIVE, REVOKED, PENDING_ACTIVATION, PENDING_TRANSFER */
    {"PUT", "certificates", TO_BE "ACTIVE", {"same", "ACTIVE", "state", "ACTIVE", "state"}},
    {"PUT", "certificates", TO_BE "INACTIVE", {"INACTIVE", "same", "state", "INACTIVE", "state"}},
    {"PUT", "certificates", TO_BE "REVOKED", {"REVOKED", "REVOKED", "same", "REVOKED", "state"}},
    {"PUT",
     "certificates",
     TO_BE "PENDING_TRANSFER",
     {"state", "state", "state", "state", "state"}},
    {"PUT",
     "certificates",
     TO_BE "PENDING_ACTIVATION",
     {"state", "state", "state", "state", "state"}},
    {"PUT",
     "certificates",
     TO_BE "REGISTER_INACTIVE",
     {"state", "state", "state", "state", "state"}},
    {"PATCH", OFFER, TO_OTHER, {"state", "PENDING_TRANSFER", "state", "state", "state"}},
    {"PATCH", CANCEL, "", {"invalid", "invalid", "invalid", "invalid", "INACTIVE"}},
    {"PATCH", ACCEPT, "", {"missing", "missing", "missing", "missing", "INACTIVE"}},
    {"PATCH", ACCEPT, "?setAsActive=true", {"missing", "missing", "missing", "missing", "ACTIVE"}},
    {"PATCH", REJECT, "", {"missing", "missing", "missing", "missing", "INACTIVE"}},
    {"DELETE", "certificates", "", {"state", "gone", "gone", "gone", "state"}},
    {"DELETE", "certificates", "?forceDelete=true", {"state", "gone", "gone", "gone", "state"}},
};

static const struct {
    const char *name;
    int http;
    const char *type;
} refusals[] = {
    {"state", 406, "CertificateStateException"},
    {"invalid", 400, "InvalidRequestException"},
    {"missing", 404, "ResourceNotFoundException"},
};

/* Operation, status and answer as one text, so that a failure names the cell. */
static const char *line(size_t operation, size_t row, int http, const char *type) {
    return arena_printf(&f.arena, "%s %s%s of %s: %d %s", operations[operation].method,
                        operations[operation].path, operations[operation].query, statuses[row],
                        http, type);
}

static bool was_refused(size_t operation, size_t row) {
    size_t i = 0;
    while (i < COUNT_OF(refusals) && strcmp(operations[operation].to[row], refusals[i].name) != 0)
        i++;
    bool is_refusal = i < COUNT_OF(refusals);
    const char *type = arena_string(&f.arena, answered(&f, "__type"));
    CHECK_TEXT(line(operation, row, f.response.status, type),
               line(operation, row, is_refusal ? refusals[i].http : 200,
                    is_refusal ? refusals[i].type : ""));
    return is_refusal;
}

static int version_of(const char *id) {
    CHECK_INT(send("GET", "certificates", id, ""), 200);
    return atoi(arena_string(&f.arena, answered(&f, "certificateDescription.customerVersion")));
}

static void check_cell(size_t operation, size_t row) {
    const char *expected = operations[operation].to[row], *from = statuses[row];
    const char *path = operations[operation].path, *id = certificate_that_is(from);
    bool by_target = strcmp(path, ACCEPT) == 0 || strcmp(path, REJECT) == 0;
    int before = version_of(id);
    f.signing = by_target ? target : source;
    (void)send(operations[operation].method, path, id, operations[operation].query);
    bool unchanged = was_refused(operation, row) || strcmp(expected, "same") == 0;
    bool is_accepted = strcmp(path, ACCEPT) == 0 && !unchanged;
    f.signing = is_accepted ? target : source;
    if (strcmp(expected, "gone") == 0) {
        CHECK_INT(send("GET", "certificates", id, ""), 404);
    } else {
        CHECK_INT(version_of(id), before + (unchanged ? 0 : 1));
        CHECK_ANSWER(&f, "certificateDescription.status", unchanged ? from : expected);
    }
    f.signing = source;
}

TEST(each_operation_on_each_status_comes_to_what_the_table_says) { /* [AWS identity 1.4, 1.6] */
    start();
    for (size_t operation = 0; operation < COUNT_OF(operations); operation++)
        for (size_t row = 0; row < COUNT_OF(statuses); row++)
            check_cell(operation, row);
    done();
}

/* ---- the ways in ---- */

static void check_entry(const char *path, const char *body, const char *expected) {
    CHECK_INT(ask(&f, "POST", path, body), 200);
    const char *id = arena_string(&f.arena, answered(&f, "certificateId"));
    CHECK_INT(version_of(id), 1);
    CHECK_ANSWER(&f, "certificateDescription.status", expected);
    CHECK_ANSWER(&f, "certificateDescription.ownedBy", FIXTURE_ACCOUNT);
}

TEST(what_is_issued_is_inactive_unless_asked_for_otherwise) { /* [AWS identity 1.4, 3.1] */
    start();
    const struct recipe lamp = {.subject = "CN=lamp", .key = "P-256"};
    const char *csr = arena_printf(&f.arena, "{\"certificateSigningRequest\":%s}",
                                   json_quoted(&f, material_csr(&lamp, &f.arena)));
    check_entry("/keys-and-certificate", NULL, "INACTIVE");
    check_entry("/keys-and-certificate?setAsActive=true", NULL, "ACTIVE");
    check_entry("/certificates", csr, "INACTIVE");
    check_entry("/certificates?setAsActive=true", csr, "ACTIVE");
    done();
}

static void register_ca(void) {
    const struct recipe ca = {.subject = "CN=lamp",
                              .key = "P-256",
                              .more = (const char *const[]){"basicConstraints", "CA:TRUE", NULL}};
    CHECK_INT(ask(&f, "POST", "/cacertificate?setAsActive=true",
                  arena_printf(&f.arena, "{\"caCertificate\":%s,\"certificateMode\":\"SNI_ONLY\"}",
                               json_quoted(&f, material_pem(&ca, &f.arena)))),
              200);
}

static const char *const entries[] = {"/certificate/register", "/certificate/register-no-ca",
                                      "/certificate/register?setAsActive=true"};

static const char *asking_for(const char *as) {
    return arena_printf(&f.arena, "{\"certificatePem\":%s,\"status\":\"%s\"}",
                        json_quoted(&f, new_pem()), as);
}

TEST(what_is_registered_has_the_status_asked_for) { /* [AWS identity 1.4, 3.2] */
    static const char *const asked[] = {"ACTIVE", "INACTIVE", "REVOKED"};
    start();
    register_ca();
    for (size_t path = 0; path < COUNT_OF(entries); path++) {
        const char *body =
            arena_printf(&f.arena, "{\"certificatePem\":%s}", json_quoted(&f, new_pem()));
        check_entry(entries[path], body, path == 2 ? "ACTIVE" : "INACTIVE");
        for (size_t i = 0; i < COUNT_OF(asked); i++) /* status wins over setAsActive */
            check_entry(entries[path], asking_for(asked[i]), asked[i]);
    }
    done();
}

TEST(what_only_the_service_sets_cannot_be_registered) { /* [AWS identity 1.7] */
    static const char *const asked[] = {"PENDING_TRANSFER", "REGISTER_INACTIVE",
                                        "PENDING_ACTIVATION"};
    start();
    register_ca();
    for (size_t path = 0; path < COUNT_OF(entries); path++)
        for (size_t i = 0; i < COUNT_OF(asked); i++) {
            (void)ask(&f, "POST", entries[path], asking_for(asked[i]));
            CHECK_REFUSED(&f, 406, "CertificateStateException",
                          arena_printf(&f.arena,
                                       "Not allowed to register certificate with %s status",
                                       asked[i]));
        }
    CHECK_INT(ask(&f, "GET", "/certificates", NULL), 200);
    CHECK_INT(answered_json(&f, "certificates")->count, 0);
    done();
}

TEST_MAIN("api/transitions")
