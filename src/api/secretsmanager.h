/* Secrets Manager, as far as secrets with one version go. */
#pragma once
#include "api/exchange.h"

extern const struct handler handlers_secretsmanager[];
extern const struct error_name errors_secretsmanager[];
