package io.walnut.wal.io.uring;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * One io_uring: two queues in memory that the kernel shares. Writes are put into the one, {@link #enter} gives them to the kernel,
 * and what became of them is taken from the other. Used by one thread at a time, whichever.
 *
 * <pre>
 *            put -> tail                    head -> kernel
 * submissions  [ sqe 64 B | sqe | ... ]     fd, address, length, position, user data
 *            kernel -> tail                 head -> take
 * completions  [ cqe 16 B | cqe | ... ]     user data, result
 * </pre>
 */
final class Ring implements AutoCloseable {
    // struct io_uring_params
    private static final int PARAMS_BYTES = 120;
    private static final int PARAM_SQ_ENTRIES = 0;
    private static final int PARAM_CQ_ENTRIES = 4;
    private static final int PARAM_FEATURES = 20;
    private static final int PARAM_SQ_OFFSETS = 40;
    private static final int PARAM_CQ_OFFSETS = 80;
    private static final int SQ_HEAD = 0;
    private static final int SQ_TAIL = 4;
    private static final int SQ_MASK = 8;
    private static final int SQ_ARRAY = 24;
    private static final int CQ_HEAD = 0;
    private static final int CQ_TAIL = 4;
    private static final int CQ_MASK = 8;
    private static final int CQ_CQES = 20;
    private static final int FEATURE_SINGLE_MMAP = 1;

    // struct io_uring_sqe
    private static final int SQE_BYTES = 64;
    private static final int SQE_OPCODE = 0;
    private static final int SQE_FD = 4;
    private static final int SQE_POSITION = 8;
    private static final int SQE_ADDRESS = 16;
    private static final int SQE_LENGTH = 24;
    private static final int SQE_USER_DATA = 32;
    private static final byte OPCODE_WRITE = 23;

    // struct io_uring_cqe
    private static final int CQE_BYTES = 16;
    private static final int CQE_USER_DATA = 0;
    private static final int CQE_RESULT = 8;

    private static final long OFFSET_RINGS = 0;
    private static final long OFFSET_SQES = 0x10000000L;
    private static final int ENTER_GETEVENTS = 1;
    private static final int ATTEMPTS = 1_000;
    private static final long PAUSE_NANOS = 100_000;

    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

    private final SystemCalls calls;
    private final int descriptor;
    private final Arena arena;
    private final MemorySegment callState;
    private final MemorySegment rings;
    private final MemorySegment sqes;
    private final long sqHead;
    private final long sqTail;
    private final long cqHead;
    private final long cqTail;
    private final long cqes;
    private final int sqMask;
    private final int cqMask;
    private int put; // tail of the submissions
    private int taken; // head of the completions
    private long data;
    private int result;
    private boolean closed;

    /**
     * Without flags: what the kernel offers for one thread that submits and waits brought nothing measurable, nor did registered
     * buffers (ADR 13).
     *
     * @param entries most writes put and not yet taken; the kernel rounds up to a power of two
     * @throws IOException when the kernel refuses, with its reason
     */
    static Ring open(SystemCalls calls, int entries) throws IOException {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment parameters = scratch.allocate(PARAMS_BYTES, Long.BYTES);
            int descriptor = calls.setup(entries, parameters);
            if (descriptor < 0) {
                throw new IOException("io_uring_setup: " + Errno.text(-descriptor));
            }
            Arena arena = Arena.ofShared();
            try {
                return new Ring(calls, descriptor, parameters, arena);
            } catch (IOException | RuntimeException | Error e) {
                arena.close();
                calls.close(descriptor);
                throw e;
            }
        }
    }

    private Ring(SystemCalls calls, int descriptor, MemorySegment parameters, Arena arena) throws IOException {
        this.calls = calls;
        this.descriptor = descriptor;
        this.arena = arena;
        this.callState = arena.allocate(Libc.CALL_STATE);
        if ((get(parameters, PARAM_FEATURES) & FEATURE_SINGLE_MMAP) == 0) {
            throw new IOException("this kernel's io_uring is older than Linux 5.4");
        }
        int sqEntries = get(parameters, PARAM_SQ_ENTRIES);
        long sqArray = get(parameters, PARAM_SQ_OFFSETS + SQ_ARRAY);
        this.cqes = get(parameters, PARAM_CQ_OFFSETS + CQ_CQES);
        long ringsBytes = Math.max(
                sqArray + (long) sqEntries * Integer.BYTES,
                cqes + (long) get(parameters, PARAM_CQ_ENTRIES) * CQE_BYTES);
        this.rings = map(OFFSET_RINGS, ringsBytes);
        this.sqes = map(OFFSET_SQES, (long) sqEntries * SQE_BYTES);
        this.sqHead = get(parameters, PARAM_SQ_OFFSETS + SQ_HEAD);
        this.sqTail = get(parameters, PARAM_SQ_OFFSETS + SQ_TAIL);
        this.sqMask = get(rings, get(parameters, PARAM_SQ_OFFSETS + SQ_MASK));
        this.cqHead = get(parameters, PARAM_CQ_OFFSETS + CQ_HEAD);
        this.cqTail = get(parameters, PARAM_CQ_OFFSETS + CQ_TAIL);
        this.cqMask = get(rings, get(parameters, PARAM_CQ_OFFSETS + CQ_MASK));
        for (int i = 0; i < sqEntries; i++) {
            rings.set(ValueLayout.JAVA_INT, sqArray + (long) i * Integer.BYTES, i);
        }
    }

    private static int get(MemorySegment segment, long offset) {
        return segment.get(ValueLayout.JAVA_INT, offset);
    }

    @SuppressWarnings("restricted") // the length is what the kernel says
    private MemorySegment map(long offset, long bytes) throws IOException {
        long address = calls.map(descriptor, offset, bytes);
        if (address < 0 && address > -4096) {
            throw new IOException("mapping the queues of an io_uring: " + Errno.text((int) -address));
        }
        return MemorySegment.ofAddress(address)
                .reinterpret(bytes, arena, mapped -> calls.unmap(mapped.address(), bytes));
    }

    /**
     * Puts a write into the queue, to be given to the kernel by the next {@link #enter}. The memory must stay as it is until its
     * completion has been taken.
     *
     * @param data comes back with the completion
     */
    void putWrite(int file, long position, long address, int length, long data) {
        long at = (long) (put & sqMask) * SQE_BYTES;
        sqes.asSlice(at, SQE_BYTES).fill((byte) 0);
        sqes.set(ValueLayout.JAVA_BYTE, at + SQE_OPCODE, OPCODE_WRITE);
        sqes.set(ValueLayout.JAVA_INT, at + SQE_FD, file);
        sqes.set(ValueLayout.JAVA_LONG, at + SQE_POSITION, position);
        sqes.set(ValueLayout.JAVA_LONG, at + SQE_ADDRESS, address);
        sqes.set(ValueLayout.JAVA_INT, at + SQE_LENGTH, length);
        sqes.set(ValueLayout.JAVA_LONG, at + SQE_USER_DATA, data);
        put++;
        INT.setRelease(rings, sqTail, put);
    }

    /**
     * Gives the kernel what was put, and waits, when wanted, until a completion can be taken.
     *
     * @throws IOException when the kernel does not do so, for a while; what it has taken before is on its way all the same
     */
    void enter(boolean wait) throws IOException {
        for (int attempt = 1; ; ) {
            int toSubmit = put - (int) INT.getAcquire(rings, sqHead);
            boolean waits = wait && !hasCompletion();
            if (toSubmit == 0 && !waits) {
                return;
            }
            int result = calls.enter(descriptor, toSubmit, waits ? 1 : 0, waits ? ENTER_GETEVENTS : 0, callState);
            // A signal, as of a profiler, ends the wait and is no failure: the disk is waited for as long as it takes.
            if (result < 0 && result != -Errno.EINTR) {
                if ((result != -Errno.EAGAIN && result != -Errno.EBUSY) || attempt == ATTEMPTS) {
                    throw new IOException("io_uring_enter: " + Errno.text(-result));
                }
                attempt++;
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    /** Takes back the last write that was put, when the kernel has not taken it yet; else false. */
    boolean takeBack() {
        if (put == (int) INT.getAcquire(rings, sqHead)) {
            return false;
        }
        put--;
        INT.setRelease(rings, sqTail, put);
        return true;
    }

    /** Whether one can be taken now; one that came since the last {@link #enter} may not show yet. */
    boolean hasCompletion() {
        return taken != (int) INT.getAcquire(rings, cqTail);
    }

    /** Takes a completion, of which {@link #result} and {@link #data} tell then. Only after {@link #enter} has waited. */
    void take() {
        if (!hasCompletion()) {
            throw new IllegalStateException("no completion");
        }
        long at = cqes + (long) (taken & cqMask) * CQE_BYTES;
        data = rings.get(ValueLayout.JAVA_LONG, at + CQE_USER_DATA);
        result = rings.get(ValueLayout.JAVA_INT, at + CQE_RESULT);
        taken++;
        INT.setRelease(rings, cqHead, taken);
    }

    /** Of the completion taken last: bytes written, or {@code -errno}. */
    int result() {
        return result;
    }

    /** Of the completion taken last: what was put with the write. */
    long data() {
        return data;
    }

    /** What is in flight still is not waited for. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            arena.close();
            calls.close(descriptor);
        }
    }
}
