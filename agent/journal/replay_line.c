// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line is walked once, with the place in the table of wanted members at
 * hand: at a member that leads nowhere its value is only checked for its form.
 *
 * What the walk cannot settle (an escape in a wanted text, a member given
 * twice, something odd) is not guessed at: the JSON library reads the line
 * again and has the last word.
 */
#include "journal/replay_line.h"

#include <endian.h>
#include <string.h>

#include "base/cleanup.h"

#define DEPTH_MAX 32

/* Where one may be in an event; LEAF and beyond are members that are taken. */
enum node {
	NOWHERE,
	ROOT,
	METADATA,
	ACTOR,
	ACTOR_PROCESS,
	PARENT,
	USER,
	PROCESS,
	HOLDER, /* "module", "driver": holds a file */
	FILE_OBJECT,
	HASHES,
	HASH,
	END_POINT,
	CONNECTION,
	UNMAPPED,
	MATCHES,
	MATCH,
	FLAGS,
	LOST,
	GAP,
	LEAF,
	NUMBER = LEAF + REPLAY_TEXT_MAX,
	NODE_MAX = NUMBER + REPLAY_NUMBER_MAX,
};

struct edge {
	const char *key; /* NULL: the first item of an array */
	uint8_t len, to;
};

#define TO(name, node) { name, sizeof(name) - 1, node }
#define TEXT(name, what) TO(name, LEAF + (what))
#define DIGITS(name, what) TO(name, NUMBER + (what))
#define FIRST(node) { NULL, 0, node }

static const struct edge root[] = {
	TO("metadata", METADATA), DIGITS("time", REPLAY_TIME), TO("actor", ACTOR),
	TO("process", PROCESS),	  TO("module", HOLDER),	       TO("driver", HOLDER),
	TO("dst_endpoint", END_POINT), TO("connection_info", CONNECTION),
	TO("unmapped", UNMAPPED), DIGITS("count", REPLAY_FOLDED), { 0 },
};
static const struct edge metadata[] = { TEXT("event_code", REPLAY_CODE), { 0 } };
static const struct edge actor[] = { TO("process", ACTOR_PROCESS), TO("user", USER), { 0 } };
static const struct edge actor_process[] = { TEXT("name", REPLAY_ACTOR),
					     TO("parent_process", PARENT), { 0 } };
static const struct edge parent[] = { TEXT("name", REPLAY_PARENT), { 0 } };
static const struct edge user[] = { TEXT("uid", REPLAY_USER), { 0 } };
static const struct edge process[] = { TO("file", FILE_OBJECT), TO("parent_process", PARENT),
				       { 0 } };
static const struct edge holder[] = { TO("file", FILE_OBJECT), { 0 } };
static const struct edge file_object[] = { TEXT("path", REPLAY_PATH), DIGITS("size", REPLAY_SIZE),
					   TEXT("uid", REPLAY_FILE), TO("hashes", HASHES), { 0 } };
static const struct edge hashes[] = { FIRST(HASH), { 0 } };
static const struct edge hash[] = { TEXT("value", REPLAY_SHA256), { 0 } };
static const struct edge end_point[] = { TEXT("ip", REPLAY_IP), DIGITS("port", REPLAY_PORT),
					 { 0 } };
static const struct edge connection[] = { DIGITS("protocol_num", REPLAY_PROTOCOL), { 0 } };
static const struct edge unmapped[] = {
	TEXT("outcome", REPLAY_OUTCOME), TEXT("reason", REPLAY_REASON),
	TEXT("hook", REPLAY_HOOK),	 TEXT("strength", REPLAY_STRENGTH),
	TEXT("product", REPLAY_PRODUCT), TEXT("key", REPLAY_KEY),
	TO("match", MATCHES),		 TO("flags", FLAGS),
	TEXT("path_hex", REPLAY_PATH_HEX), DIGITS("ctime_ns", REPLAY_CTIME),
	TEXT("unit", REPLAY_UNIT),	 TEXT("user_unit", REPLAY_USER_UNIT),
	TO("lost", LOST),		 TO("gap", GAP),
	{ 0 },
};
static const struct edge matches[] = { FIRST(MATCH), { 0 } };
static const struct edge match[] = { TEXT("kind", REPLAY_KIND), TEXT("value", REPLAY_VALUE),
				     { 0 } };
static const struct edge flags[] = { FIRST(LEAF + REPLAY_FLAG), { 0 } };
static const struct edge lost[] = {
	DIGITS("exec", REPLAY_LOST_EXEC),     DIGITS("load", REPLAY_LOST_LOAD),
	DIGITS("module", REPLAY_LOST_MODULE), DIGITS("connect", REPLAY_LOST_CONNECT),
	DIGITS("new", REPLAY_LOST_NEW),	      { 0 },
};
static const struct edge gap[] = { DIGITS("lines", REPLAY_GAP_LINES), { 0 } };

static const struct edge *const edges_of[NODE_MAX] = {
	[ROOT] = root,		[METADATA] = metadata,	 [ACTOR] = actor,
	[ACTOR_PROCESS] = actor_process, [PARENT] = parent, [USER] = user,
	[PROCESS] = process,	[HOLDER] = holder,	 [FILE_OBJECT] = file_object,
	[HASHES] = hashes,	[HASH] = hash,		 [END_POINT] = end_point,
	[CONNECTION] = connection, [UNMAPPED] = unmapped, [MATCHES] = matches,
	[MATCH] = match,	[FLAGS] = flags,	 [LOST] = lost,
	[GAP] = gap,
};

/* --- by the library --- */

static void take_value(enum node node, json_t *value, struct replay_line *ret)
{
	if (node >= NUMBER && json_is_integer(value))
		ret->number[node - NUMBER] = json_integer_value(value);
	else if (node >= LEAF && node < NUMBER && json_is_string(value))
		ret->text[node - LEAF] = json_string_value(value);
}

/* As deep as the table, whatever the line holds. */
static void take_members(enum node node, json_t *value, struct replay_line *ret)
{
	const struct edge *e = edges_of[node];
	json_t *member;

	if (!e) {
		take_value(node, value, ret);
		return;
	}
	for (; e->to; e++) {
		member = e->key ? json_object_get(value, e->key) : json_array_get(value, 0);
		if (member)
			take_members(e->to, member, ret);
	}
}

void replay_line_read_slowly(const char *line, size_t len, struct replay_line *ret, json_t **tree)
{
	json_t *root_object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);

	memset(ret->text, 0, sizeof(ret->text));
	memset(ret->number, 0, sizeof(ret->number));
	*tree = root_object;
	ret->why = NULL;
	if (!json_is_object(root_object))
		ret->why = "not a JSON object, perhaps cut by a crash";
	else if (!json_is_integer(json_object_get(root_object, "time")))
		ret->why = "has no time";
	else
		take_members(ROOT, root_object, ret);
}

/* --- by the walk --- */

struct walk {
	char *at, *end; /* *end is NUL */
	struct replay_line *ret;
	char *ends[REPLAY_TEXT_MAX]; /* of the texts: where their NUL goes */
	bool has_time;
	uint8_t depth;
	uint8_t node[DEPTH_MAX];
	bool is_array[DEPTH_MAX];
};

#define ONES 0x0101010101010101ULL
#define HIGH 0x8080808080808080ULL

/*
 * The bytes below 0x20, quotes and backslashes in @w, by their high bits. A borrow
 * may mark others above such a one, so only the lowest mark is to be trusted.
 */
static inline uint64_t specials(uint64_t w)
{
	uint64_t quote = w ^ (ONES * '"'), slash = w ^ (ONES * '\\');

	return (((w - ONES * 0x20) & ~w) | ((quote - ONES) & ~quote) | ((slash - ONES) & ~slash)) &
	       HIGH;
}

/* The first special byte from @p on; @end is one, a NUL. */
static inline char *find_special(char *p, const char *end)
{
	uint64_t word, marks;

	for (; end - p >= 8; p += 8) {
		memcpy(&word, p, sizeof(word));
		marks = specials(le64toh(word));
		if (marks)
			return p + __builtin_ctzll(marks) / 8;
	}
	while (*p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	return p;
}

/* Behind the opening quote. False: no string. *ret_end is at the closing one. */
static inline bool walk_string(struct walk *w, char **ret_end, bool *ret_escaped)
{
	char *p = find_special(w->at, w->end);

	*ret_escaped = false;
	while (*p == '\\' && p + 1 < w->end) {
		*ret_escaped = true;
		p = find_special(p + 2, w->end);
	}
	if (*p != '"')
		return false;
	*ret_end = p;
	w->at = p + 1;
	return true;
}

static enum node node_of(enum node from, const char *key, size_t len)
{
	const struct edge *e = edges_of[from];

	for (; e && e->to; e++)
		if (e->len == len && e->key && e->key[0] == *key && !memcmp(e->key, key, len))
			return e->to;
	return NOWHERE;
}

/* Digits of at most 18 places; else the library is asked. */
static bool take_number(struct walk *w, enum node node, const char *start)
{
	bool is_negative = *start == '-';
	int64_t n = 0;

	start += is_negative;
	if (w->at - start < 1 || w->at - start > 18)
		return false;
	for (; start < w->at; start++) {
		if (*start < '0' || *start > '9')
			return false;
		n = n * 10 + (*start - '0');
	}
	if (node == NUMBER + REPLAY_TIME)
		w->has_time = true;
	w->ret->number[node - NUMBER] = is_negative ? -n : n;
	return true;
}

/* What a number or a word is made of: they end at whatever else comes. */
static const bool plain[256] = {
	['-'] = true, ['+'] = true, ['.'] = true, ['E'] = true,
	['0' ... '9'] = true, ['a' ... 'z'] = true,
};

static bool walk_plain(struct walk *w, enum node node)
{
	char *start = w->at, *end = start;

	while (plain[(unsigned char)*end])
		end++;
	w->at = end;
	if (*start == '-' || (*start >= '0' && *start <= '9'))
		return node < NUMBER || take_number(w, node, start);
	if (w->at - start == 4)
		return !memcmp(start, "true", 4) || !memcmp(start, "null", 4);
	return w->at - start == 5 && !memcmp(start, "false", 5);
}

static bool walk_text(struct walk *w, enum node node)
{
	char *start = w->at, *end;
	bool is_escaped;

	if (!walk_string(w, &end, &is_escaped))
		return false;
	if (node < LEAF || node >= NUMBER)
		return true;
	if (is_escaped || w->ends[node - LEAF])
		return false;
	w->ret->text[node - LEAF] = start;
	w->ends[node - LEAF] = end;
	return true;
}

static bool open_one(struct walk *w, enum node node, bool is_array)
{
	if (w->depth == DEPTH_MAX)
		return false;
	w->node[w->depth] = (uint8_t)node;
	w->is_array[w->depth++] = is_array;
	w->at++;
	return true;
}

static bool walk_key(struct walk *w, enum node *ret)
{
	char *start = ++w->at, *end;
	bool is_escaped;

	if (start[-1] != '"' || !walk_string(w, &end, &is_escaped) || is_escaped || *w->at != ':')
		return false;
	w->at++;
	*ret = node_of(w->node[w->depth - 1], start, (size_t)(end - start));
	return true;
}

/* A value; of an object or array only its beginning. */
static bool walk_value(struct walk *w, enum node node)
{
	switch (*w->at) {
	case '"':
		w->at++;
		return walk_text(w, node);
	case '{':
		return open_one(w, node, false);
	case '[':
		return open_one(w, node, true);
	default:
		return walk_plain(w, node);
	}
}

static enum node first_of(enum node from)
{
	const struct edge *e = edges_of[from];

	return e && !e->key ? e->to : NOWHERE;
}

/* In an object or array, behind its opening or behind a comma. */
static bool walk_member(struct walk *w, bool is_first)
{
	enum node node = NOWHERE;

	if (!w->is_array[w->depth - 1])
		return walk_key(w, &node) && walk_value(w, node);
	if (is_first)
		node = first_of(w->node[w->depth - 1]);
	return walk_value(w, node);
}

static bool walk_closes(struct walk *w)
{
	if (*w->at != (w->is_array[w->depth - 1] ? ']' : '}'))
		return false;
	w->at++;
	w->depth--;
	return true;
}

/* Our own writer leaves no blanks; a line with some goes to the library. */
__attribute__((flatten)) static bool walk_line(struct walk *w)
{
	bool is_opened = true;
	uint8_t depth;

	if (*w->at != '{' || !open_one(w, ROOT, false))
		return false;
	while (w->depth) {
		if (*w->at == '}' || *w->at == ']') {
			if (!walk_closes(w))
				return false;
			is_opened = false;
			continue;
		}
		if (!is_opened && *w->at++ != ',')
			return false;
		depth = w->depth;
		if (!walk_member(w, is_opened))
			return false;
		is_opened = w->depth > depth;
	}
	return w->at == w->end;
}

void replay_line_read(char *line, size_t len, struct replay_line *ret, json_t **tree)
{
	struct walk w = { .at = line, .end = line + len, .ret = ret };

	memset(ret->text, 0, sizeof(ret->text));
	memset(ret->number, 0, sizeof(ret->number));
	ret->why = NULL;
	*tree = NULL;
	if (!walk_line(&w) || !w.has_time) {
		replay_line_read_slowly(line, len, ret, tree);
		return;
	}
	for (size_t i = 0; i < REPLAY_TEXT_MAX; i++)
		if (w.ends[i])
			*w.ends[i] = '\0';
}
