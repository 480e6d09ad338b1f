/* Fails writes below a folder, as a full disk, a quota or a broken disk would: after
 * FAIL_AFTER bytes each write to a regular file below FAIL_BELOW ends with the error
 * number FAIL_WITH, as does each fsync from then on. Loaded with LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long long left;
static int is_set;

static int is_below(int file) {
    const char *folder = getenv("FAIL_BELOW");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (!folder || length <= 0)
        return 0;
    path[length] = 0;
    return !strncmp(path, folder, strlen(folder));
}

static int fails(int file, long long bytes) {
    if (!is_below(file))
        return 0;
    if (!is_set) {
        is_set = 1;
        left = atoll(getenv("FAIL_AFTER"));
    }
    left -= bytes;
    if (left >= 0)
        return 0;
    errno = atoi(getenv("FAIL_WITH"));
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *bytes, size_t count) {
    return fails(file, count) ? -1 : REAL(write)(file, bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    return fails(file, count) ? -1 : REAL(pwrite)(file, bytes, count, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    return fails(file, count) ? -1 : REAL(pwrite64)(file, bytes, count, at);
}

ssize_t writev(int file, const struct iovec *pieces, int count) {
    long long bytes = 0;
    for (int i = 0; i < count; i++)
        bytes += pieces[i].iov_len;
    return fails(file, bytes) ? -1 : REAL(writev)(file, pieces, count);
}

ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *there, size_t count, unsigned flags) {
    return fails(to, count) ? -1 : REAL(copy_file_range)(from, at, to, there, count, flags);
}

int fsync(int file) { return fails(file, 0) ? -1 : REAL(fsync)(file); }

int fdatasync(int file) { return fails(file, 0) ? -1 : REAL(fdatasync)(file); }
