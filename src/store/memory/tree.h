/* Inside store/memory/: an immutable ordered tree of key/value pairs.
 *
 * A change makes a new root that shares all but the path with the old one, so whoever holds a root
 * sees it unchanged for as long as it holds it. Roots are counted; NULL is the empty tree. The
 * shape is that of a treap: a heap by a hash of the key, and so balanced whatever the order of
 * arrival. */
#pragma once
#include "store/internal.h"

struct tree;

struct tree *tree_ref(struct tree *root);
void tree_unref(struct tree *root);
/* tree_with gives a new root with `key` set; tree_without one that lacks it. `root` stays as it is.
 */
struct tree *tree_with(struct tree *root, bytes key, bytes value);
struct tree *tree_without(struct tree *root, bytes key);
/* tree_find borrows the value from the root; false when there is none. */
bool tree_find(const struct tree *root, bytes key, bytes *out_value);
/* tree_scan copies the rows of the range into `a` and returns how many. */
size_t tree_scan(const struct tree *root, const struct range *range, struct arena *a,
                 struct row *out_rows);
