/* Pre-provisioning hooks: a function that has the last word on a device [AWS identity 8.5]. For
 * this folder. */
#pragma once
#include "provisioning/fleet.h"
#include "registry/provisioning_template.h"

/* What the hook is told. */
struct hook_question {
    const struct provisioning_template *template;
    bytes template_arn;
    bytes certificate_id, certificate_pem;
    const struct plan_pair *parameters; /* of the device */
    size_t parameter_count;
};
/* hook_ask gives the parameters that the hook adds; none when the template has no hook.
 * E_ACCESS_DENIED when it said no, failed, took longer than FUNCTION_ANSWER_MS_MAX or answered
 * nonsense. */
NODISCARD
status hook_ask(const struct fleet *f, const struct fleet_caller *who,
                const struct hook_question *question, struct arena *a,
                struct plan_pair **out_overrides, size_t *out_count);

/* pairs_read reads an object of texts; `what` names it in the sentence. E_INVALID. */
NODISCARD
status pairs_read(const struct json *object, const char *what, struct arena *a,
                  struct plan_pair **out_pairs, size_t *out_count);
