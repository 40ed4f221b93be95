/* An entry: what one piece of a ledger says, decoded, verified and checked: a certificate, and what
 * is to be attached to it. Reading one needs no store and may be done on any thread. */
#pragma once
#include "ledger/ledger.h"
#include "ledger/placeholder.h"
#include "ledger/vendor.h"
#include "registry/certificate.h"
#include "registry/policy.h"
#include "registry/thing_group.h"
#include "template/template.h"

enum { ENTRY_POLICIES_MAX = 20, ENTRY_ATTRIBUTES_MAX = THING_ATTRIBUTES_TYPED_MAX };

/* What holds for all entries. Names may hold placeholders (placeholder.h). */
struct ledger_plan {
    enum certificate_status status; /* unless a column says another */
    bytes policies[POLICIES_PER_TARGET_MAX];
    size_t policy_count;
    bytes groups[THING_GROUPS_PER_THING_MAX]; /* of the thing */
    size_t group_count;
    bytes thing_name, thing_type; /* no name: no thing */
    struct thing_attribute attributes[ENTRY_ATTRIBUTES_MAX];
    size_t attribute_count;
    const struct vendor *vendor;     /* NULL: nothing is verified */
    const struct template *template; /* instead of all names above; NULL: none. Its parameters are
                                      * columns, texts of a manifest and AWS::IoT::Certificate::… */
    bytes label; /* which certificate of a manifest's device; none: the only one */
};

struct ledger_entry {
    uint64_t line;
    status result;      /* OK, or why it cannot be registered … */
    const char *reason; /* … in a sentence */
    bytes pem;
    struct x509_summary certificate;
    enum certificate_status status;
    bytes policies[ENTRY_POLICIES_MAX];
    size_t policy_count;
    bytes groups[THING_GROUPS_PER_THING_MAX];
    size_t group_count;
    bytes thing_name, thing_type;
    struct thing_attribute *attributes;
    size_t attribute_count;
    const struct plan *plan; /* what the template says; NULL without one */
};

/* The columns of a CSV that are understood; others can be used as placeholders. Letter case, '_',
 * '-' and spaces in their names do not count:
 *
 *     certificate (certificatePem, pem)   PEM, or base64 of DER
 *     certificateFile (file, path)        a PEM file, from the folder of the CSV
 *     status                              ACTIVE, INACTIVE, REVOKED
 *     thingName (thing), thingType        instead of those of the plan
 *     policies, groups                    besides those of the plan; names with '|' or ';' between
 *     attributes (thingAttributes)        a JSON object of texts */
bool entry_has_certificate_column(const struct csv_fields *columns);

/* entry_read fills out_entry, whatever is wrong with it; it lives in `memory` and in the ledger. */
void entry_read(const struct ledger *ledger, const struct ledger_plan *plan,
                const struct ledger_piece *piece, int64_t now_ms, struct arena *memory,
                struct ledger_entry *out_entry);
