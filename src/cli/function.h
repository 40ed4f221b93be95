/* kedge function: what its parts share. */
#pragma once
#include "cli/cli.h"
#include "registry/registry.h"

enum { FUNCTION_VARIABLES_MAX = 50 };

/* The words of the command, and where they lead. */
struct function_command {
    const char *data, *account, *deed, *name, *word; /* word: of invoke, the event */
    const char *dir, *zip, *handler, *runtime, *role, *timeout, *memory, *since;
    const char *variables[FUNCTION_VARIABLES_MAX]; /* K=V */
    size_t variable_count;
    bool follow;
    struct store *store;
    struct arena arena;
    char account_id[13], region[32]; /* region: "" while no server runs */
};

/* function_registry is the account's registry in a transaction of the command's store. */
struct registry function_registry(struct function_command *c, struct txn *t);

/* The deeds of function_add.c and function_call.c. */
status function_add(struct function_command *c);
status function_invoke_once(struct function_command *c);
status function_logs(struct function_command *c);
