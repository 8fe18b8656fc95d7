package io.walnut.wal;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** A cursor that goes on behind lost holes, too, and says of each gap where it was and why. */
final class GapCursor implements Cursor {
    private final LogReader log;
    private final Consumer<Gap> skipped;
    private Cursor cursor;

    GapCursor(LogReader log, long fromLsn, Consumer<Gap> skipped) throws WalException {
        this.log = log;
        this.skipped = skipped;
        this.cursor = from(fromLsn);
    }

    private Cursor from(long lsn) throws WalException {
        return new LogCursor(log, log.checkFrom(lsn), Long.MAX_VALUE, skipped);
    }

    @Override
    public boolean next() throws WalException {
        while (true) {
            try {
                return cursor.next();
            } catch (WalGapException e) {
                LsnRange hole = e.gap().lsns();
                long from = Math.max(hole.from(), cursor.nextLsn());
                Cursor behind = from(hole.to()); // fails when that is trimmed or cut away meanwhile
                cursor.close();
                cursor = behind;
                skipped.accept(new Gap(new LsnRange(from, hole.to()), Gap.Kind.LOST));
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
