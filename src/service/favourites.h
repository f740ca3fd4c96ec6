/* favourites.h - tables for the keys that are seen most: a judgement under such a
 * key takes little more than half of the time. */
#ifndef SERVICE_FAVOURITES_H
#define SERVICE_FAVOURITES_H

#include <assay/verify.h>

/* So many judgements by a key, in one workspace, are worth a mention: building its
 * table takes as long as some thousand. */
enum { FAVOURITE_AFTER = 100 };

struct favourites;
/* A thread of its own builds the tables. NULL: memory is short. */
struct favourites *favourites_start(void);
void favourites_stop(struct favourites *f);
/* A key (x || y) was seen FAVOURITE_AFTER times more. */
void favourites_mention(struct favourites *f, const uint8_t key[64]);

/* Tables that are not changed any more, lent until they are given back; NULL: none
 * are there yet. */
struct favourite_set;
struct favourite_set *favourites_take(struct favourites *f);
void favourites_back(struct favourites *f, struct favourite_set *set);
const struct assay_tables *favourites_tables(const struct favourite_set *set);

#endif
