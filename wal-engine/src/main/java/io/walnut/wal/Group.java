package io.walnut.wal;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.io.Uninterrupted;
import io.walnut.wal.segment.FrameIndex;
import io.walnut.wal.segment.RecentFrames;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Batches that go to the disk in one write: they gather, in frames, while earlier groups are written. Used again and again.
 *
 * <p>The first block is kept free for a segment header, which goes out in the same write. Guarded by the log's mutex, but for
 * the bytes while it is written, which are its writer's then.
 */
final class Group implements Uninterrupted.Io {
    private static final int START = SegmentHeader.BYTES;
    private static final byte[] ZERO_BLOCK = new byte[Blocks.BYTES];

    private final ByteBuffer bytes;
    private final ByteBuffer toDisk; // the same; a view of its own, since a write moves it
    private final MemorySegment memory; // the same
    private final CRC32C crc = new CRC32C();
    private final Uninterrupted.Io durableWrite = this::write;
    private final List<Thread> waiters = new ArrayList<>();
    private int end = START;
    private long begunNanos; // when the first batch came, where somebody wants to know
    private long endLsn;
    private int frames;
    private long[] frameLsns = new long[16];
    private long[] frameOffsets = new long[16];

    /** Asked to write this group, or the one before it that is not taken yet. */
    volatile @Nullable Thread heir;

    private volatile int woken; // how often all who waited were woken

    // While it is being written. Set under the mutex, by who takes it.
    @Nullable
    Segment segment;

    @Nullable
    SegmentHeader header; // when it is the segment's first

    @Nullable
    Segment unsynced; // the segment before, when that is to be made durable first

    @Nullable
    RecentFrames recent; // when somebody follows the segment

    long position;
    long durableLsn;
    long writeNanos; // when it was begun
    Sync sync = Sync.NONE;
    boolean afterFull; // its segment follows one that is not sealed yet
    boolean written;

    /** How its write becomes durable. */
    enum Sync {
        /** Not at all, so far. */
        NONE,
        /** Its own bytes. */
        OWN_BYTES,
        /** All of the file. */
        WHOLE_FILE
    }

    /** For up to {@code capacity} bytes of frames, padding included. */
    Group(long capacity) {
        bytes = ByteBuffer.allocateDirect(Math.toIntExact(START + capacity + Blocks.BYTES))
                .alignedSlice(Blocks.BYTES)
                .slice(0, (int) (START + capacity))
                .order(ByteOrder.LITTLE_ENDIAN);
        toDisk = bytes.duplicate();
        memory = MemorySegment.ofBuffer(bytes);
    }

    long capacity() {
        return (long) bytes.capacity() - START;
    }

    boolean isEmpty() {
        return frames == 0;
    }

    int batches() {
        return frames;
    }

    long endLsn() {
        return endLsn;
    }

    long begunNanos() {
        return begunNanos;
    }

    /** Bytes on disk as it is: whole blocks. */
    long padded() {
        return Blocks.roundUp(end - START);
    }

    /** Bytes on disk with a further batch: whole blocks. */
    long paddedWith(long encodedBytes) {
        return Blocks.roundUp(end - START + frameBytes(encodedBytes));
    }

    boolean fits(long encodedBytes) {
        return paddedWith(encodedBytes) <= capacity();
    }

    private static long frameBytes(long encodedBytes) {
        long length = FrameFormat.HEADER_BYTES + encodedBytes;
        return (length + FrameFormat.ALIGNMENT - 1) & -FrameFormat.ALIGNMENT;
    }

    void add(Batch batch, long firstLsn, long nanos) {
        if (frames == 0) {
            begunNanos = nanos;
        }
        int payload = (int) batch.storedBytes();
        int length = (int) frameBytes(payload);
        bytes.clear().position(end + FrameFormat.HEADER_BYTES);
        batch.putStored(bytes, memory);
        bytes.put(ZERO_BLOCK, 0, end + length - bytes.position());
        FrameFormat.begin(bytes, end, length, payload, firstLsn, batch.count());
        FrameFormat.setCodec(bytes, end, batch.codec());
        if (frames == frameLsns.length) {
            frameLsns = Arrays.copyOf(frameLsns, frames * 2);
            frameOffsets = Arrays.copyOf(frameOffsets, frames * 2);
        }
        frameLsns[frames] = firstLsn;
        frameOffsets[frames] = (long) end - START;
        frames++;
        end += length;
        endLsn = firstLsn + batch.count();
    }

    /** Completes the frames for their place and brings them there. Without the mutex. */
    @Override
    public void run() throws IOException {
        Segment before = unsynced;
        if (before != null) {
            // Durability stays in order across segments, and a header proves that all before it is durable.
            before.file().sync();
        }
        finish();
        if (sync == Sync.NONE) {
            write();
        } else {
            Uninterrupted.run(durableWrite);
        }
    }

    /** Completes the frames for their place. Without the mutex. */
    void finish() {
        int salt = Objects.requireNonNull(segment).salt();
        int padded = (int) (START + padded());
        bytes.clear().position(end).put(ZERO_BLOCK, 0, padded - end);
        int last = START + (int) frameOffsets[frames - 1];
        FrameFormat.pad(bytes, last, padded - last);
        for (int i = 0; i < frames; i++) {
            FrameFormat.finish(bytes, START + (int) frameOffsets[i], durableLsn, salt, crc);
        }
        if (header != null) {
            bytes.clear().put(0, ZERO_BLOCK);
            header.write(bytes.limit(START));
        }
        if (recent != null) {
            recent.put(bytes.clear(), START, padded - START, position);
        }
    }

    /** What goes to the disk, at {@link #diskPosition}; its position and limit are for the caller to move. */
    ByteBuffer toDisk() {
        return toDisk.clear().position(header == null ? START : 0).limit((int) (START + padded()));
    }

    long diskPosition() {
        return header == null ? position : 0;
    }

    private void write() throws IOException {
        StorageFile file = Objects.requireNonNull(segment).file();
        if (sync == Sync.OWN_BYTES) {
            file.writeDurably(toDisk(), diskPosition());
            return;
        }
        file.write(toDisk(), diskPosition());
        if (sync == Sync.WHOLE_FILE) {
            file.sync();
        }
    }

    /** An index with the frames of this group, too. */
    FrameIndex index(FrameIndex before) {
        return before.with(frameLsns, frameOffsets, position, frames);
    }

    /** The calling thread wants to hear when this is written or fails, or when it is to write; to be given to {@link #park}. */
    int addWaiter() {
        waiters.add(Thread.currentThread());
        return woken;
    }

    /** Without the mutex: until there is something to do. Whether the thread was interrupted meanwhile. */
    boolean park(int since) {
        boolean interrupted = false;
        while (woken == since && !Thread.currentThread().equals(heir)) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
        }
        return interrupted;
    }

    /** Whether somebody waits, who can be asked to write. */
    boolean appointHeir() {
        if (waiters.isEmpty()) {
            return false;
        }
        Thread first = waiters.getFirst();
        heir = first;
        LockSupport.unpark(first);
        return true;
    }

    /** Those who wait shall look again. */
    void wakeWaiters() {
        nextRound();
        for (int i = 0; i < waiters.size(); i++) {
            LockSupport.unpark(waiters.get(i));
        }
        waiters.clear();
    }

    /** The same, by whoever takes them over: when the mutex is free. */
    void giveWaiters(List<Thread> list) {
        list.addAll(waiters);
        waiters.clear();
        nextRound();
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the mutex only
    private void nextRound() {
        woken++;
    }

    /** Empties it for others to gather in. */
    void clear() {
        end = START;
        frames = 0;
        segment = null;
        header = null;
        unsynced = null;
        recent = null;
        afterFull = false;
        written = false;
        heir = null;
    }
}
