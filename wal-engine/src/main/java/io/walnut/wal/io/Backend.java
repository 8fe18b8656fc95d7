package io.walnut.wal.io;

/** How durable writes reach the disk. */
public enum Backend {
    /** io_uring where it can be used and is quicker, else portable. */
    AUTO,
    /** Linux's io_uring, past the page cache; an open fails where it cannot be used. */
    IO_URING,
    /** The JDK's file channels. */
    PORTABLE
}
