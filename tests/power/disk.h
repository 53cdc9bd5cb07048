/* power/disk - a disk whose calls fail when they are told to, and whose power goes away.
 *
 * The test program is linked with -Wl,--wrap for open, close, pread, write, fsync, ftruncate, rename, unlink, mkdir and flock:
 * what concerns the watched folder is a step with a number, done for real and noted here.  What no fsync covered may be
 * lost, or half of it: of a file, any of its bytes (they read as 0, or the file is shorter); of a folder, any
 * number of its last changes.  After a failed fsync, what it should have written is lost, although later ones succeed.
 */
#ifndef POWER_DISK_H
#define POWER_DISK_H
#include <stdbool.h>

enum disk_fault { DISK_EIO, DISK_ENOSPC, DISK_SHORT, DISK_FAULTS };

void disk_watch(const char *folder); /* an empty one; forgets all that was noted, and counts from 1 */
void disk_stop(void);                /* all calls go through again, without notice */
void disk_count(void);               /* the next step is number 1 */
unsigned disk_steps(void);
/* Steps first to last fail without an effect.  DISK_SHORT: a write does half of its work and tells so; then EIO. */
void disk_fail(unsigned first, unsigned last, enum disk_fault fault);
void disk_cut(unsigned step); /* the power goes away in that step; this and all later ones fail */
bool disk_is_cut(void);
/* Those bytes of a file cannot be read, by pread(): EIO, watched or not; NULL: all can. */
void disk_unreadable(const char *path, unsigned from, unsigned to);
void disk_without_locks(void); /* as on a network file system without its lock service */

unsigned disk_outcomes(void);                            /* how many states may be found when it is back */
void disk_restore(unsigned outcome, const char *folder); /* lays out one of them in an empty folder */
const char *disk_step_name(void); /* of the step that was cut or failed last, as in "fsync app.leases" */
#endif
