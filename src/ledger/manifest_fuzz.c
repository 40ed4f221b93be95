/* Manifests from anywhere: elements are cut as a JSON parser sees them, and what is read has a PEM
 * text that reads again. */
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "ledger/manifest.h"
#include "ledger/pem_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds)
        abort();
}

static void read_element(bytes element) {
    AUTO(arena) memory = {0};
    struct manifest_device d;
    status s = manifest_read(element, NULL, (bytes){0}, &memory, &d);
    must(s == OK || s == E_MALFORMED || s == E_NOT_FOUND || s == E_DENIED);
    must(s == OK || strlen(failure_text()) > 0);
    must(s != OK || (d.pem.len > 0 && d.field_count <= MANIFEST_FIELDS_MAX));
}

/* Elements of a document that is JSON as a whole are those of its array, in number. */
static void compare(bytes text, size_t count, bool whole) {
    AUTO(arena) memory = {0};
    const struct json *root;
    if (json_parse(&memory, text, &root) != OK || root->type != JSON_ARRAY)
        return;
    bool objects = true;
    JSON_EACH (item, root)
        objects = objects && item->type == JSON_OBJECT;
    if (objects)
        must(whole && count == root->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bytes text = bytes_of(data, size), rest = text, element;
    uint64_t line = 1, at;
    size_t count = 0;
    bool taken = true;
    status s = OK;
    while (taken && (s = manifest_take(&rest, &line, &element, &at, &taken)) == OK && taken) {
        must(element.len > 1 && at <= line);
        read_element(element);
        count++;
    }
    must(s == OK || s == E_MALFORMED);
    compare(text, count, s == OK);
    read_element(text);
    return 0;
}
