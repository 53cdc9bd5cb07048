/* io/pipe - see pipe.h */
#include <fcntl.h>
#include <unistd.h>
#include "io/error.h"
#include "io/file.h"
#include "io/pipe.h"

void kin__pipe_init(struct kin__pipe *self)
{
	self->ends[0] = self->ends[1] = -1;
	self->full = false;
}

int kin__pipe_open(struct kin__pipe *self, const char *call, struct kin_error *error)
{
	if (pipe(self->ends) < 0)
		self->ends[0] = self->ends[1] = -1;
	for (int i = 0; i < 2 && self->ends[0] >= 0; i++) {
		self->ends[i] = kin__file_raise(self->ends[i]);
		fcntl(self->ends[i], F_SETFL, O_NONBLOCK);
		fcntl(self->ends[i], F_SETFD, FD_CLOEXEC);
	}
	if (self->ends[0] < 0 || self->ends[1] < 0) /* kin__pipe_fini() closes the other one */
		return kin__error(error, KIN_IO, "cannot make a pipe for %s: too many open files?", call);
	return KIN_OK;
}

void kin__pipe_fini(struct kin__pipe *self)
{
	for (int i = 0; i < 2; i++)
		if (self->ends[i] >= 0)
			close(self->ends[i]);
	kin__pipe_init(self);
}

void kin__pipe_set(struct kin__pipe *self, bool something)
{
	char byte = 0;
	ssize_t done;

	if (something == self->full || self->ends[0] < 0)
		return;
	done = something ? write(self->ends[1], &byte, 1) : read(self->ends[0], &byte, 1);
	if (done == 1)
		self->full = something;
}
