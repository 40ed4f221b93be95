/* Inside provisioning/: a batch of lines of a thing registration task, registered together. */
#pragma once
#include "provisioning/bulk_input.h"
#include "provisioning/register_thing.h"
#include "registry/registration_task.h"
#include "template/template.h"

struct bulk_batch {
    struct store *store;
    struct registry *registry; /* its txn is NULL before and after */
    const struct template *template;
    struct provisioning_options options;
};
/* bulk_batch_run registers the lines and saves the task's progress and reports in one transaction.
 * What is wrong with a line is reported; failures here are those of the store. */
NODISCARD
status bulk_batch_run(struct bulk_batch *b, const struct input_batch *lines,
                      struct registration_task *task);
