/*
 * Loaded with LD_PRELOAD: writes down, in their order, all calls that change files under $WRITE_LOG_DIRECTORY, with their
 * data, to $WRITE_LOG_FILE. One record is one append, so records never mix. `write-log.ts` reads them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE, TRUNCATE, SYNC, UNLINK, RENAME, CLOSE, MAP, UNKNOWN };
enum { DESCRIPTORS_MAX = 65536 };

struct record {
  uint32_t operation;
  uint32_t pid;
  int32_t descriptor;
  uint32_t path_length;
  uint64_t offset;
  uint64_t length;
};

static char tracked[DESCRIPTORS_MAX];
static const char *directory;
static size_t directory_length;
static int log_descriptor = -1;

__attribute__((constructor)) static void start(void) {
  const char *file = getenv("WRITE_LOG_FILE");
  directory = getenv("WRITE_LOG_DIRECTORY");
  if (file == NULL || directory == NULL) return;
  directory_length = strlen(directory);
  log_descriptor = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_ours(const char *path) {
  if (log_descriptor < 0 || path == NULL || strncmp(path, directory, directory_length) != 0) return 0;
  return path[directory_length] == '\0' || path[directory_length] == '/';
}

static int is_tracked(int descriptor) {
  return log_descriptor >= 0 && descriptor >= 0 && descriptor < DESCRIPTORS_MAX && tracked[descriptor];
}

static void note(uint32_t operation, int descriptor, const char *path, uint64_t offset, const void *data, uint64_t length) {
  int kept = errno;
  struct record head = {operation, (uint32_t)getpid(), descriptor, path == NULL ? 0 : (uint32_t)strlen(path), offset, length};
  struct iovec parts[3] = {{&head, sizeof head}, {(void *)path, head.path_length}, {(void *)data, data == NULL ? 0 : length}};
  size_t whole = sizeof head + head.path_length + parts[2].iov_len;
  if (syscall(SYS_writev, log_descriptor, parts, 3) != (long)whole) abort();
  errno = kept;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int opened(int descriptor, const char *path, int flags) {
  if (descriptor >= 0 && descriptor < DESCRIPTORS_MAX && is_ours(path)) {
    tracked[descriptor] = 1;
    note(OPEN, descriptor, path, (uint64_t)(flags & (O_TRUNC | O_CREAT)), NULL, 0);
  }
  return descriptor;
}

#define MODE_OF(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }

int open(const char *path, int flags, ...) { MODE_OF(flags) return opened(REAL(open)(path, flags, mode), path, flags); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return opened(REAL(open64)(path, flags, mode), path, flags); }
int openat(int at, const char *path, int flags, ...) { MODE_OF(flags) return opened(REAL(openat)(at, path, flags, mode), path, flags); }
int openat64(int at, const char *path, int flags, ...) { MODE_OF(flags) return opened(REAL(openat64)(at, path, flags, mode), path, flags); }

int close(int descriptor) {
  if (is_tracked(descriptor)) {
    tracked[descriptor] = 0;
    note(CLOSE, descriptor, NULL, 0, NULL, 0);
  }
  return REAL(close)(descriptor);
}

static ssize_t wrote(ssize_t count, int descriptor, const void *data, off64_t offset) {
  if (count > 0 && is_tracked(descriptor)) note(WRITE, descriptor, NULL, (uint64_t)offset, data, (uint64_t)count);
  return count;
}

static off64_t place(int descriptor) { return is_tracked(descriptor) ? lseek64(descriptor, 0, SEEK_CUR) : 0; }

ssize_t write(int descriptor, const void *data, size_t count) {
  off64_t before = place(descriptor);
  return wrote(REAL(write)(descriptor, data, count), descriptor, data, before);
}
ssize_t pwrite(int descriptor, const void *data, size_t count, off_t offset) {
  return wrote(REAL(pwrite)(descriptor, data, count, offset), descriptor, data, offset);
}
ssize_t pwrite64(int descriptor, const void *data, size_t count, off64_t offset) {
  return wrote(REAL(pwrite64)(descriptor, data, count, offset), descriptor, data, offset);
}

/* Nothing here is known to use these on our files; if something does, the log says so and the reader refuses it. */
static void unknown(int descriptor) {
  if (is_tracked(descriptor)) note(UNKNOWN, descriptor, NULL, 0, NULL, 0);
}
ssize_t writev(int descriptor, const struct iovec *parts, int count) { unknown(descriptor); return REAL(writev)(descriptor, parts, count); }
ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) { unknown(descriptor); return REAL(pwritev)(descriptor, parts, count, offset); }
ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off64_t offset) { unknown(descriptor); return REAL(pwritev64)(descriptor, parts, count, offset); }
int posix_fallocate(int descriptor, off_t offset, off_t length) { unknown(descriptor); return REAL(posix_fallocate)(descriptor, offset, length); }
int posix_fallocate64(int descriptor, off64_t offset, off64_t length) { unknown(descriptor); return REAL(posix_fallocate64)(descriptor, offset, length); }
int fallocate(int descriptor, int mode, off_t offset, off_t length) { unknown(descriptor); return REAL(fallocate)(descriptor, mode, offset, length); }
int fallocate64(int descriptor, int mode, off64_t offset, off64_t length) { unknown(descriptor); return REAL(fallocate64)(descriptor, mode, offset, length); }

static int truncated(int answer, int descriptor, off64_t length) {
  if (answer == 0 && is_tracked(descriptor)) note(TRUNCATE, descriptor, NULL, (uint64_t)length, NULL, 0);
  return answer;
}
int ftruncate(int descriptor, off_t length) { return truncated(REAL(ftruncate)(descriptor, length), descriptor, length); }
int ftruncate64(int descriptor, off64_t length) { return truncated(REAL(ftruncate64)(descriptor, length), descriptor, length); }

static int synced(int answer, int descriptor) {
  if (answer == 0 && is_tracked(descriptor)) note(SYNC, descriptor, NULL, 0, NULL, 0);
  return answer;
}
int fsync(int descriptor) { return synced(REAL(fsync)(descriptor), descriptor); }
int fdatasync(int descriptor) { return synced(REAL(fdatasync)(descriptor), descriptor); }

int unlink(const char *path) {
  int answer = REAL(unlink)(path);
  if (answer == 0 && is_ours(path)) note(UNLINK, -1, path, 0, NULL, 0);
  return answer;
}
int rename(const char *from, const char *to) {
  int answer = REAL(rename)(from, to);
  if (answer == 0 && (is_ours(from) || is_ours(to))) note(RENAME, -1, from, 0, to, strlen(to));
  return answer;
}

static void *mapped(void *answer, int protection, int flags, int descriptor) {
  if (answer != MAP_FAILED && (protection & PROT_WRITE) && (flags & MAP_SHARED) && is_tracked(descriptor)) note(MAP, descriptor, NULL, 0, NULL, 0);
  return answer;
}
void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
  return mapped(REAL(mmap)(address, length, protection, flags, descriptor, offset), protection, flags, descriptor);
}
void *mmap64(void *address, size_t length, int protection, int flags, int descriptor, off64_t offset) {
  return mapped(REAL(mmap64)(address, length, protection, flags, descriptor, offset), protection, flags, descriptor);
}
