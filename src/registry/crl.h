/* Certificate revocation lists, one per CA certificate of an account: what of its certificates the
 * CA itself has withdrawn. AWS has none of its own [AWS identity 11.4]; this is an extension.
 *
 * A list may have a million entries. They are kept sorted by serial, some hundred to a row, so that
 * asking for one reads one row, and nothing of it has to be in memory. A list is replaced whole, in
 * one transaction: entries of the old edition go with it. What the bytes of a CRL mean is
 * identity/crl.h, when to take one identity/revocation.h. */
#pragma once
#include "registry/ca_certificate.h"

enum {
    CRL_ENTRIES_MAX = 2000000,
    CRL_SERIAL_BYTES_MAX = 64, /* longer ones are not registered either */
    CRL_NUMBER_BYTES_MAX = 20, /* [RFC 5280 5.2.3] */
};

struct crl_entry {
    bytes serial; /* big-endian, no leading zero */
    int64_t revoked_ms;
    uint8_t reason; /* [RFC 5280 5.3.1]; 0: unspecified */
};
/* crl_reason_name is for people: "key compromise". */
const char *crl_reason_name(uint8_t reason);

struct crl_record {
    bytes ca_certificate_id;
    bytes number; /* big-endian, no leading zero; no bytes when the CRL has none */
    int64_t this_update_ms, next_update_ms; /* 0: it says nothing of a next one */
    uint64_t entry_count;
    uint64_t edition;  /* grows with each list taken */
    int64_t loaded_ms; /* when it was taken */
    bytes url;         /* where the next one comes from; none: it is brought by hand */
    int64_t fetch_ms;  /* when to ask there again */
    bytes failure;     /* why the last time brought nothing; none: it did */
};

/* crl_replace takes a list: `entries` sorted by crl_entry_compare. Sets edition, entry_count and
 * loaded_ms of the record. Notes CHANGE_CA_CERTIFICATE. */
NODISCARD
status crl_replace(const struct registry *r, struct crl_record *crl,
                   const struct crl_entry *entries, size_t count);
int crl_entry_compare(const void *a, const void *b); /* for qsort: by length, then bytes */

NODISCARD
status crl_load(const struct registry *r, bytes ca_certificate_id,
                struct crl_record *out_crl); /* E_NOT_FOUND */
/* crl_save changes what is known about a list, not the list. */
NODISCARD
status crl_save(const struct registry *r, const struct crl_record *crl);
/* crl_remove forgets the list of a CA; none is fine. */
NODISCARD
status crl_remove(const struct registry *r, bytes ca_certificate_id);
/* All lists of an account, by CA; at most STORE_SCAN_ROWS_MAX. */
NODISCARD
status crl_list(const struct registry *r, struct crl_record **out_crls, size_t *out_count);

/* What a list says of one serial. */
struct crl_finding {
    bool listed;
    struct crl_record crl; /* when listed */
    struct crl_entry entry;
};
/* crl_find asks the list of this CA, if it has one. */
NODISCARD
status crl_find(const struct registry *r, bytes ca_certificate_id, bytes serial,
                struct crl_finding *out_finding);
/* crl_check is crl_find for those who register: E_CERTIFICATE_INVALID with the whole story. */
NODISCARD
status crl_check(const struct registry *r, bytes ca_certificate_id, bytes serial);
/* crl_finding_explain appends "revoked by its CA on 2026-… (key compromise), says CRL number 7 of
 * CA …". */
void crl_finding_explain(const struct crl_finding *finding, struct buf *out);
/* crl_number_format appends a number in decimal when it is short, else in hexadecimal; "without
 * number" when there is none. */
void crl_number_format(bytes number, struct buf *out);

/* crl_hash stands for one certificate of one CA of one account, for whoever holds many: equal for
 * equal ones, and hardly ever for others. Never 0. */
uint64_t crl_hash(bytes account, bytes ca_certificate_id, bytes serial);
/* crl_hashes gives those of a list, in its order; as many as crl->entry_count in `out`. */
NODISCARD
status crl_hashes(const struct registry *r, const struct crl_record *crl, uint64_t *out);
