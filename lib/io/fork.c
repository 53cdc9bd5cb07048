/* io/fork - see fork.h */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "io/fork.h"

static atomic_uint generation;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock =
		PTHREAD_MUTEX_INITIALIZER; /* held over fork(), so that the list is whole in the child */
static struct kin__list descriptors = { &descriptors, &descriptors };

static void before(void)
{
	pthread_mutex_lock(&lock);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

static void in_child(void)
{
	kin__fork_disown();
	while (!kin__list_empty(&descriptors)) {
		struct kin__fork_fd *held = kin__container(descriptors.next, struct kin__fork_fd, node);

		kin__list_remove(&held->node);
		close(*held->fd);
		*held->fd = -1;
	}
	pthread_mutex_unlock(&lock);
}

static void watch(void)
{
	pthread_atfork(before, in_parent, in_child);
}

void kin__fork_disown(void)
{
	atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}

unsigned kin__fork_generation(void)
{
	pthread_once(&once, watch);
	return atomic_load_explicit(&generation, memory_order_relaxed);
}

void kin__fork_fd_init(struct kin__fork_fd *held)
{
	kin__list_init(&held->node);
	held->fd = NULL;
}

void kin__fork_hold(struct kin__fork_fd *held, int *into, int fd)
{
	pthread_once(&once, watch);
	pthread_mutex_lock(&lock);
	*into = fd;
	held->fd = into;
	kin__list_append(&descriptors, &held->node);
	pthread_mutex_unlock(&lock);
}

int kin__fork_release(struct kin__fork_fd *held)
{
	int fd = -1;

	pthread_mutex_lock(&lock);
	if (held->fd) {
		fd = *held->fd;
		*held->fd = -1;
		kin__list_remove(&held->node);
		held->fd = NULL;
	}
	pthread_mutex_unlock(&lock);
	return fd;
}
