package io.walnut.wal;

import io.walnut.wal.compress.Codec;
import io.walnut.wal.compress.Compressor;
import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.segment.FrameIndex;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file that a compaction writes. It has a name of its own, which no segment has, until it takes the place of segments: were it
 * one of the tail's while others are made beside it, a recovery would have to tell it from a segment that was cut short.
 *
 * <p>The frames of it are dense, as everywhere: where all records of some are gone, one gap stands for all of them.
 */
final class CompactedFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CompactedFile.class);

    static final String TEMPORARY_NAME = "COMPACTED.tmp";

    private static final int BUFFER_BYTES = 1 << 20;
    private static final int ZSTD_LEVEL = 3; // of a batch that was compressed by another log's options

    private final Storage storage;
    private final Compression compression;
    private final long id;
    private final long baseLsn;
    private final int salt;
    private final StorageFile file;
    private final CRC32C crc = new CRC32C();
    private final Map<Integer, Compressor> compressors = new HashMap<>();
    private byte[] compressed = {};
    private ByteBuffer buffer = buffer(BUFFER_BYTES);
    private long written; // bytes in the file already
    private FrameIndex index = FrameIndex.EMPTY;
    private long endLsn;
    private long gapLsn; // from there to endLsn all is gone, and not written yet
    private long gone;
    private boolean sealed;

    CompactedFile(Storage storage, Compression compression, UUID log, long id, long baseLsn, int salt)
            throws IOException {
        this.storage = storage;
        this.compression = compression;
        this.id = id;
        this.baseLsn = baseLsn;
        this.endLsn = baseLsn;
        this.gapLsn = baseLsn;
        this.salt = salt;
        if (storage.exists(TEMPORARY_NAME)) {
            storage.delete(TEMPORARY_NAME);
        }
        this.file = storage.create(TEMPORARY_NAME);
        // Made length 0: nobody made it longer than it is.
        new SegmentHeader(log, id, baseLsn, salt, 0).write(buffer);
        buffer.position(SegmentHeader.BYTES);
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Bytes of a frame with so many bytes of records. */
    static int frameBytes(int recordsBytes) {
        return FrameFormat.HEADER_BYTES + recordsBytes + FrameFormat.ALIGNMENT - 1 & -FrameFormat.ALIGNMENT;
    }

    /** What is left of the next frame. */
    void add(Sieve frame) throws IOException {
        gone += frame.gone();
        if (frame.kept() > 0) {
            putGap();
            put(frame);
            gapLsn = frame.endLsn();
        }
        endLsn = frame.endLsn();
    }

    private void put(Sieve frame) throws IOException {
        int count = (int) (frame.endLsn() - frame.firstLsn());
        boolean compacted = frame.gone() > 0;
        if (frame.isWhole()) {
            put(frame.firstLsn(), count, compacted, frame.codec(), frame.stored());
            return;
        }
        ByteBuffer smaller = frame.codec() == 0 ? frame.records() : compress(frame.codec(), frame.records());
        boolean helps = smaller.remaining() < frame.records().remaining();
        put(frame.firstLsn(), count, compacted, helps ? frame.codec() : 0, helps ? smaller : frame.records());
    }

    /** As it was compressed before; what is stored begins with the length that it had. */
    private ByteBuffer compress(int codec, ByteBuffer records) {
        Compressor compressor = compressors.computeIfAbsent(codec, this::compressor);
        byte[] plain = new byte[records.remaining()];
        records.duplicate().get(plain);
        int length = plain.length;
        int largest = FrameFormat.RAW_LENGTH_BYTES + compressor.largest(length);
        if (compressed.length < largest) {
            compressed = new byte[largest];
        }
        ByteBuffer stored = ByteBuffer.wrap(compressed).order(ByteOrder.LITTLE_ENDIAN);
        stored.putInt(0, length);
        int bytes = compressor.compress(plain, length, compressed, FrameFormat.RAW_LENGTH_BYTES);
        return stored.limit(FrameFormat.RAW_LENGTH_BYTES + bytes);
    }

    private Compressor compressor(int codec) {
        if (codec == Codec.LZ4) {
            return Compressor.lz4();
        }
        return Compressor.zstd(compression instanceof Compression.Zstd(int level) ? level : ZSTD_LEVEL);
    }

    private void putGap() throws IOException {
        if (gapLsn < endLsn) {
            ByteBuffer gap = ByteBuffer.allocate(FrameFormat.GAP_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            FrameFormat.putGap(gap, Math.toIntExact(endLsn - gapLsn));
            put(gapLsn, Math.toIntExact(endLsn - gapLsn), true, 0, gap.flip());
        }
    }

    private void put(long firstLsn, int count, boolean compacted, int codec, ByteBuffer stored) throws IOException {
        int payload = stored.remaining();
        int length = frameBytes(payload);
        room(length);
        int at = buffer.position();
        FrameFormat.begin(buffer, at, length, payload, firstLsn, count);
        FrameFormat.setCodec(buffer, at, codec);
        if (compacted) {
            FrameFormat.setCompacted(buffer, at);
        }
        buffer.position(at + FrameFormat.HEADER_BYTES).put(stored);
        pad(at + length);
        FrameFormat.finish(buffer, at, firstLsn, salt, crc); // everything below it had been durable long before
        index = index.with(firstLsn, written + at);
    }

    private void pad(int to) {
        while (buffer.position() < to) {
            buffer.put((byte) 0);
        }
    }

    private void room(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            drain();
            if (buffer.capacity() < bytes) {
                buffer = buffer(bytes);
            }
        }
    }

    private void drain() throws IOException {
        buffer.flip();
        int bytes = buffer.remaining();
        file.write(buffer, written);
        written += bytes;
        buffer.clear();
    }

    /** The segment that it has become. Durable on return, but for its name. */
    Replacement.Finished seal() throws IOException {
        putGap();
        long end = written + buffer.position();
        int padding = (int) (Blocks.roundUp(end) - end);
        room(padding);
        pad(buffer.position() + padding);
        drain();
        sealed = true;
        Segment segment = new Segment(id, baseLsn, salt, file, index, endLsn, end);
        try {
            segment.seal(Math.toIntExact(gone));
        } finally {
            segment.release(); // it is opened by its name when it has one
        }
        return new Replacement.Finished(TEMPORARY_NAME, new Manifest.Entry(id, baseLsn, endLsn, salt));
    }

    /** Deletes the file, unless it has become a segment of the log. */
    @Override
    public void close() {
        compressors.values().forEach(Compressor::close);
        try {
            if (!sealed) {
                file.close();
            }
            if (storage.exists(TEMPORARY_NAME)) {
                storage.delete(TEMPORARY_NAME);
            }
        } catch (IOException e) {
            LOG.warn("{} in {} is of no use any more and cannot be deleted", TEMPORARY_NAME, storage.describe(), e);
        }
    }
}
