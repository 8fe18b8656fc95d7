package io.walnut.wal;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** A cursor that goes on behind the holes of the log, and says which they were. */
final class GapCursor implements Cursor {
    private final Wal wal;
    private final Consumer<LsnRange> skipped;
    private Cursor cursor;

    GapCursor(Wal wal, long fromLsn, Consumer<LsnRange> skipped) throws WalException {
        this.wal = wal;
        this.skipped = skipped;
        this.cursor = wal.cursor(fromLsn);
    }

    @Override
    public boolean next() throws WalException {
        while (true) {
            try {
                return cursor.next();
            } catch (WalGapException e) {
                cursor.close();
                cursor = wal.cursor(e.gap().to());
                skipped.accept(new LsnRange(
                        Math.max(e.gap().from(), wal.startLsn()), e.gap().to()));
            }
        }
    }

    @Override
    public long nextLsn() {
        return cursor.nextLsn();
    }

    @Override
    public WalRecord record() {
        return cursor.record();
    }

    @Override
    public long lsn() {
        return cursor.lsn();
    }

    @Override
    public long tag() {
        return cursor.tag();
    }

    @Override
    public ByteBuffer payload() {
        return cursor.payload();
    }

    @Override
    public void close() {
        cursor.close();
    }
}
