package io.walnut.wal.io.uring;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * The calls of the system that the JDK has none for. Each returns what the system's does, or {@code -errno} ({@link Errno}). The
 * seam at which tests refuse them.
 */
interface SystemCalls {

    /** {@code io_uring_setup}: a descriptor. */
    int setup(int entries, MemorySegment parameters);

    /**
     * {@code io_uring_enter}: how many were submitted.
     *
     * @param callState of the calling ring, for the call's error: {@link Libc#CALL_STATE}
     */
    int enter(int ring, int submit, int complete, int flags, MemorySegment callState);

    /** {@code mmap}, shared, for reading and writing: an address. */
    long map(int descriptor, long offset, long bytes);

    /** {@code munmap}. */
    int unmap(long address, long bytes);

    /** {@code open} of an existing file for writing, with {@code O_DIRECT} and {@code O_DSYNC}: a descriptor. */
    int openDirect(Path path);

    /** {@code close}. */
    int close(int descriptor);

    /** {@code statx} of a descriptor, for the fields of the mask, into 256 bytes. */
    int status(int descriptor, int mask, MemorySegment target);
}
