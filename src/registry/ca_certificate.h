/* CA certificates as registered [AWS identity 2]. The caller has checked the certificate and, in
 * DEFAULT mode, the proof that the registrant holds its key. */
#pragma once
#include "registry/certificate.h"

enum { CA_SAME_SUBJECT_MAX = 10 }; /* per account [AWS identity 0.3] */

struct ca_record {
    bytes id, pem;
    bool active;            /* ACTIVE or INACTIVE */
    bool auto_registration; /* ENABLE or DISABLE */
    enum certificate_mode mode;
    bytes subject; /* stands for the subject name: alike for equal names (x509_name_hash) */
    bytes owned_by;
    int64_t created_ms, modified_ms;
    int64_t not_before_ms, not_after_ms;
    uint64_t customer_version;
    bytes generation_id;
    bytes registration_config; /* the JSON object's text; none when unset */
    bytes template_name;       /* named by it, for the filter of ca_list; or none */
};
bytes ca_arn(const struct registry *r, bytes id);

/* Registers `ca` [AWS identity 2.4]; of the record the caller fills id, pem, active,
 * auto_registration, mode, subject, validity, registration_config and template_name.
 * E_EXISTS: registered here, or elsewhere in a mode that forbids it; E_LIMIT: 10 with the same
 * subject. out_ca may be NULL; it borrows what the caller gave. */
NODISCARD
status ca_register(const struct registry *r, const struct ca_record *ca, struct ca_record *out_ca);
NODISCARD
status ca_is_registered(const struct registry *r, bytes id, bool *out_registered);
NODISCARD
status ca_load(const struct registry *r, bytes id, struct ca_record *out_ca); /* E_NOT_FOUND */
/* ca_find_by_subject gives all CAs with this subject, oldest first; at most
 * CA_SAME_SUBJECT_MAX, none is fine. */
NODISCARD
status ca_find_by_subject(const struct registry *r, bytes subject, struct ca_record **out_cas,
                          size_t *out_count);

struct ca_changes {
    const bool *active;            /* NULL: as it is */
    const bool *auto_registration; /* NULL: as it is */
    bytes registration_config;     /* none: as it is */
    bytes template_name;           /* goes with registration_config */
    bool remove_auto_registration; /* DISABLE, and the config goes [AWS identity 2.6] */
};
NODISCARD
status ca_update(const struct registry *r, bytes id, const struct ca_changes *changes);
/* ca_delete: E_CERTIFICATE_STATE while ACTIVE. Certificates it signed stay [AWS identity 2.6]. */
NODISCARD
status ca_delete(const struct registry *r, bytes id);

struct ca_list {
    struct ca_record *items;
    size_t count;
    bytes next;
};
/* By time of registration, newest first unless page->ascending; only those that name
 * `template_name`, if it has bytes. */
NODISCARD
status ca_list(const struct registry *r, bytes template_name, const struct page *page,
               struct ca_list *out_list);
