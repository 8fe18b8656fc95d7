package io.walnut.wal.store;

import io.walnut.wal.WalTrimmedException;
import io.walnut.wal.logs.BatchLocation;
import io.walnut.wal.logs.BatchReader;
import io.walnut.wal.logs.LogIndex;
import io.walnut.wal.logs.LogInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads one log, batch by batch, and stays with it: a later log of the same name is another one. What it reads is as durable as
 * the store's policy wants it. For one thread; any number of readers go beside each other and beside appends.
 */
public final class LogReader {
    private static final int LOOK_AHEAD = 64;

    private final LogStore store;
    private final LogIndex index;
    private final BatchReader batches;
    private final String log;
    private final long logId;
    private final Deque<BatchLocation> located = new ArrayDeque<>();
    private long nextOffset;

    LogReader(LogStore store, LogIndex index, BatchReader.Source source, LogInfo log, long fromOffset) {
        this.store = store;
        this.index = index;
        this.batches = new BatchReader(source, log.id());
        this.log = log.name();
        this.logId = log.id();
        this.nextOffset = fromOffset;
    }

    /** Offset of the next record; the first batch may begin below it. */
    public long nextOffset() {
        return nextOffset;
    }

    /**
     * The batch that holds the next offset, or null when the log ends there, for now.
     *
     * @throws OffsetTrimmedException when the log begins after that offset
     * @throws RefusedException when the log was deleted
     * @throws IOException when it cannot be read
     */
    public @Nullable StoredBatch next() throws IOException, RefusedException {
        LogInfo info = info();
        if (nextOffset < info.startOffset()) {
            throw new OffsetTrimmedException(log, nextOffset, info.startOffset());
        }
        if (located.isEmpty()) {
            located.addAll(index.locate(logId, nextOffset, LOOK_AHEAD));
        }
        BatchLocation location = located.peek();
        if (location == null) {
            return null;
        }
        try {
            StoredBatch batch = new StoredBatch(
                    location.baseOffset(),
                    location.count(),
                    location.timestampMs(),
                    store.nowMs(),
                    batches.read(location).bytes());
            located.remove(); // only now: who is told that it could not be read may ask again
            nextOffset = batch.endOffset();
            return batch;
        } catch (WalTrimmedException e) { // between the look at the bounds and the read
            located.clear();
            throw new OffsetTrimmedException(log, nextOffset, info().startOffset());
        }
    }

    /** As {@link #next()}, waiting for a batch; null when none came in time, or the log is sealed and read to its end. */
    public @Nullable StoredBatch next(Duration timeout) throws IOException, RefusedException, InterruptedException {
        StoredBatch batch = next();
        if (batch != null || !store.awaitMore(log, logId, nextOffset, timeout)) {
            return batch;
        }
        return next();
    }

    private LogInfo info() throws RefusedException {
        Optional<LogInfo> info = index.describe(log).filter(found -> found.id() == logId);
        return info.orElseThrow(() -> RefusedException.noLog(log));
    }
}
