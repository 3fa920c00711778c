// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/written.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "out/ocsf.h"

static void add(struct written *w, const struct written_record *r)
{
	struct written_record *more;

	if (w->cnt == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 64;
		more = reallocarray(w->list, w->cap, sizeof(*more));
		if (!more) {
			w->cap = w->cnt;
			return; /* then it is told twice */
		}
		w->list = more;
	}
	w->list[w->cnt++] = *r;
}

void written_add(struct written *w, const char *line, size_t len)
{
	json_auto_t *event = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *unmapped = json_object_get(event, "unmapped");
	const json_t *cpu = json_object_get(unmapped, "cpu");
	const json_t *seq = json_object_get(json_object_get(event, "metadata"), "sequence");
	const char *ring = json_string_value(json_object_get(unmapped, "ring"));
	int number = ring ? ocsf_ring(ring) : -1;

	if (number < 0 || !json_is_integer(cpu) || !json_is_integer(seq))
		return;
	add(w, &(struct written_record){ .seq = (uint64_t)json_integer_value(seq),
					 .ring = (uint32_t)number,
					 .cpu = (uint32_t)json_integer_value(cpu) });
}

static int compare(const void *a, const void *b)
{
	const struct written_record *x = a, *y = b;

	if (x->ring != y->ring)
		return x->ring < y->ring ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

void written_sort(struct written *w)
{
	if (w->cnt)
		qsort(w->list, w->cnt, sizeof(*w->list), compare);
}

bool written_has(const struct written *w, const struct weir_rec *rec)
{
	const struct written_record key = { .seq = rec->seq, .ring = rec->ring,
					    .cpu = rec->cpu };

	return w->cnt && bsearch(&key, w->list, w->cnt, sizeof(*w->list), compare);
}

void written_exit(struct written *w)
{
	free(w->list);
	*w = (struct written){ 0 };
}
