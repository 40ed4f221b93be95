/* Exporting: the certificates of an account as a ledger that import takes in again.
 *
 *     CSV      certificateId, status, certificateMode, caCertificateId, policies, thingName,
 *              thingType, attributes, groups, certificatePem; a record for each thing of a
 *              certificate, one for a certificate without
 *     folder   a file <certificate id>.pem each
 *     bundle   all PEM texts, one after the other
 *
 * Read in one transaction, so it is the registry as it was at one moment. */
#pragma once
#include <stdio.h>

#include "registry/registry.h"

enum export_form { EXPORT_CSV, EXPORT_FOLDER, EXPORT_BUNDLE };

/* export_form_parse reads "csv", "folder" or "bundle". */
NODISCARD
status export_form_parse(const char *text, enum export_form *out_form);
/* export_form_of guesses by the end of the path: .csv, .pem, or else a folder. */
enum export_form export_form_of(const char *path);

/* export_run writes to `path`: a file is replaced as a whole, a folder is made when it is not
 * there. progress (or NULL) is called now and then. E_UNAVAILABLE with name and reason. */
NODISCARD
status export_run(const struct registry *r, enum export_form form, const char *path,
                  void (*progress)(uint64_t count), uint64_t *out_count);
