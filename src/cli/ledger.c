/* kedge import and kedge export: the certificates of many devices, in and out [AWS identity 9.3].
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "account/account.h"
#include "base/clock.h"
#include "base/file.h"
#include "cli/cli.h"
#include "gateway/running.h"
#include "ledger/export.h"
#include "ledger/import.h"

/* Of a stopped server nobody knows the region; it stands in no key, only in ARNs. */
static const char unknown_region[] = "us-east-1";

/* ---- options of import ---- */

struct import_options {
    const char *data, *account, *path, *vendor_file, *template_file, *report;
    bool unverified, help;
    struct ledger_plan plan;
};

typedef status take_function(struct import_options *o, const char *value);

static status take_pattern(const char *value, bytes *out) {
    *out = bytes_from(value);
    return placeholder_check(*out);
}

static status take_data(struct import_options *o, const char *value) {
    o->data = value;
    return OK;
}
static status take_account(struct import_options *o, const char *value) {
    o->account = value;
    return OK;
}
static status take_vendor(struct import_options *o, const char *value) {
    o->vendor_file = value;
    return OK;
}
static status take_template(struct import_options *o, const char *value) {
    o->template_file = value;
    return OK;
}
static status take_report(struct import_options *o, const char *value) {
    o->report = value;
    return OK;
}
static status take_label(struct import_options *o, const char *value) {
    o->plan.label = bytes_from(value);
    return OK;
}
static status take_status(struct import_options *o, const char *value) {
    return certificate_status_parse(bytes_from(value), &o->plan.status);
}
static status take_thing_name(struct import_options *o, const char *value) {
    return take_pattern(value, &o->plan.thing_name);
}
static status take_thing_type(struct import_options *o, const char *value) {
    return take_pattern(value, &o->plan.thing_type);
}
static status take_policy(struct import_options *o, const char *value) {
    if (o->plan.policy_count == COUNT_OF(o->plan.policies))
        return FAIL(E_INVALID, "a certificate may have %zu policies", COUNT_OF(o->plan.policies));
    return take_pattern(value, &o->plan.policies[o->plan.policy_count++]);
}
static status take_group(struct import_options *o, const char *value) {
    if (o->plan.group_count == COUNT_OF(o->plan.groups))
        return FAIL(E_INVALID, "a thing may be in %zu groups", COUNT_OF(o->plan.groups));
    return take_pattern(value, &o->plan.groups[o->plan.group_count++]);
}
static status take_attribute(struct import_options *o, const char *value) {
    bytes text = bytes_from(value);
    size_t equals = bytes_find(text, '=');
    if (equals == 0 || equals == text.len)
        return FAIL(E_INVALID, "--attribute takes NAME=VALUE, not '%.80s'", value);
    if (o->plan.attribute_count == COUNT_OF(o->plan.attributes))
        return FAIL(E_INVALID, "a thing may have %zu attributes", COUNT_OF(o->plan.attributes));
    struct thing_attribute *a = &o->plan.attributes[o->plan.attribute_count++];
    a->name = bytes_slice(text, 0, equals);
    return take_pattern(value + equals + 1, &a->value);
}

static const struct {
    const char *name;
    take_function *take;
    const char *value, *sentence;
} options[] = {
    {"--data", take_data, "DIR", "of the server, which may run or not [./kedge-data]"},
    {"--account", take_account, "ID", "whose they become [the default account]"},
    {"--status", take_status, "STATUS", "ACTIVE, INACTIVE or REVOKED [ACTIVE]"},
    {"--policy", take_policy, "NAME", "is attached to each certificate; may be repeated"},
    {"--thing-name", take_thing_name, "NAME", "of a thing for each certificate [no thing]"},
    {"--thing-type", take_thing_type, "NAME", "of each thing"},
    {"--group", take_group, "NAME", "into which each thing is put; may be repeated"},
    {"--attribute", take_attribute, "NAME=VALUE", "of each thing; may be repeated"},
    {"--template", take_template, "FILE", "a provisioning template, instead of all these names"},
    {"--vendor-cert", take_vendor, "FILE", "PEM of who signed the manifest or the certificates"},
    {"--label", take_label, "LABEL", "which of a device's certificates, in a manifest"},
    {"--report", take_report, "FILE", "of what is not simply registered [LEDGER.report.csv]"},
};

static void print_import_help(void) {
    (void)printf("kedge import LEDGER [OPTION …]\n\n"
                 "LEDGER is a CSV, a folder of PEM files, a PEM bundle, or a manifest of Microchip "
                 "or NXP.\n\n");
    for (size_t i = 0; i < COUNT_OF(options); i++)
        (void)printf("  %-13s %-11s %s\n", options[i].name, options[i].value, options[i].sentence);
    (void)printf(
        "  %-13s %-11s takes a manifest's word without --vendor-cert\n\n"
        "Names may hold {CN} {O} {OU} {serialNumber} {serial} {id} of the certificate, and any\n"
        "column of the CSV or text of the manifest, as {uniqueId}; {CN:upper}, {CN:lower}.\n"
        "To go on after an interruption run it again: what is registered stays as it is.\n",
        "--unverified", "");
}

static status parse_option(struct import_options *o, const char *name, const char *value,
                           bool *out_known) {
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        if (strcmp(name, options[i].name) != 0)
            continue;
        *out_known = true;
        if (!value)
            return FAIL(E_INVALID, "%s takes a value", name);
        return options[i].take(o, value);
    }
    *out_known = false;
    return OK;
}

static status parse_import(int count, char **words, struct import_options *o) {
    for (int i = 0; i < count; i++) {
        bool known;
        TRY(parse_option(o, words[i], i + 1 < count ? words[i + 1] : NULL, &known));
        if (known)
            i++;
        else if (strcmp(words[i], "--unverified") == 0)
            o->unverified = true;
        else if (strcmp(words[i], "--help") == 0)
            o->help = true;
        else if (words[i][0] == '-' || o->path)
            return FAIL(E_INVALID, "'%s' is not understood; see kedge import --help", words[i]);
        else
            o->path = words[i];
    }
    if (!o->path && !o->help)
        return FAIL(E_INVALID, "which ledger? Say kedge import LEDGER, or kedge import --help");
    return OK;
}

/* ---- progress, on standard error ---- */

enum { BAR_WIDTH = 30, LINE_PAUSE_US = 5000000, BAR_PAUSE_US = 100000 };

struct bar {
    bool terminal;
    uint64_t begun_us, next_us;
};

static uint64_t sum_of(const struct import_counts *c) {
    return c->registered + c->completed + c->existing + c->duplicates + c->bad;
}

static void show_bar(const struct import_progress *p, uint64_t sum, double rate) {
    char cells[BAR_WIDTH + 1];
    size_t full = (size_t)(p->fraction * BAR_WIDTH);
    memset(cells, '.', BAR_WIDTH);
    memset(cells, '#', full < BAR_WIDTH ? full : BAR_WIDTH);
    cells[BAR_WIDTH] = '\0';
    (void)fprintf(stderr, "\r[%s] %3.0f %%  %llu certificates, %.0f/s %s", cells, p->fraction * 100,
                  (unsigned long long)sum, rate, p->ended ? "\n" : "");
}

static void show(void *context, const struct import_progress *p) {
    struct bar *d = context;
    uint64_t now_us = clock_monotonic_us(), sum = sum_of(&p->counts);
    double rate = (double)sum * 1e6 / (double)(now_us - d->begun_us + 1);
    if (now_us < d->next_us && !(p->ended && d->terminal))
        return;
    d->next_us = now_us + (d->terminal ? BAR_PAUSE_US : LINE_PAUSE_US);
    if (d->terminal)
        show_bar(p, sum, rate);
    else
        (void)fprintf(stderr, "%.0f %% of the ledger: %llu certificates, %.0f a second\n",
                      p->fraction * 100, (unsigned long long)sum, rate);
}

/* ---- import ---- */

static _Atomic bool interrupted;

static void on_interrupt(int number) {
    UNUSED(number);
    atomic_store(&interrupted, true);
}

static void heed_interrupts(void) {
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static status open_vendor(const struct import_options *o, enum ledger_kind kind,
                          struct vendor **out) {
    AUTO(buf) pem = {0};
    if (kind == LEDGER_MANIFEST && !o->vendor_file && !o->unverified)
        return FAIL(E_INVALID, "a manifest is verified with the vendor's signing certificate: give "
                               "--vendor-cert FILE, or --unverified to take its word");
    if (!o->vendor_file)
        return OK;
    TRY(file_read(o->vendor_file, &pem));
    status s = vendor_open(buf_bytes(&pem), out);
    return s == OK ? OK : FAIL(s, "%s: %s", o->vendor_file, failure_text());
}

/* The text has to live as long as the template. */
static status open_template(struct import_options *o, struct arena *memory, struct buf *text) {
    const struct ledger_plan *p = &o->plan;
    if (!o->template_file)
        return OK;
    if (p->policy_count + p->group_count + p->attribute_count + p->thing_name.len +
            p->thing_type.len >
        0)
        return FAIL(E_INVALID, "--template says all about things and policies: leave --policy, "
                               "--thing-name, --thing-type, --group and --attribute out");
    TRY(file_read(o->template_file, text));
    status s = template_parse(memory, buf_bytes(text), TEMPLATE_FLEET, &o->plan.template);
    return s == OK ? OK : FAIL(s, "%s: %s", o->template_file, failure_text());
}

static const char *report_path(const struct import_options *o, struct arena *memory) {
    bytes path = bytes_from(o->path);
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    return o->report ? o->report : arena_printf(memory, "%.*s.report.csv", BYTES_ARG(path));
}

/* Returns 0 when nothing was bad. */
static int print_counts(const struct import_counts *c, const char *report) {
    (void)printf("%llu registered", (unsigned long long)c->registered);
    if (c->completed)
        (void)printf(", %llu completed", (unsigned long long)c->completed);
    (void)printf(", %llu registered already, %llu duplicates, %llu bad\n",
                 (unsigned long long)c->existing, (unsigned long long)c->duplicates,
                 (unsigned long long)c->bad);
    if (c->completed + c->existing + c->duplicates + c->bad > 0)
        (void)printf("what and why: %s\n", report);
    if (atomic_load(&interrupted))
        (void)printf("interrupted: run it again to go on\n");
    return c->bad > 0 || atomic_load(&interrupted) ? 1 : 0;
}

/* Live clients of what was registered before and has got more now; new ones cannot be connected. */
static void tell_server(const struct running *server, const struct import_counts *c) {
    if (server->pid > 0 && c->completed + c->duplicates > 0)
        (void)kill((pid_t)server->pid, SIGUSR1);
}

static status run_import(struct import_options *o, struct import *i, const char *report) {
    AUTO(arena) memory = {0};
    struct running server = {0};
    struct account account;
    struct import_counts counts;
    bool beside = running_read(o->data, &memory, &server) == OK;
    struct bar d = {isatty(STDERR_FILENO), clock_monotonic_us(), clock_monotonic_us()};
    TRY(load_account(i->store, o->account, &account));
    i->account = bytes_from(account.id);
    i->region = bytes_from(beside ? server.region : unknown_region);
    i->batch = beside ? IMPORT_BATCH_BESIDE_SERVER : IMPORT_BATCH;
    i->pause_ms = beside ? IMPORT_PAUSE_MS : 0;
    i->plan = &o->plan;
    i->stop = &interrupted;
    i->progress = show;
    i->context = &d;
    d.next_us += d.terminal ? 0 : LINE_PAUSE_US;
    heed_interrupts();
    store_expect_much(i->store);
    status s = import_run(i, &counts);
    tell_server(&server, &counts);
    if (print_counts(&counts, report) != 0 && s == OK)
        return FAIL(E_UNAVAILABLE, counts.bad ? "some certificates could not be registered"
                                              : "not all of the ledger was taken in");
    return s;
}

static status import_ledger(struct import_options *o, struct arena *memory) {
    struct import i = {0};
    struct vendor *vendor = NULL;
    AUTO(buf) template = {0};
    const char *report = report_path(o, memory);
    status s = ledger_open(o->path, &i.ledger);
    if (s == OK)
        s = open_template(o, memory, &template);
    if (s == OK)
        s = open_vendor(o, ledger_kind_of(i.ledger), &vendor);
    if (s == OK)
        s = open_store(o->data, &i.store);
    if (s == OK && !(i.report = fopen(report, "we")))
        s = FAIL(E_UNAVAILABLE, "the report %s cannot be written: choose another with --report",
                 report);
    o->plan.vendor = vendor;
    if (s == OK)
        s = run_import(o, &i, report);
    if (i.report && fclose(i.report) != 0 && s == OK)
        s = FAIL(E_UNAVAILABLE, "the report %s could not be written whole", report);
    store_close(i.store);
    vendor_free(vendor);
    ledger_close(i.ledger);
    return s;
}

int command_import(int count, char **words) {
    AUTO(arena) memory = {0};
    struct import_options o = {.data = "./kedge-data", .plan = {.status = CERTIFICATE_ACTIVE}};
    status s = parse_import(count, words, &o);
    if (s != OK)
        return complain("import", s);
    if (o.help) {
        print_import_help();
        return 0;
    }
    s = import_ledger(&o, &memory);
    return s == OK ? 0 : complain("import", s);
}

/* ---- export ---- */

struct export_options {
    const char *data, *account, *format, *path;
};

static const char **export_place(struct export_options *o, const char *name) {
    if (strcmp(name, "--data") == 0)
        return &o->data;
    if (strcmp(name, "--account") == 0)
        return &o->account;
    return strcmp(name, "--format") == 0 ? &o->format : NULL;
}

static status parse_export(int count, char **words, struct export_options *o,
                           enum export_form *out_form) {
    for (int i = 0; i < count; i++) {
        const char **place = export_place(o, words[i]);
        if (place && i + 1 == count)
            return FAIL(E_INVALID, "%s takes a value", words[i]);
        if (place)
            *place = words[++i];
        else if (words[i][0] == '-' || o->path)
            return FAIL(E_INVALID, "'%s' is not understood; see kedge help", words[i]);
        else
            o->path = words[i];
    }
    if (!o->path)
        return FAIL(E_INVALID, "where to? Say kedge export PATH: a .csv, a .pem or a folder");
    *out_form = export_form_of(o->path);
    return o->format ? export_form_parse(o->format, out_form) : OK;
}

static void show_exported(uint64_t count) {
    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r%llu certificates ", (unsigned long long)count);
}

static status export_account(const struct export_options *o, enum export_form form,
                             struct store *store, uint64_t *out_count) {
    AUTO(arena) memory = {0};
    struct running server = {0};
    struct account account;
    struct txn *t;
    bool beside = running_read(o->data, &memory, &server) == OK;
    TRY(load_account(store, o->account, &account));
    TRY(store_begin_read(store, &t));
    struct registry r = {t, &memory, bytes_from(account.id),
                         bytes_from(beside ? server.region : unknown_region)};
    status s = export_run(&r, form, o->path, show_exported, out_count);
    store_rollback(t);
    return s;
}

int command_export(int count, char **words) {
    struct export_options o = {.data = "./kedge-data"};
    enum export_form form = EXPORT_CSV;
    struct store *store = NULL;
    uint64_t exported = 0;
    status s = parse_export(count, words, &o, &form);
    if (s == OK)
        s = open_store(o.data, &store);
    if (s == OK)
        s = export_account(&o, form, store, &exported);
    store_close(store);
    if (s != OK)
        return complain("export", s);
    (void)printf("%s%llu certificates are in %s\n", isatty(STDERR_FILENO) ? "\n" : "",
                 (unsigned long long)exported, o.path);
    return 0;
}
