/* MD2 [RFC 1319], which no library of today offers and the rules engine still has. */
#pragma once
#include "base/bytes.h"

enum { MD2_BYTES = 16 };
void md2(bytes data, uint8_t out[MD2_BYTES]);
