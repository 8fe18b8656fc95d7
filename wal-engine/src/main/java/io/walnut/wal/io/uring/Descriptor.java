package io.walnut.wal.io.uring;

/**
 * A file descriptor that is closed when its owner and the last who writes through it have let go of it: a number that is closed may
 * be another file's a moment later. Safe for use by several threads.
 */
final class Descriptor {
    private final SystemCalls calls;
    private final int number;
    private int users = 1; // the owner is one; guarded by this

    Descriptor(SystemCalls calls, int number) {
        this.calls = calls;
        this.number = number;
    }

    int number() {
        return number;
    }

    /** Only before the owner has let go. */
    synchronized void retain() {
        if (users == 0) {
            throw new IllegalStateException("descriptor " + number + " is closed");
        }
        users++;
    }

    synchronized void release() {
        users--;
        if (users == 0) {
            int _ = calls.close(number); // each write of it is synced: it has nothing to say any more
        }
    }
}
