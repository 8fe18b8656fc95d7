package io.walnut.wal.io.uring;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.io.DurableWriteException;
import io.walnut.wal.io.DurableWrites;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.io.StorageFullException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Durable writes of one thread on a ring: whole blocks in direct memory to files of the same storage. What else is submitted is
 * done in turn.
 */
final class UringWrites implements DurableWrites {
    private static final Logger LOG = LoggerFactory.getLogger(UringWrites.class);
    private static final int ATTEMPTS = 100;
    private static final long BROKEN_WAIT_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long BROKEN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Their buffers and descriptors are nobody else's, for as long as the process lives. */
    private static final Queue<Slot> LOST = new ConcurrentLinkedQueue<>();

    /** A write in flight. */
    private static final class Slot {
        private final int index;
        private int token;
        private @Nullable Descriptor file;
        private @Nullable Object name;
        private MemorySegment bytes = MemorySegment.NULL; // keeps the buffer alive, too
        private long position;
        private int done;
        private int attempts;

        Slot(int index) {
            this.index = index;
        }

        int remaining() {
            return (int) bytes.byteSize() - done;
        }
    }

    /** One that nobody has heard of yet. */
    private record Done(int token, @Nullable IOException failure) {}

    private final Ring ring;
    private final DurableWrites inTurn;
    private final Slot[] slots;
    private final ArrayDeque<Slot> idle;
    private final ArrayDeque<Done> done = new ArrayDeque<>();
    private boolean broken; // what is in flight cannot be waited for any more

    /**
     * @param inTurn does what the ring does not
     * @throws IOException when there is no ring to be had
     */
    UringWrites(SystemCalls calls, DurableWrites inTurn, int depth) throws IOException {
        this.ring = Ring.open(calls, depth);
        this.inTurn = inTurn;
        this.slots = new Slot[depth];
        this.idle = new ArrayDeque<>(depth);
        for (int i = 0; i < depth; i++) {
            slots[i] = new Slot(i);
            idle.add(slots[i]);
        }
    }

    @Override
    public void submit(StorageFile file, ByteBuffer source, long position, int token) throws IOException {
        if (inFlight() == slots.length) {
            throw new IllegalStateException(slots.length + " writes are in flight already: await one first");
        }
        Descriptor descriptor = file instanceof UringFile own && own.takes(source, position) ? descriptorOf(own) : null;
        if (descriptor == null || !begin(descriptor, file, source, position, token)) {
            inTurn.submit(file, source, position, token);
        }
    }

    /** At the limit of descriptors, when one comes back; null when the file is to be written without. */
    private @Nullable Descriptor descriptorOf(UringFile file) throws IOException {
        Descriptor descriptor = file.take();
        while (descriptor == null && file.lends() && idle.size() < slots.length) {
            done.add(next());
            descriptor = file.take();
        }
        return descriptor;
    }

    /**
     * Gives a write to the kernel. The descriptor is given back when the write is done.
     *
     * @return false when the kernel did not take it: nothing was done
     */
    boolean begin(Descriptor file, Object name, ByteBuffer source, long position, int token) {
        Slot slot = Objects.requireNonNull(idle.poll());
        slot.token = token;
        slot.file = file;
        slot.name = name;
        slot.bytes = MemorySegment.ofBuffer(source);
        slot.position = position;
        slot.done = 0;
        slot.attempts = 0;
        put(slot);
        try {
            ring.enter(false);
        } catch (IOException e) {
            if (ring.takeBack()) {
                LOG.warn("io_uring takes no write to {}, it is written without: {}", name, e.getMessage());
                finish(slot);
                return false;
            }
        }
        return true;
    }

    private void put(Slot slot) {
        ring.putWrite(
                Objects.requireNonNull(slot.file).number(),
                slot.position + slot.done,
                slot.bytes.address() + slot.done,
                slot.remaining(),
                slot.index);
    }

    private void finish(Slot slot) {
        Objects.requireNonNull(slot.file).giveBack();
        slot.file = null;
        slot.name = null;
        slot.bytes = MemorySegment.NULL;
        idle.add(slot);
    }

    @Override
    public int await() throws IOException {
        if (inTurn.inFlight() > 0) {
            return inTurn.await();
        }
        Done first = done.isEmpty() ? next() : done.remove();
        if (first.failure != null) {
            throw new DurableWriteException(first.token, first.failure);
        }
        return first.token;
    }

    /** Waits for one on the ring. */
    private Done next() throws IOException {
        while (true) {
            if (idle.size() == slots.length) {
                throw new IllegalStateException("nothing is in flight");
            }
            try {
                ring.enter(true);
            } catch (IOException e) {
                broken = true;
                throw new IOException("the outcome of what is being written is unknown: " + e.getMessage(), e);
            }
            ring.take();
            Slot slot = slots[(int) ring.data()];
            IOException failure = advance(slot, ring.result());
            if (slot.remaining() > 0 && failure == null) {
                put(slot);
                continue;
            }
            Done outcome = new Done(slot.token, failure);
            finish(slot);
            return outcome;
        }
    }

    /** Counts what was written; the reason, when there is no going on. */
    private static @Nullable IOException advance(Slot slot, int result) {
        int remaining = slot.remaining();
        if (result == remaining) {
            slot.done += result;
            return null;
        }
        boolean goesOn = result == -Errno.EINTR || result == -Errno.EAGAIN || (result > 0 && result < remaining);
        slot.attempts++;
        if (goesOn && slot.attempts < ATTEMPTS) {
            // A block that was written in part is written once more: less than one goes no other way.
            slot.done += Math.max(0, result) & -Blocks.BYTES;
            return null;
        }
        String found = result < 0 ? Errno.text(-result) : "wrote " + result + " of " + remaining + " bytes";
        String text = "write of " + slot.name + " at " + (slot.position + slot.done) + ": " + found;
        return result == -Errno.ENOSPC || result == -Errno.EDQUOT
                ? new StorageFullException("no room for " + slot.name, new IOException(text))
                : new IOException(text);
    }

    @Override
    public boolean ready() {
        return inTurn.ready() || !done.isEmpty() || ring.hasCompletion();
    }

    @Override
    public int inFlight() {
        return slots.length - idle.size() + done.size() + inTurn.inFlight();
    }

    @Override
    public void close() throws IOException {
        while (inFlight() > 0 && !broken) {
            try {
                int _ = await();
            } catch (IOException e) {
                // nobody asks for it any more
            }
        }
        if (broken) {
            awaitWithoutCalls();
        }
        ring.close();
        inTurn.close();
        for (Slot slot : slots) {
            if (slot.file != null) {
                LOG.error("a write to {} at {} may be on its way to the disk for ever", slot.name, slot.position);
                LOST.add(slot);
            }
        }
    }

    /** The kernel tells in the ring's memory what is done, to who looks there. Until then it reads the buffers. */
    private void awaitWithoutCalls() {
        long start = System.nanoTime();
        while (idle.size() < slots.length && System.nanoTime() - start < BROKEN_WAIT_NANOS) {
            if (ring.hasCompletion()) {
                ring.take();
                finish(slots[(int) ring.data()]);
            } else {
                LockSupport.parkNanos(BROKEN_PAUSE_NANOS);
            }
        }
    }
}
