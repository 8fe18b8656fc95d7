package io.walnut.wal.bench;

import io.walnut.wal.bench.RowResult.Reference;
import io.walnut.wal.bench.RowResult.Unit;
import org.jspecify.annotations.Nullable;

/** What a row is held against. */
enum Against {
    NOTHING,
    ONE_BLOCK,
    ONE_CHUNK,
    FOUR_CHUNKS;

    /** Null when there is nothing to measure it with. */
    @Nullable
    Reference measure(Fio fio) {
        return switch (this) {
            case NOTHING -> null;
            case ONE_BLOCK -> fio.durableWrites(4, 1, Unit.OPS_PER_SECOND);
            case ONE_CHUNK -> fio.durableWrites(128, 1, Unit.BYTES_PER_SECOND);
            case FOUR_CHUNKS -> fio.durableWrites(128, 4, Unit.BYTES_PER_SECOND);
        };
    }
}
