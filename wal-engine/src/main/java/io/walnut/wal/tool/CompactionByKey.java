package io.walnut.wal.tool;

import io.walnut.wal.CompactionFilter;
import io.walnut.wal.Cursor;
import io.walnut.wal.Gap;
import io.walnut.wal.RecordView;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalTrimmedException;
import io.walnut.wal.record.BatchView;
import io.walnut.wal.record.MalformedRecordException;
import io.walnut.wal.record.SurvivorsByKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Keeps of each key the newest record, of a log whose payloads are batches of the record codec, one batch a payload. A payload is
 * kept whole for as long as one record in it is: see {@link SurvivorsByKey} for which are. What is appended after this was made is
 * kept.
 *
 * <p>Deletes, and records that have expired, go only from a log in which no payload has more than one record. In another one a record
 * that they hide may be kept for the sake of its neighbours, and would come back. Nor do they go from a log with a lost hole: a
 * repair may put back what was in it.
 *
 * <p>A record without a time of its own counts as written now: the WAL has none. So it does not expire, and a delete without one
 * goes only when deletes are kept for no time at all. For one compaction, by one thread.
 */
public final class CompactionByKey implements CompactionFilter {
    /** Records of a payload that are told apart; a payload with more is kept. */
    private static final int ORDINAL_BITS = 20;

    private static final int MOST_RECORDS = 1 << ORDINAL_BITS;
    private static final int BYTES_PER_KEY = 64;
    private static final int PART_OF_THE_HEAP = 4;
    private static final int MOST_KEYS = 1 << 27;
    private static final int CACHED_KEYS = 1024;

    private final Wal wal;
    private final long startLsn;
    private final long nowMs;
    private final SurvivorsByKey survivors;
    private final BatchView batch = new BatchView();
    private final BatchView other = new BatchView();
    private final Map<Long, ByteBuffer> keys = new LinkedHashMap<>(CACHED_KEYS, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, ByteBuffer> eldest) {
            return size() > CACHED_KEYS;
        }
    };

    private CompactionByKey(
            Wal wal, long startLsn, Duration keepDeletes, long nowMs, boolean nothingComesBack, int maxKeys) {
        this.wal = wal;
        this.startLsn = startLsn;
        this.nowMs = nowMs;
        this.survivors =
                new SurvivorsByKey(nowMs, TimeUnit.MILLISECONDS.convert(keepDeletes), nothingComesBack, maxKeys);
    }

    /** What a log holds: records with a key, and whether one that a delete hides could come back. */
    private record Survey(long keyed, boolean comesBack) {}

    /**
     * Reads the whole log, twice. Remembers as many different keys as fit into a quarter of the heap, 64 bytes each; what comes after
     * those is kept.
     *
     * @param keepDeletes how long after its time a delete is kept, so that a reader that is behind sees it
     * @param nowMs the time, milliseconds since the epoch
     * @throws WalTrimmedException when the log is trimmed meanwhile: make another one
     * @throws IOException also when a payload is no batch of the codec
     */
    public static CompactionByKey of(Wal wal, Duration keepDeletes, long nowMs) throws IOException {
        long start = wal.startLsn();
        Survey survey = survey(wal, start);
        long most = Math.min(MOST_KEYS, Runtime.getRuntime().maxMemory() / PART_OF_THE_HEAP / BYTES_PER_KEY);
        int maxKeys = (int) Math.max(1, Math.min(survey.keyed, most));
        CompactionByKey filter = new CompactionByKey(wal, start, keepDeletes, nowMs, !survey.comesBack, maxKeys);
        filter.learn();
        return filter;
    }

    /** All records are looked at, so that nothing is taken out of a log that holds something else. */
    private static Survey survey(Wal wal, long fromLsn) throws IOException {
        BatchView batch = new BatchView();
        long keyed = 0;
        boolean several = false;
        boolean[] lost = {false};
        try (Cursor cursor = wal.cursorOverGaps(fromLsn, gap -> lost[0] |= gap.kind() == Gap.Kind.LOST)) {
            while (cursor.next()) {
                try {
                    batch.over(cursor.payload());
                    for (int i = 0; batch.next(); i++) {
                        keyed += batch.hasKey() ? 1 : 0;
                        several |= i > 0;
                    }
                } catch (MalformedRecordException e) {
                    throw new IOException(
                            "LSN " + cursor.lsn() + " is no batch of the record codec: " + e.getMessage()
                                    + "; such a log cannot be compacted by key, and nothing was changed",
                            e);
                }
            }
        }
        return new Survey(keyed, several || lost[0]);
    }

    private void learn() throws IOException {
        try (Cursor cursor = wal.cursorOverGaps(startLsn, gap -> {})) {
            while (cursor.next()) {
                batch.over(cursor.payload());
                for (int i = 0; batch.next() && i < MOST_RECORDS; i++) {
                    if (!survivors.learn(place(cursor.lsn(), i), batch)) {
                        return;
                    }
                }
            }
        } catch (MalformedRecordException e) {
            throw new IOException(e); // they were good a moment ago
        }
    }

    private static long place(long lsn, int ordinal) {
        return lsn << ORDINAL_BITS | ordinal;
    }

    @Override
    public boolean keeps(RecordView record) throws WalException {
        if (record.lsn() < startLsn) {
            return true; // it is trimmed
        }
        try {
            batch.over(record.payload());
            int count = 0;
            for (; batch.next(); count++) {
                if (count == MOST_RECORDS || survivors.survives(place(record.lsn(), count), batch, nowMs, this::key)) {
                    return true;
                }
            }
            return count == 0;
        } catch (MalformedRecordException e) {
            throw new UncheckedIOException(new IOException("LSN " + record.lsn() + ": " + e.getMessage(), e));
        } catch (WalException e) {
            throw e; // trimmed or damaged meanwhile
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ByteBuffer key(long place) throws IOException, MalformedRecordException {
        ByteBuffer known = keys.get(place);
        if (known != null) {
            return known;
        }
        other.over(wal.read(place >>> ORDINAL_BITS).payload());
        for (long i = place & MOST_RECORDS - 1; i >= 0; i--) {
            if (!other.next()) {
                throw new IOException("LSN " + (place >>> ORDINAL_BITS) + " has become another record");
            }
        }
        ByteBuffer key = other.key();
        if (key == null) {
            throw new IOException("LSN " + (place >>> ORDINAL_BITS) + " has become another record");
        }
        ByteBuffer copy = ByteBuffer.allocate(key.remaining()).put(key).flip();
        keys.put(place, copy);
        return copy;
    }
}
