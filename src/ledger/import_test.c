#include "ledger/import.h"

#include <string.h>
#include <unistd.h>

#include "ledger/export.h"
#include "ledger/fixture.h"
#include "ledger/pem_text.h"
#include "registry/thing_type.h"
#include "store/fixture.h"
#include "support/testing.h"

static const bytes account = BYTES("111111111111"), region = BYTES("us-east-1");
static const bytes document = BYTES("{\"Version\":\"2012-10-17\",\"Statement\":[]}");

struct scene {
    struct store_fixture store;
    struct arena memory;
    struct ledger_plan plan;
    char path[80];
    struct import_counts counts;
    char report[8192];
};

static void make_registry(struct scene *s) {
    struct txn *t;
    CHECK_OK(store_begin_write(s->store.store, &t));
    struct registry r = {t, &s->memory, account, region};
    CHECK_OK(policy_create(&r, BYTES("devices"), document, NULL));
    CHECK_OK(policy_create(&r, BYTES("extra"), document, NULL));
    CHECK_OK(thing_group_create(&r, &(struct thing_group_new){.name = BYTES("pilot")},
                                &(struct tags){0}, NULL));
    CHECK_OK(store_commit(t));
}

static struct scene scene_open(void) {
    struct scene s = {.store = store_fixture_open(&store_sqlite),
                      .plan = {.status = CERTIFICATE_ACTIVE}};
    (void)snprintf(s.path, sizeof s.path, "%s/ledger", s.store.directory);
    make_registry(&s);
    return s;
}

static void scene_done(struct scene *s) {
    (void)unlink(s->path);
    arena_done(&s->memory);
    store_fixture_done(&s->store);
}

static void write_ledger(const struct scene *s, bytes text) {
    FILE *f = fopen(s->path, "we");
    CHECK(f && fwrite(text.ptr, 1, text.len, f) == text.len && fclose(f) == 0);
}

static status try_import(struct scene *s, size_t batch) {
    struct import i = {.store = s->store.store,
                       .account = account,
                       .region = region,
                       .plan = &s->plan,
                       .readers = 2,
                       .batch = batch};
    memset(s->report, 0, sizeof s->report);
    TRY(ledger_open(s->path, &i.ledger));
    i.report = fmemopen(s->report, sizeof s->report - 1, "w");
    status result = import_run(&i, &s->counts);
    CHECK_INT(fclose(i.report), 0);
    ledger_close(i.ledger);
    return result;
}

static void check_counts(const struct scene *s, uint64_t registered, uint64_t existing,
                         uint64_t duplicates, uint64_t bad) {
    CHECK_INT(s->counts.registered, registered);
    CHECK_INT(s->counts.existing, existing);
    CHECK_INT(s->counts.duplicates, duplicates);
    CHECK_INT(s->counts.bad, bad);
}

/* Runs `look` in a read transaction. */
static void look(struct scene *s, void (*at)(const struct registry *r)) {
    struct txn *t;
    CHECK_OK(store_begin_read(s->store.store, &t));
    struct registry r = {t, &s->memory, account, region};
    at(&r);
    store_rollback(t);
}

/* A CSV of lamp-0, lamp-1 … with these columns before the certificate. */
static void add_records(struct scene *s, struct buf *csv, unsigned from, unsigned count) {
    for (unsigned i = from; i < from + count; i++) {
        const char *name = arena_printf(&s->memory, "lamp-%u", i);
        buf_printf(csv, "%s,", name);
        csv_append(csv, fixture_device_pem(name, &s->memory));
        buf_text(csv, "\n");
    }
}

static void look_at_lamp_3(const struct registry *r) {
    struct thing_record thing;
    struct thing_principal_list principals;
    struct policy_list policies;
    struct name_list groups;
    struct certificate_record c;
    CHECK_OK(thing_load(r, BYTES("lamp-3"), &thing));
    CHECK_BYTES(thing.attributes[0].value, BYTES("plant-lamp-3"));
    CHECK_OK(thing_list_principals(r, BYTES("lamp-3"), NULL, &(struct page){0}, &principals));
    CHECK_INT(principals.count, 1);
    bytes arn = principals.items[0].name;
    CHECK_OK(policy_list_attached(r, arn, &(struct page){0}, &policies));
    CHECK_INT(policies.count, 1);
    CHECK_OK(thing_list_groups(r, BYTES("lamp-3"), &(struct page){0}, &groups));
    CHECK_BYTES(groups.items[0], BYTES("pilot"));
    CHECK_OK(certificate_load(r, bytes_skip(arn, arn.len - 64), &c));
    CHECK_INT(c.status, CERTIFICATE_ACTIVE);
    CHECK_INT(c.mode, CERTIFICATE_MODE_SNI_ONLY);
    CHECK(bytes_start_with(c.pem, BYTES("-----BEGIN")) && c.not_after_ms > c.not_before_ms);
}

static void plan_things(struct scene *s) {
    s->plan.thing_name = BYTES("{CN}");
    s->plan.policies[s->plan.policy_count++] = BYTES("devices");
    s->plan.groups[s->plan.group_count++] = BYTES("pilot");
    s->plan.attributes[s->plan.attribute_count++] =
        (struct thing_attribute){BYTES("site"), BYTES("plant-{CN}")};
}

TEST(registers_each_record_with_thing_policy_and_group) {
    struct scene s = scene_open();
    AUTO(buf) csv = {0};
    buf_text(&csv, "name,certificate\n");
    add_records(&s, &csv, 0, 20);
    write_ledger(&s, buf_bytes(&csv));
    plan_things(&s);
    CHECK_OK(try_import(&s, 7));
    check_counts(&s, 20, 0, 0, 0);
    CHECK_TEXT(s.report, "line,outcome,certificateId,reason\n");
    look(&s, look_at_lamp_3);
    CHECK_OK(try_import(&s, 7)); /* again: nothing is left to do */
    check_counts(&s, 0, 20, 0, 0);
    scene_done(&s);
}

TEST(an_import_goes_on_where_another_ended) {
    struct scene s = scene_open();
    AUTO(buf) csv = {0};
    buf_text(&csv, "name,certificate\n");
    add_records(&s, &csv, 0, 5);
    write_ledger(&s, buf_bytes(&csv));
    CHECK_OK(try_import(&s, 0)); /* without things, as if it had come so far */
    add_records(&s, &csv, 5, 5);
    write_ledger(&s, buf_bytes(&csv));
    plan_things(&s);
    CHECK_OK(try_import(&s, 0));
    check_counts(&s, 5, 0, 0, 0);
    CHECK_INT(s.counts.completed, 5);
    look(&s, look_at_lamp_3);
    scene_done(&s);
}

TEST(a_bad_record_is_reported_and_takes_none_along) {
    struct scene s = scene_open();
    AUTO(buf) csv = {0};
    buf_text(&csv, "name,certificate\n");
    add_records(&s, &csv, 0, 3);
    buf_text(&csv, "broken,\"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n\"\n"
                   "none,\nwords,not base64\n");
    bytes twice = arena_copy(&s.memory, fixture_device_pem("twice", &s.memory));
    for (int i = 0; i < 2; i++) {
        buf_text(&csv, "twice,");
        csv_append(&csv, twice);
        buf_text(&csv, "\n");
    }
    add_records(&s, &csv, 3, 1);
    write_ledger(&s, buf_bytes(&csv));
    CHECK_OK(try_import(&s, 0));
    check_counts(&s, 5, 0, 1, 3);
    CHECK(strstr(s.report, ",bad,,certificatePem"));
    CHECK(strstr(s.report, ",bad,,it has no certificate"));
    CHECK(strstr(s.report, "neither PEM nor base64 of DER"));
    CHECK(strstr(s.report, ",duplicate,") && strstr(s.report, "the same as on line"));
    scene_done(&s);
}

static void look_for_nobody(const struct registry *r) {
    struct certificate_list l;
    struct thing_record thing;
    CHECK_OK(certificate_list(r, &(struct page){0}, &l));
    CHECK_INT(l.count, 2);
    CHECK_INT(thing_load(r, BYTES("b"), &thing), E_NOT_FOUND);
}

TEST(what_the_registry_refuses_is_not_half_registered) {
    struct scene s = scene_open();
    AUTO(buf) csv = {0};
    static const char *const lines[] = {"a,devices,", "b,nowhere,", "c c,devices,", "d,extra,"};
    buf_text(&csv, "thingName,policies,certificate\n");
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        buf_text(&csv, lines[i]);
        csv_append(&csv, fixture_device_pem(lines[i], &s.memory));
        buf_text(&csv, "\n");
    }
    write_ledger(&s, buf_bytes(&csv));
    CHECK_OK(try_import(&s, 0));
    check_counts(&s, 2, 0, 0, 2);
    CHECK(strstr(s.report, "Policy not found"));
    CHECK(strstr(s.report, "Value 'c c' at 'thingName'"));
    look(&s, look_for_nobody);
    scene_done(&s);
}

TEST(a_policy_that_nobody_made_is_told_before_anything_is_done) {
    struct scene s = scene_open();
    write_ledger(&s, fixture_device_pem("lamp", &s.memory));
    s.plan.policies[s.plan.policy_count++] = BYTES("missing");
    CHECK_FAILS(try_import(&s, 0), E_NOT_FOUND, "there is no policy missing");
    check_counts(&s, 0, 0, 0, 0);
    scene_done(&s);
}

static void look_at_chain(const struct registry *r) {
    struct certificate_list l;
    struct certificate_record c;
    bytes block;
    size_t blocks = 0;
    CHECK_OK(certificate_list(r, &(struct page){.ascending = true}, &l));
    CHECK_INT(l.count, 2);
    for (size_t i = 0; i < l.count; i++) {
        CHECK_OK(certificate_load(r, l.items[i].id, &c));
        for (bytes rest = c.pem; pem_text_take(&rest, &block);)
            blocks++;
    }
    CHECK_INT(blocks, 3); /* one of them brought its CA [AWS identity 1.2] */
}

TEST(in_a_bundle_a_ca_belongs_to_the_certificate_before_it) {
    struct scene s = scene_open();
    AUTO(buf) bundle = {0};
    buf_text(&bundle, "two lamps\n");
    buf_append(&bundle, fixture_device_pem("one", &s.memory));
    buf_append(&bundle, fixture_vendor_ca(&s.memory));
    buf_append(&bundle, fixture_device_pem("two", &s.memory));
    buf_text(&bundle, "-----BEGIN CERTIFICATE-----\nMIIB");
    write_ledger(&s, buf_bytes(&bundle));
    CHECK_OK(try_import(&s, 0));
    check_counts(&s, 2, 0, 0, 1);
    CHECK(strstr(s.report, "is cut off"));
    look(&s, look_at_chain);
    scene_done(&s);
}

TEST(certificates_of_another_vendor_are_refused) {
    struct scene s = scene_open();
    struct vendor *v;
    write_ledger(&s, fixture_device_pem("one", &s.memory));
    CHECK_OK(vendor_open(fixture_vendor_signer(&s.memory), &v));
    s.plan.vendor = v;
    CHECK_OK(try_import(&s, 0));
    check_counts(&s, 0, 0, 0, 1);
    vendor_free(v);
    CHECK_OK(vendor_open(fixture_vendor_ca(&s.memory), &v));
    s.plan.vendor = v;
    CHECK_OK(try_import(&s, 0));
    check_counts(&s, 1, 0, 0, 0);
    vendor_free(v);
    scene_done(&s);
}

TEST(a_manifest_names_its_things) {
    struct scene s = scene_open();
    AUTO(buf) manifest = {0};
    struct vendor *v;
    struct txn *t;
    struct thing_record thing;
    buf_printf(&manifest, "[%s,\n%s]", fixture_jws("01ab", "a", &s.memory).ptr,
               fixture_jws("02cd", "b", &s.memory).ptr);
    write_ledger(&s, buf_bytes(&manifest));
    CHECK_OK(vendor_open(fixture_vendor_signer(&s.memory), &v));
    s.plan.vendor = v;
    s.plan.thing_name = BYTES("{uniqueId:upper}");
    CHECK_OK(try_import(&s, 0));
    check_counts(&s, 2, 0, 0, 0);
    CHECK_OK(store_begin_read(s.store.store, &t));
    struct registry r = {t, &s.memory, account, region};
    CHECK_OK(thing_load(&r, BYTES("02CD"), &thing));
    store_rollback(t);
    vendor_free(v);
    scene_done(&s);
}

static const char template_text[] =
    "{\"Parameters\":{\"Site\":{\"Type\":\"String\"},"
    "\"AWS::IoT::Certificate::CommonName\":{\"Type\":\"String\"}},"
    "\"Resources\":{"
    "\"t\":{\"Type\":\"AWS::IoT::Thing\",\"Properties\":{\"ThingName\":{\"Fn::Join\":[\"-\",[\"t\","
    "{\"Ref\":\"AWS::IoT::Certificate::CommonName\"}]]},\"AttributePayload\":{\"site\":{\"Ref\":"
    "\"Site\"}}}},"
    "\"c\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":{\"CertificateId\":{\"Ref\":"
    "\"AWS::IoT::Certificate::Id\"},\"Status\":\"INACTIVE\"}},"
    "\"p\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":{\"PolicyName\":\"devices\"}}}}";

static void look_at_templated(const struct registry *r) {
    struct thing_record thing;
    struct thing_principal_list principals;
    struct policy_list policies;
    struct certificate_record c;
    CHECK_OK(thing_load(r, BYTES("t-lamp"), &thing));
    CHECK_BYTES(thing.attributes[0].value, BYTES("plant-7"));
    CHECK_OK(thing_list_principals(r, BYTES("t-lamp"), NULL, &(struct page){0}, &principals));
    bytes arn = principals.items[0].name;
    CHECK_OK(policy_list_attached(r, arn, &(struct page){0}, &policies));
    CHECK_BYTES(policies.items[0].name, BYTES("devices"));
    CHECK_OK(certificate_load(r, bytes_skip(arn, arn.len - 64), &c));
    CHECK_INT(c.status, CERTIFICATE_INACTIVE);
    CHECK_INT(c.mode, CERTIFICATE_MODE_SNI_ONLY);
}

TEST(a_provisioning_template_says_what_becomes_of_each_record) {
    struct scene s = scene_open();
    AUTO(buf) csv = {0};
    buf_text(&csv, "Site,certificate\nplant-7,");
    csv_append(&csv, fixture_device_pem("lamp", &s.memory));
    buf_text(&csv, "\n,");
    csv_append(&csv, fixture_device_pem("nowhere", &s.memory));
    write_ledger(&s, buf_bytes(&csv));
    CHECK_OK(
        template_parse(&s.memory, bytes_from(template_text), TEMPLATE_FLEET, &s.plan.template));
    CHECK_OK(try_import(&s, 0));
    check_counts(&s, 1, 0, 0, 1);
    CHECK(strstr(s.report, "Site"));
    look(&s, look_at_templated);
    CHECK_OK(try_import(&s, 0));
    check_counts(&s, 0, 1, 0, 1);
    scene_done(&s);
}

TEST(what_is_no_ledger_is_told) {
    struct scene s = scene_open();
    struct ledger *l;
    write_ledger(&s, BYTES("hello\nworld\n"));
    CHECK_FAILS(ledger_open(s.path, &l), E_INVALID, "is no ledger");
    write_ledger(&s, BYTES(""));
    CHECK_FAILS(ledger_open(s.path, &l), E_INVALID, "is empty");
    CHECK_FAILS(ledger_open("/nonexistent", &l), E_UNAVAILABLE, "cannot be read");
    write_ledger(&s, BYTES("[{\"a\":1}, nonsense"));
    CHECK_FAILS(try_import(&s, 0), E_MALFORMED, "no element of its array");
    check_counts(&s, 0, 0, 0, 1);
    scene_done(&s);
}

/* ---- export ---- */

static void export_to(struct scene *s, enum export_form form) {
    struct txn *t;
    uint64_t count;
    CHECK_OK(store_begin_read(s->store.store, &t));
    struct registry r = {t, &s->memory, account, region};
    CHECK_OK(export_run(&r, form, s->path, NULL, &count));
    store_rollback(t);
}

static void read_back(const struct scene *s, struct buf *out) {
    char part[4096];
    FILE *f = fopen(s->path, "re");
    CHECK(f);
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        buf_append(out, bytes_of(part, n));
    (void)fclose(f);
}

TEST(what_is_exported_is_imported_the_same) {
    static const enum export_form forms[] = {EXPORT_CSV, EXPORT_BUNDLE};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct scene first = scene_open(), second = scene_open();
        AUTO(buf) csv = {0};
        AUTO(buf) one = {0};
        AUTO(buf) other = {0};
        buf_text(&csv, "name,certificate\n");
        add_records(&first, &csv, 0, 300); /* more than a page */
        write_ledger(&first, buf_bytes(&csv));
        plan_things(&first);
        CHECK_OK(try_import(&first, 100));
        export_to(&first, forms[i]);
        read_back(&first, &one);
        write_ledger(&second, buf_bytes(&one));
        CHECK_OK(try_import(&second, 0));
        check_counts(&second, 300, 0, 0, 0);
        if (forms[i] == EXPORT_CSV)
            look(&second, look_at_lamp_3);
        export_to(&second, forms[i]);
        read_back(&second, &other);
        CHECK_INT(one.len, other.len);
        scene_done(&first);
        scene_done(&second);
    }
}

TEST_MAIN("ledger/import")
