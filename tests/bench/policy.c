/* What a policy check costs: nanoseconds per policy_check and per policy_set_bind, and the memory
 * of a bound set. Nothing is remembered between checks: this is the price of a miss.
 *
 *     bench_policy */
#include "policy/fixture.h"
#include "report.h"

enum { CHECKS = 2000000, BINDS = 20000, STATEMENTS = 10 };

static const char device[] =
    "[{'E':'Allow','A':'Connect','R':'C:${iot:Connection.Thing.ThingName}'},"
    "{'E':'Allow','A':'Publish','R':['T:$aws/things/${iot:Connection.Thing.ThingName}/*',"
    "'T:fleet/${iot:Connection.Thing.ThingName}/up/*']},"
    "{'E':'Allow','A':'Subscribe','R':['F:$aws/things/${iot:Connection.Thing.ThingName}/*',"
    "'F:fleet/${iot:Connection.Thing.ThingName}/down/*']},"
    "{'E':'Allow','A':'Receive','R':['T:$aws/things/${iot:Connection.Thing.ThingName}/*',"
    "'T:fleet/${iot:Connection.Thing.ThingName}/down/*']}]";
static const char open_to_all[] = "[{'E':'Allow','A':'iot:*','R':'*'}]";
static const char with_deny[] = "[{'E':'Allow','A':'*','R':'*'},{'E':'Deny','A':'Publish','R':"
                                "['T:admin/*','T:*/secret','T:$aws/*/delete/*']}]";

/* Statements that differ in one number. */
static const char *made_of(struct buf *text, const char *before, const char *after) {
    buf_text(text, "[");
    for (int i = 0; i < STATEMENTS; i++)
        buf_printf(text, "%s{'E':'Allow','A':'Publish','R':'%s%d%s'}", i ? "," : "", before, i,
                   after);
    buf_text(text, "]");
    return buf_string(text);
}

static void measure(const char *what, const char *notation, const char *name) {
    AUTO(arena) a = {0};
    struct policy_document *d = fixture_document("P", notation);
    const struct policy_context *c = fixture_context(&a, "cid=lamp-000017; thing=lamp-000017");
    struct policy_set *s = policy_set_bind(&d, 1, &fixture_scope, c);
    bytes topic = bytes_from(name);
    unsigned allowed = 0;
    double start = report_cpu_us();
    for (int i = 0; i < CHECKS; i++) {
        __asm__ volatile("" : "+r"(topic.ptr)); /* each time anew */
        allowed += policy_check(s, POLICY_PUBLISH, topic, NULL).verdict == POLICY_ALLOWED;
    }
    report((report_cpu_us() - start) * 1000 / CHECKS, "ns", "%s, %s", what,
           allowed ? "allowed" : "denied");
    policy_set_unref(s);
    policy_document_unref(d);
}

static void measure_bind(const char *what, const char *notation) {
    AUTO(arena) a = {0};
    struct policy_document *d = fixture_document("P", notation);
    const struct policy_context *c = fixture_context(&a, "cid=lamp-000017; thing=lamp-000017");
    size_t size = 0;
    double start = report_cpu_us();
    for (int i = 0; i < BINDS; i++) {
        struct policy_set *s = policy_set_bind(&d, 1, &fixture_scope, c);
        size = policy_set_bytes(s);
        policy_set_unref(s);
    }
    report((report_cpu_us() - start) * 1000 / BINDS, "ns", "%s, bind", what);
    report((double)size, "bytes", "%s, bound", what);
    policy_document_unref(d);
}

int main(void) {
    AUTO(buf) exact = {0}, prefix = {0}, glob = {0};
    const char *ten_exact = made_of(&exact, "T:fleet/site-", "/up");
    const char *ten_prefixes = made_of(&prefix, "T:fleet/site-", "/*");
    const char *ten_globs = made_of(&glob, "T:fleet/*/site-", "/*/value");
    measure("everything", open_to_all, "fleet/lamp-000017/up/state");
    measure("device, variables", device, "fleet/lamp-000017/up/state");
    measure("device, variables", device, "fleet/lamp-000018/up/state");
    measure("everything but three globs", with_deny, "fleet/lamp-000017/up/state");
    measure("10 exact", ten_exact, "fleet/site-9/up");
    measure("10 exact", ten_exact, "fleet/site-x/up");
    measure("10 prefixes", ten_prefixes, "fleet/site-9/lamp-000017");
    measure("10 prefixes", ten_prefixes, "fleet/site-x/lamp-000017");
    measure("10 globs", ten_globs, "fleet/a/site-9/lamp-000017/value");
    measure("10 globs", ten_globs, "fleet/a/site-x/lamp-000017/value");
    measure_bind("everything", open_to_all);
    measure_bind("device, variables", device);
    measure_bind("10 prefixes", ten_prefixes);
    return 0;
}
