/* What running a function costs, without API and store: a warm invocation, and the first one.
 *
 *     bench_function KEDGE [CALLS]
 *
 * KEDGE is the program that confines. CPU is of this process and, apart, of the function's. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "report.h"
#include "runtime/runtime.h"

enum { COLD_STARTS = 15 };

static struct runtimes *runtimes;
static unsigned calls = 2000;

static void must(status s) {
    if (s == OK)
        return;
    (void)fprintf(stderr, "%s (%s)\n", failure_text(), failure_where());
    exit(EXIT_FAILURE);
}

static struct runtime_code code_in(const char *folder, const char *runtime) {
    return (struct runtime_code){.account = BYTES("123456789012"),
                                 .name = BYTES("f"),
                                 .version = BYTES("$LATEST"),
                                 .function_arn = bytes_from(runtime),
                                 .handler = BYTES("index.handler"),
                                 .runtime = bytes_from(runtime),
                                 .folder = folder,
                                 .revision = BYTES("1"),
                                 .timeout_ms = 30000};
}

static void call(const struct runtime_code *code) {
    AUTO(arena) a = {0};
    struct runtime_event event = {.event = BYTES("{\"temperature\":31.5,\"deviceId\":\"lamp-1\"}")};
    struct runtime_result r;
    must(runtime_invoke(runtimes, code, &event, &a, &r));
    if (!r.error)
        return;
    (void)fprintf(stderr, "%.*s\n", BYTES_ARG(r.payload));
    exit(EXIT_FAILURE);
}

static int by_value(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double sort_middle(double *values, size_t count) {
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static void measure_cold(const struct runtime_code *code, const char *name) {
    double ms[COLD_STARTS];
    for (int i = 0; i < COLD_STARTS; i++) {
        runtime_forget(runtimes, code->function_arn);
        uint64_t start = clock_monotonic_us();
        call(code);
        ms[i] = (double)(clock_monotonic_us() - start) / 1000;
    }
    report(sort_middle(ms, COLD_STARTS), "ms", "%s: first invocation, median", name);
    report(ms[0], "ms", "%s: first invocation, least", name);
}

static void measure_warm(const struct runtime_code *code, const char *name) {
    double *us = NEW_ARRAY(double, calls), cpu = report_cpu_us();
    for (unsigned i = 0; i < calls; i++) {
        uint64_t start = clock_monotonic_us();
        call(code);
        us[i] = (double)(clock_monotonic_us() - start);
    }
    cpu = report_cpu_us() - cpu;
    report(sort_middle(us, calls), "us", "%s: warm invocation, median", name);
    report(us[calls * 99 / 100], "us", "%s: warm invocation, 99 of 100", name);
    report(cpu / calls, "us", "%s: warm invocation, CPU of the server", name);
    mem_free(us);
}

static void measure(const char *runtime, const char *file, const char *text) {
    char folder[] = "/tmp/kedge-bench-XXXXXX", path[64];
    AUTO(arena) a = {0};
    const char *interpreter;
    if (runtime_find(runtimes, bytes_from(runtime), &a, &interpreter) != OK) {
        (void)printf("  %s: %s\n", runtime, failure_text());
        return;
    }
    if (!mkdtemp(folder) || chmod(folder, 0755) != 0)
        exit(EXIT_FAILURE);
    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    must(file_write(path, bytes_from(text), 0644));
    struct runtime_code code = code_in(folder, runtime);
    measure_cold(&code, runtime);
    measure_warm(&code, runtime);
    runtime_forget(runtimes, code.function_arn);
    must(folder_remove(folder));
}

int main(int argc, char **argv) {
    static const struct runtime_host host = {.region = "us-east-1",
                                             .endpoint_url = "http://127.0.0.1:9"};
    struct runtime_options options = {.program = argc > 1 ? argv[1] : "build/kedge"};
    if (argc > 2)
        calls = (unsigned)strtoul(argv[2], NULL, 10);
    must(runtimes_open(&host, &options, &runtimes));
    measure("python3.11", "index.py",
            "def handler(event, context):\n    return event['temperature'] > 30\n");
    measure(
        "python3.12", "index.py",
        "import boto3\niot = boto3.client('iot')\ndef handler(event, context):\n    return 1\n");
    measure("nodejs20.x", "index.js",
            "exports.handler = async (event) => event.temperature > 30;\n");
    runtimes_free(runtimes);
    return 0;
}
