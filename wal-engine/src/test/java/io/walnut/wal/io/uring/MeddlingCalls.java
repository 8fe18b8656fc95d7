package io.walnut.wal.io.uring;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** The system's calls, with changes to the writes that are on their way to the kernel. */
final class MeddlingCalls implements SystemCalls {
    private static final long OFFSET_SQES = 0x10000000L;
    private static final int EBADF = 9;
    private static final int EMFILE = 24;
    private static final int SQE_BYTES = 64;
    private static final int SQE_FD = 4;
    private static final int SQE_LENGTH = 24;

    private final SystemCalls calls = new Libc();
    private MemorySegment sqes = MemorySegment.NULL; // of the ring made last
    private volatile int most = Integer.MAX_VALUE;
    private volatile int descriptor = -1;
    private volatile boolean waits = true;
    private volatile boolean opens = true;

    /** From now on a write is at most so long: the kernel says that it wrote no more. */
    MeddlingCalls shorten(int bytes) {
        most = bytes;
        return this;
    }

    /** From now on they go to this descriptor; to their own again when it is negative. */
    MeddlingCalls redirect(int number) {
        descriptor = number;
        return this;
    }

    /** From now on no file is opened any more. */
    void refuseOpens() {
        opens = false;
    }

    /** Whether the kernel lets nobody wait for a completion from now on. */
    void refuseWaits(boolean refused) {
        waits = !refused;
    }

    @Override
    @SuppressWarnings("restricted") // as Ring does
    public long map(int ring, long offset, long bytes) {
        long address = calls.map(ring, offset, bytes);
        if (offset == OFFSET_SQES && address > 0) {
            sqes = MemorySegment.ofAddress(address).reinterpret(bytes);
        }
        return address;
    }

    @Override
    public int enter(int ring, int submit, int complete, int flags, MemorySegment callState) {
        for (long at = 0; submit > 0 && at < sqes.byteSize(); at += SQE_BYTES) {
            int length = sqes.get(ValueLayout.JAVA_INT, at + SQE_LENGTH);
            sqes.set(ValueLayout.JAVA_INT, at + SQE_LENGTH, Math.min(length, most));
            if (descriptor >= 0) {
                sqes.set(ValueLayout.JAVA_INT, at + SQE_FD, descriptor);
            }
        }
        return waits || complete == 0 ? calls.enter(ring, submit, complete, flags, callState) : -EBADF;
    }

    @Override
    public int setup(int entries, MemorySegment parameters) {
        return calls.setup(entries, parameters);
    }

    @Override
    public int unmap(long address, long bytes) {
        return calls.unmap(address, bytes);
    }

    @Override
    public int openDirect(Path path) {
        return opens ? calls.openDirect(path) : -EMFILE;
    }

    @Override
    public int close(int number) {
        return calls.close(number);
    }

    @Override
    public int status(int number, int mask, MemorySegment target) {
        return calls.status(number, mask, target);
    }
}
