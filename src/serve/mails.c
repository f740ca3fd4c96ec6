/* mails.c - mail that waits until it is asked for. */
#include "serve/mails.h"

#include <stdlib.h>
#include <string.h>

struct mail_waiting {
	struct mail_waiting *next;
	int64_t since;
	size_t id_len, len;
	uint8_t bytes[]; /* id, mail */
};

static bool is_of(const struct mail_waiting *w, const void *id, size_t len)
{
	return w->id_len == len && memcmp(w->bytes, id, len) == 0;
}

/* It is in nobody's list any more: to be freed. */
static struct mail_waiting *unlink_at(struct mails *m, struct mail_waiting **at)
{
	struct mail_waiting *w = *at;

	*at = w->next;
	m->n--;
	m->bytes -= w->id_len + w->len;
	return w;
}

/* The oldest of an id, and where it hangs; NULL: there is none. */
static struct mail_waiting **oldest(struct mails *m, const void *id, size_t len)
{
	struct mail_waiting **at = &m->first;

	while (*at && !is_of(*at, id, len))
		at = &(*at)->next;
	return *at ? at : NULL;
}

static void add(struct mails *m, struct mail_waiting *w)
{
	struct mail_waiting **at = &m->first;
	size_t same = 1;

	for (; *at; at = &(*at)->next)
		same += is_of(*at, w->bytes, w->id_len);
	*at = w;
	w->next = NULL;
	m->n++;
	m->bytes += w->id_len + w->len;
	at = oldest(m, w->bytes, w->id_len);
	if (same > MAILS_OF_ONE && at)
		free(unlink_at(m, at));
	while (m->first && (m->n > MAILS_MAX || m->bytes > MAILS_BYTES))
		free(unlink_at(m, &m->first));
}

bool mails_put(struct mails *m, struct assay_bytes id, struct assay_bytes mail,
               int64_t now)
{
	struct mail_waiting *w = malloc(sizeof(*w) + id.len + mail.len);

	if (!w)
		return false;
	w->since = now;
	w->id_len = id.len;
	w->len = mail.len;
	memcpy(w->bytes, id.ptr, id.len);
	memcpy(w->bytes + id.len, mail.ptr, mail.len);
	add(m, w);
	return true;
}

bool mails_take(struct buf *out, struct mails *m, struct assay_bytes id,
                int64_t now)
{
	struct mail_waiting **at, *w;

	while (m->first && m->first->since <= now - MAILS_MS)
		free(unlink_at(m, &m->first));
	at = oldest(m, id.ptr, id.len);
	if (!at)
		return false;
	w = unlink_at(m, at);
	buf_put(out, w->bytes + w->id_len, w->len);
	free(w);
	return true;
}

void mails_move(struct mails *to, struct mails *from)
{
	while (from->first)
		add(to, unlink_at(from, &from->first));
}

void mails_clear(struct mails *m)
{
	while (m->first)
		free(unlink_at(m, &m->first));
}
