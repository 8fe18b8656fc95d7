/*
 * The wall clock of a node under test. Loaded into its process before all other libraries, it stands in the place of the
 * functions that tell the time of day, and adds to it what the harness has written into a file that both have mapped. Clocks that
 * measure the time that passes, and all waits, are the system's. Until the harness sets the clock for the first time it is right.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

/* Real time when it was set, what is added from then on, and how much more for each million that pass. */
struct setting { int64_t since, ahead, gain; };

/* The harness fills the setting that is not in use, then counts the version up; nobody waits for anybody. */
struct clock { int64_t version, seen; struct setting settings[2]; };

static struct clock *wall;
static int (*system_clock)(clockid_t, struct timespec *);

__attribute__((constructor)) static void load(void) {
    system_clock = dlsym(RTLD_NEXT, "clock_gettime");
    const char *name = getenv("CHAOS_WALL_CLOCK");
    int file = name == NULL ? -1 : open(name, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof(struct clock), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) wall = mapped;
}

static void alter(struct timespec *time) {
    struct setting now;
    int64_t version, after = __atomic_load_n(&wall->version, __ATOMIC_ACQUIRE);
    if (after == 0) return;
    do {
        version = after;
        now = wall->settings[version & 1];
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        after = __atomic_load_n(&wall->version, __ATOMIC_ACQUIRE);
    } while (after != version);
    int64_t nanos = time->tv_sec * SECOND + time->tv_nsec;
    nanos += now.ahead + (nanos - now.since) / 1000 * now.gain / 1000;
    time->tv_sec = nanos / SECOND;
    time->tv_nsec = nanos % SECOND;
    if (wall->seen < version) wall->seen = version;
}

int clock_gettime(clockid_t id, struct timespec *time) {
    int result = system_clock != NULL ? system_clock(id, time) : (int)syscall(SYS_clock_gettime, id, time);
    if (result == 0 && wall != NULL && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) alter(time);
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return result;
}

time_t time(time_t *time) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (time != NULL) *time = now.tv_sec;
    return now.tv_sec;
}
