// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scalars of design section 2. A quoted value is a text and nothing else:
 * `enforce: "true"` is a slip, and guessing right half the time is no help.
 */
#include "base/scalar.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/name.h"
#include "base/nearest.h"

/* A list of texts is a handful of paths or units; more is a mistake. */
#define TEXTS_MAX 1024

static bool is_word(const struct scalar *s, const char *word)
{
	return s->plain && !strcmp(s->text, word);
}

static int copy(struct reader *r, const struct scalar *s, void *into)
{
	const char **ret = into;

	*ret = arena_strndup(r->arena, s->text, s->len);
	return *ret ? 0 : -ENOMEM;
}

static int check_text(struct reader *r, const struct scalar *s)
{
	if (is_word(s, "~") || is_word(s, "null"))
		return schema_fail(r, s->at, "\"%s\" has no value",
				   schema_key(r));
	if (s->len > SCALAR_TEXT_MAX)
		return schema_fail(r, s->at, "\"%s\" is longer than %d bytes",
				   schema_key(r), SCALAR_TEXT_MAX);
	return 0;
}

int scalar_text(struct reader *r, const struct scalar *s, void *into)
{
	int err = check_text(r, s);

	return err ? err : copy(r, s, into);
}

/* The schema has bounded the length already. */
int scalar_path(struct reader *r, const struct scalar *s, void *into)
{
	return copy(r, s, into);
}

int scalar_name(struct reader *r, const struct scalar *s, void *into)
{
	if (!name_is_valid(s->text, s->len))
		return schema_fail(r, s->at,
				   "\"%s\" must be a name: up to 64 of a-z, "
				   "0-9, \".\", \"_\", \"-\", the first a letter or digit",
				   schema_key(r));
	return copy(r, s, into);
}

int scalar_texts(struct reader *r, const struct scalar *s, void *into)
{
	struct arena_list *list = into;
	const char **item;

	if (list->cnt == TEXTS_MAX)
		return schema_fail(r, s->at, "\"%s\" has more than %d items",
				   schema_key(r), TEXTS_MAX);
	item = arena_list_add(r->arena, list, sizeof(*item));
	return item ? scalar_text(r, s, item) : -ENOMEM;
}

int texts_keep(struct arena *a, const struct arena_list *list,
	       const char *const **ret)
{
	const char **kept = NULL;

	if (list->cnt) {
		kept = arena_alloc(a, (list->cnt + 1) * sizeof(*kept));
		if (!kept)
			return -ENOMEM;
		memcpy(kept, list->item, list->cnt * sizeof(*kept));
	}
	*ret = (const char *const *)kept;
	return 0;
}

int scalar_bool(struct reader *r, const struct scalar *s, void *into)
{
	bool *ret = into;

	if (!is_word(s, "true") && !is_word(s, "false"))
		return schema_fail(r, s->at, "\"%s\" must be true or false",
				   schema_key(r));
	*ret = *s->text == 't';
	return 0;
}

int scalar_date(struct reader *r, const struct scalar *s, void *into)
{
	int err = date_parse(s->text, s->len, into);

	if (err == -ERANGE)
		return schema_fail(r, s->at,
				   "\"%s\": there is no %s, or its year is not "
				   "2000 to 2199", schema_key(r), s->text);
	if (err)
		return schema_fail(r, s->at,
				   "\"%s\" must be YYYY-MM-DD, or YYYY-MM-DDThh:mm:ss "
				   "with Z or an offset such as +08:00",
				   schema_key(r));
	return 0;
}

/* Digits only, no leading zero; what is beyond int64_t is refused as well. */
static bool parse_int(const struct scalar *s, int64_t *ret)
{
	int64_t value = 0;
	size_t i;

	/* 18 digits always fit. */
	if (!s->plain || s->len > 18 || (s->len > 1 && *s->text == '0'))
		return false;
	for (i = 0; i < s->len; i++) {
		if (s->text[i] < '0' || s->text[i] > '9')
			return false;
		value = value * 10 + (s->text[i] - '0');
	}
	*ret = value;
	return true;
}

int scalar_int(struct reader *r, const struct scalar *s, int64_t min,
	       int64_t max, int64_t *ret)
{
	int64_t value;

	if (!parse_int(s, &value) || value < min || value > max)
		return schema_fail(r, s->at,
				   "\"%s\" must be a whole number from %" PRId64
				   " to %" PRId64 ", in plain digits",
				   schema_key(r), min, max);
	*ret = value;
	return 0;
}

int scalar_word(struct reader *r, const struct scalar *s,
		const char *const *words, uint8_t cnt, uint8_t *ret)
{
	struct nearest near = { .word = s->text };
	uint8_t i;

	for (i = 0; i < cnt; i++) {
		if (strcmp(s->text, words[i]) != 0)
			continue;
		*ret = i;
		return 0;
	}
	for (i = 0; i < cnt; i++)
		nearest_offer(&near, words[i]);
	if (near.best)
		return schema_fail(r, s->at,
				   "unknown %s \"%.64s\"; did you mean \"%s\"?",
				   schema_key(r), s->text, near.best);
	return schema_fail(r, s->at, "unknown %s \"%.64s\"", schema_key(r),
			   s->text);
}
