package io.walnut.wal.bench;

import io.walnut.wal.bench.RowResult.Reference;
import io.walnut.wal.bench.RowResult.Unit;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** What a row is held against. */
enum Against {
    NOTHING,
    ONE_BLOCK,
    ONE_CHUNK,
    FOUR_CHUNKS,
    /** What every verified read does at least. */
    CHECKSUM;

    private static final int CHECKSUM_BYTES = 64 << 20; // more than the caches hold

    /** Takes about {@code length}. Null when there is nothing to measure it with. */
    @Nullable
    Reference measure(Fio fio, Duration length) {
        return switch (this) {
            case NOTHING -> null;
            case ONE_BLOCK -> fio.durableWrites(4, 1, Unit.OPS_PER_SECOND, length);
            case ONE_CHUNK -> fio.durableWrites(128, 1, Unit.BYTES_PER_SECOND, length);
            case FOUR_CHUNKS -> fio.durableWrites(128, 4, Unit.BYTES_PER_SECOND, length);
            case CHECKSUM -> checksum(length);
        };
    }

    private static Reference checksum(Duration length) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(CHECKSUM_BYTES);
        CRC32C crc = new CRC32C();
        crc.update(bytes.clear()); // touches the pages
        long start = System.nanoTime();
        long end;
        long done = 0;
        do {
            crc.update(bytes.clear());
            done += CHECKSUM_BYTES;
            end = System.nanoTime();
        } while (end - start < length.toNanos());
        return new Reference("CRC32C of memory, one thread", done * 1e9 / (end - start), Unit.BYTES_PER_SECOND);
    }
}
