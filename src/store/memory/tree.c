#include "store/memory/tree.h"

#include <stdatomic.h>
#include <string.h>

struct pair {
    atomic_uint refs;
    uint64_t rank; /* of the key, by hash: the higher rank is nearer to the root */
    bytes key, value;
    uint8_t data[];
};

struct tree {
    atomic_uint refs;
    struct pair *pair;
    struct tree *left, *right;
};

static struct pair *pair_new(bytes key, bytes value) {
    struct pair *p = mem_new(sizeof *p + key.len + value.len);
    atomic_init(&p->refs, 1);
    p->rank = bytes_hash(key);
    memcpy(p->data, key.ptr, key.len);
    if (value.len > 0)
        memcpy(p->data + key.len, value.ptr, value.len);
    p->key = bytes_of(p->data, key.len);
    p->value = bytes_of(p->data + key.len, value.len);
    return p;
}

static struct pair *pair_ref(struct pair *p) {
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    return p;
}

static void pair_unref(struct pair *p) {
    if (atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1)
        mem_free(p);
}

struct tree *tree_ref(struct tree *root) {
    if (root)
        atomic_fetch_add_explicit(&root->refs, 1, memory_order_relaxed);
    return root;
}

void tree_unref(struct tree *root) {
    if (!root || atomic_fetch_sub_explicit(&root->refs, 1, memory_order_acq_rel) != 1)
        return;
    tree_unref(root->left);
    tree_unref(root->right);
    pair_unref(root->pair);
    mem_free(root);
}

/* Takes all three. */
static struct tree *make(struct pair *take_pair, struct tree *take_left, struct tree *take_right) {
    struct tree *n = NEW(struct tree);
    atomic_init(&n->refs, 1);
    n->pair = take_pair;
    n->left = take_left;
    n->right = take_right;
    return n;
}

/* Like `n` but with another left side, which is taken; keeps the heap by turning to the right. */
static struct tree *with_left(const struct tree *n, struct tree *take_left) {
    if (!take_left || take_left->pair->rank <= n->pair->rank)
        return make(pair_ref(n->pair), take_left, tree_ref(n->right));
    struct tree *lower = make(pair_ref(n->pair), tree_ref(take_left->right), tree_ref(n->right));
    struct tree *upper = make(pair_ref(take_left->pair), tree_ref(take_left->left), lower);
    tree_unref(take_left);
    return upper;
}

static struct tree *with_right(const struct tree *n, struct tree *take_right) {
    if (!take_right || take_right->pair->rank <= n->pair->rank)
        return make(pair_ref(n->pair), tree_ref(n->left), take_right);
    struct tree *lower = make(pair_ref(n->pair), tree_ref(n->left), tree_ref(take_right->left));
    struct tree *upper = make(pair_ref(take_right->pair), lower, tree_ref(take_right->right));
    tree_unref(take_right);
    return upper;
}

static struct tree *add(const struct tree *n, struct pair *p) {
    if (!n)
        return make(pair_ref(p), NULL, NULL);
    int order = bytes_compare(p->key, n->pair->key);
    if (order == 0)
        return make(pair_ref(p), tree_ref(n->left), tree_ref(n->right));
    return order < 0 ? with_left(n, add(n->left, p)) : with_right(n, add(n->right, p));
}

struct tree *tree_with(struct tree *root, bytes key, bytes value) {
    struct pair *p = pair_new(key, value);
    struct tree *n = add(root, p);
    pair_unref(p);
    return n;
}

/* All of `left` stands before all of `right`. */
static struct tree *join(struct tree *left, struct tree *right) {
    if (!left || !right)
        return tree_ref(left ? left : right);
    if (left->pair->rank > right->pair->rank)
        return make(pair_ref(left->pair), tree_ref(left->left), join(left->right, right));
    return make(pair_ref(right->pair), join(left, right->left), tree_ref(right->right));
}

struct tree *tree_without(struct tree *root, bytes key) {
    if (!root)
        return NULL;
    int order = bytes_compare(key, root->pair->key);
    if (order == 0)
        return join(root->left, root->right);
    if (order < 0)
        return make(pair_ref(root->pair), tree_without(root->left, key), tree_ref(root->right));
    return make(pair_ref(root->pair), tree_ref(root->left), tree_without(root->right, key));
}

bool tree_find(const struct tree *root, bytes key, bytes *out_value) {
    while (root) {
        int order = bytes_compare(key, root->pair->key);
        if (order == 0) {
            *out_value = root->pair->value;
            return true;
        }
        root = order < 0 ? root->left : root->right;
    }
    return false;
}

struct walk {
    const struct range *range;
    struct arena *a;
    struct row *rows;
    size_t count;
};

static void walk(const struct tree *n, struct walk *w) {
    if (!n || w->count == w->range->limit)
        return;
    bool above_low = bytes_compare(n->pair->key, w->range->low) >= 0;
    bool below_high = bytes_compare(n->pair->key, w->range->high) < 0;
    bool down = w->range->descending;
    if (down ? below_high : above_low)
        walk(down ? n->right : n->left, w);
    if (above_low && below_high && w->count < w->range->limit)
        w->rows[w->count++] =
            (struct row){arena_copy(w->a, n->pair->key), arena_copy(w->a, n->pair->value)};
    if (down ? above_low : below_high)
        walk(down ? n->left : n->right, w);
}

size_t tree_scan(const struct tree *root, const struct range *range, struct arena *a,
                 struct row *out_rows) {
    struct walk w = {range, a, out_rows, 0};
    walk(root, &w);
    return w.count;
}
