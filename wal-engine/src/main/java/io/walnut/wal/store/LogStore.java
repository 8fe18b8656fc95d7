package io.walnut.wal.store;

import io.walnut.wal.Batch;
import io.walnut.wal.Cursor;
import io.walnut.wal.Durability;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalIoException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalStats;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.uring.Backends;
import io.walnut.wal.logs.Command;
import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.LogDetails;
import io.walnut.wal.logs.LogIndex;
import io.walnut.wal.logs.LogInfo;
import io.walnut.wal.logs.LogSettings;
import io.walnut.wal.logs.Result;
import io.walnut.wal.logs.Result.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many named logs in one directory, for one process, without a cluster.
 *
 * <p>Every change is a command in one {@link Wal}, applied when it is as durable as the WAL's policy wants it ({@link
 * Durability}), and visible from then on. Calls return then; what they did survives a crash from then on. Safe for use by many
 * threads; calls block, and are meant for virtual threads as well.
 *
 * <p>When a call fails with a {@link WalException}, the change may have been made all the same: open the store again and look.
 * After {@link #close} changes, and reads that would wait, throw IllegalStateException.
 */
public final class LogStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogStore.class);

    /** Tag of a WAL record that is a command; a store has no others. */
    private static final long COMMAND = 1;

    private final Wal wal;
    private final LogStoreOptions options;
    private final LogIndex index;
    private final Applier applier;
    private final boolean syncsEach;
    private final Upkeep upkeep;

    private final ReentrantLock order = new ReentrantLock(); // who gets the next LSN
    private volatile boolean closed;

    private LogStore(Wal wal, ImageFiles images, LogStoreOptions options, LogIndex index, long nextLsn, long imageLsn) {
        this.wal = wal;
        this.options = options;
        this.index = index;
        this.applier = new Applier(index, nextLsn);
        this.syncsEach = options.wal().durability() instanceof Durability.Sync;
        this.upkeep = new Upkeep(this, wal, images, index, applier, options, imageLsn);
    }

    /** Opens, or makes, the store in a directory of the file system. */
    public static LogStore open(Path directory, LogStoreOptions options) throws IOException {
        WalOptions wal = options.wal();
        Storage storage;
        try {
            storage = Backends.open(directory, wal.pastPageCache(), wal.backend());
        } catch (IOException e) {
            throw WalIoException.cannotUse(directory, e);
        }
        return open(storage, options);
    }

    /**
     * Opens, or makes, the store in a storage, which is the store's from now on. Reads the newest good image of the index, and
     * applies the commands after it; all of them, when there is none.
     *
     * @throws IndexLostException when records are missing that no image has
     * @throws io.walnut.wal.UnsupportedVersionException when a newer Walnut wrote the image: nothing was changed
     * @throws IOException also when the log there is none of a store: nothing was changed
     */
    public static LogStore open(Storage storage, LogStoreOptions options) throws IOException {
        Wal wal = Wal.open(storage, options.wal());
        try {
            ImageFiles images = new ImageFiles(storage);
            Optional<ImageFiles.Loaded> image = images.newest();
            long imageLsn = image.map(ImageFiles.Loaded::nextLsn).orElse(0L);
            if (imageLsn < wal.startLsn() || imageLsn > wal.endLsn()) {
                throw new IndexLostException(whatIsLost(wal, images, image, storage.describe()));
            }
            LogIndex index = image.map(ImageFiles.Loaded::index).orElseGet(LogIndex::new);
            replay(wal, index, imageLsn, storage.describe());
            LogStore store = new LogStore(wal, images, options, index, wal.endLsn(), imageLsn);
            store.start();
            return store;
        } catch (IOException | RuntimeException | Error e) {
            try {
                wal.close();
            } catch (WalException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    private static String whatIsLost(Wal wal, ImageFiles images, Optional<ImageFiles.Loaded> image, String where)
            throws WalException {
        long start = wal.startLsn();
        long end = wal.endLsn();
        String found = "of the named logs in " + where
                + image.map(newest -> " the newest good image stands at LSN " + newest.nextLsn())
                        .orElse(" there is no good image")
                + ", and the WAL "
                + (start == end ? "is empty at LSN " + end : "holds LSNs " + start + " to " + (end - 1)) + "; ";
        if (image.isEmpty()) {
            return found + "put back the newest .index file, or the directory, from a copy; if the directory is "
                    + "a plain WAL's, open it as a Wal";
        }
        if (image.get().nextLsn() < start) {
            return found + "put back the newest .index file, or the directory, from a copy";
        }
        // A cut leaves what the loss of files leaves: records that were acknowledged may be gone, so somebody has to
        // say so.
        String above =
                found + "that is so after 'walnut wal repair --truncate-to', and when files of the WAL are lost. ";
        return start == 0 || images.isOneBetween(start, end)
                ? above + "If it was cut on purpose, delete the .index files above LSN " + end
                        + ": the store opens without what was cut. If not, put back the directory from a copy"
                : above + "No image is left that the WAL goes on from: put back the directory from a copy";
    }

    private static void replay(Wal wal, LogIndex index, long fromLsn, String where) throws IOException {
        long start = System.nanoTime();
        try (Cursor cursor = wal.cursor(fromLsn)) {
            while (cursor.next()) {
                if (cursor.tag() != COMMAND) { // passed over, it would be trimmed with what no log needs
                    throw new IOException("the log in " + where + " is none of a LogStore: LSN " + cursor.lsn()
                            + " has the tag " + cursor.tag() + ", expected " + COMMAND
                            + "; nothing was changed. Open it as a Wal, or use another directory");
                }
                Result _ = index.apply(cursor.lsn(), cursor.record().payload());
            }
        }
        LOG.info(
                "replayed fromLsn={} toLsn={} logs={} ms={}",
                fromLsn,
                wal.endLsn(),
                index.size(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
    }

    private void start() {
        wal.addDurableListener(applier);
        upkeep.start();
    }

    boolean isClosed() {
        return closed;
    }

    long nowMs() {
        return options.clock().millis();
    }

    // ---- the logs

    /** Creates a log that keeps all. */
    public LogInfo create(String log) throws WalException, RefusedException {
        return create(log, LogSettings.KEEP_ALL);
    }

    public LogInfo create(String log, LogSettings settings) throws WalException, RefusedException {
        return done(submit(timestampMs -> new Command.Create(timestampMs, log, settings)));
    }

    /** The log of that name, if there is one. */
    public Optional<LogInfo> describe(String log) {
        return index.describe(log);
    }

    /** As {@link #describe}, with settings, bytes, cursors and the epoch of the writer. */
    public Optional<LogDetails> details(String log) {
        return index.details(log);
    }

    /** Logs whose names begin with {@code prefix} and stand strictly after {@code after}, by name, {@code limit} at most. */
    public List<LogInfo> list(String prefix, String after, int limit) {
        return index.list(prefix, after, limit);
    }

    /** Gives a log other settings; they act at the next {@link #upkeep}. */
    public LogInfo alter(String log, LogSettings settings) throws WalException, RefusedException {
        return done(submit(_ -> new Command.Alter(log, Command.ANY_LOG, settings)));
    }

    /** Ends a log: it takes no more appends. A second time changes nothing. */
    public LogInfo seal(String log) throws WalException, RefusedException {
        return done(submit(_ -> new Command.Seal(log, Command.ANY_LOG)));
    }

    /** Removes a log and its records. */
    public void delete(String log) throws WalException, RefusedException {
        LogInfo _ = done(submit(_ -> new Command.Delete(log, Command.ANY_LOG)));
    }

    /** Drops the records below the offset; their space comes back at a later {@link #upkeep}. */
    public LogInfo trim(String log, long beforeOffset) throws WalException, RefusedException {
        return done(submit(_ -> new Command.Trim(log, Command.ANY_LOG, beforeOffset)));
    }

    /** Refuses appends of lower writer epochs, and those without one, from now on. */
    public LogInfo fence(String log, long writerEpoch) throws WalException, RefusedException {
        if (writerEpoch < 1) {
            throw new IllegalArgumentException("the writer epoch must be 1 or more, not " + writerEpoch);
        }
        return done(submit(_ -> new Command.Fence(log, Command.ANY_LOG, writerEpoch)));
    }

    /** Sets a named position in a log. It keeps no record from being trimmed. */
    public void commitCursor(String log, String cursor, long offset) throws WalException, RefusedException {
        if (offset < 0) {
            throw new IllegalArgumentException("the offset of a cursor must be 0 or more, not " + offset);
        }
        LogInfo _ = done(submit(_ -> new Command.CommitCursor(log, Command.ANY_LOG, cursor, offset)));
    }

    public void removeCursor(String log, String cursor) throws WalException, RefusedException {
        LogInfo _ = done(submit(_ -> new Command.CommitCursor(log, Command.ANY_LOG, cursor, Command.NO_CURSOR)));
    }

    /** Where a cursor was set, if it was. */
    public Optional<Long> cursor(String log, String cursor) {
        return details(log).map(found -> found.cursors().get(cursor));
    }

    // ---- appending

    /** Appends a batch. */
    public Appended append(LogAppend batch) throws WalException, RefusedException {
        return append(List.of(batch)).getFirst();
    }

    /**
     * Appends a batch to each of several logs: all of them, or none. A log may be named once.
     *
     * @throws IllegalArgumentException when some batches have a producer and others have none: a repeated call would append the
     *     latter once more
     */
    public List<Appended> append(List<LogAppend> batches) throws WalException, RefusedException {
        return appended(batches, submit(appendCommand(batches)));
    }

    /**
     * As {@link #append(LogAppend)}; appends of one thread are appended in the order of the calls. Blocks only while more waits for
     * the disk than the WAL's options allow. Fails with what {@link #append(LogAppend)} throws, in the future. What hangs on the
     * future runs in the thread that synced, and must not block; give what blocks an executor.
     */
    public CompletableFuture<Appended> appendAsync(LogAppend batch) {
        return appendAsync(List.of(batch)).thenApply(List::getFirst);
    }

    /** As {@link #append(List)} and {@link #appendAsync(LogAppend)}. */
    public CompletableFuture<List<Appended>> appendAsync(List<LogAppend> batches) {
        Submitted submitted;
        try {
            submitted = give(appendCommand(batches));
            if (!syncsEach) {
                await(submitted); // short: no sync is waited for, and nobody tells when it is written
            } else if (wal.durableLsn() > submitted.lsn) {
                applier.applyBelow(wal.durableLsn()); // it was durable before it was pending
            }
        } catch (WalException | RefusedException e) {
            return CompletableFuture.failedFuture(e);
        }
        return submitted.result.thenApply(result -> {
            try {
                return appended(batches, result);
            } catch (RefusedException e) {
                throw new CompletionException(e);
            }
        });
    }

    private Stamped appendCommand(List<LogAppend> batches) throws RefusedException {
        LogAppend.checkTogether(batches);
        var items = new ArrayList<AppendItem>(batches.size());
        for (LogAppend batch : batches) {
            LogInfo log = describe(batch.log()).orElseThrow(() -> RefusedException.noLog(batch.log()));
            CRC32C crc = new CRC32C();
            crc.update(batch.bytes().duplicate());
            items.add(new AppendItem(
                    log.id(),
                    batch.producerId(),
                    batch.producerEpoch(),
                    batch.sequence(),
                    batch.count(),
                    (int) crc.getValue(),
                    batch.bytes(),
                    batch.expectedOffset(),
                    batch.writerEpoch()));
        }
        return timestampMs -> new Command.Append(timestampMs, items, items.size() > 1);
    }

    private List<Appended> appended(List<LogAppend> batches, Result result) throws RefusedException {
        List<Result.AppendOutcome> outcomes = switch (result) {
            case Result.Appends(List<Result.AppendOutcome> each) -> each;
            case Result.Rejected(Result.Rejection rejection) -> throw new RefusedException(rejection);
            case Result.Done done -> throw new IllegalStateException("an append came to " + done);
        };
        Result.@Nullable Rejection refusal = null;
        var appended = new ArrayList<Appended>(outcomes.size());
        for (int i = 0; i < outcomes.size(); i++) {
            switch (outcomes.get(i)) {
                case Result.Appended(long first, long next, long timestampMs, boolean duplicate) ->
                    appended.add(new Appended(batches.get(i).log(), first, next, timestampMs, duplicate, syncsEach));
                case Result.NotAppended(Result.Rejection rejection) -> {
                    if (refusal == null || refusal.reason() == Reason.ABORTED) {
                        refusal = rejection;
                    }
                }
            }
        }
        if (refusal != null) {
            throw new RefusedException(refusal);
        }
        return appended;
    }

    // ---- reading

    /** A reader that begins with the batch that holds {@code fromOffset}; at the end of the log it waits for what comes. */
    public LogReader read(String log, long fromOffset) throws IOException, RefusedException {
        LogInfo info = describe(log).orElseThrow(() -> RefusedException.noLog(log));
        if (fromOffset < info.startOffset()) {
            throw new OffsetTrimmedException(log, fromOffset, info.startOffset());
        }
        if (fromOffset > info.endOffset()) {
            throw new RefusedException(new Result.Rejection(
                    Reason.OFFSET_BEYOND_END,
                    "log '" + log + "' ends at " + info.endOffset() + ", there is no offset " + fromOffset,
                    info.startOffset(),
                    info.endOffset(),
                    0));
        }
        return new LogReader(this, index, lsn -> wal.read(lsn).payload(), info, fromOffset);
    }

    /** Offset of the first record that was appended at that time or later, or the end of the log. */
    public long offsetAt(String log, long timestampMs) throws RefusedException {
        return describe(log)
                .flatMap(info -> index.offsetAt(info.id(), timestampMs))
                .orElseThrow(() -> RefusedException.noLog(log));
    }

    /** True when a look will find something new: a batch, or that the log is gone. */
    boolean awaitMore(String log, long logId, long offset, Duration timeout) throws WalException, InterruptedException {
        boolean[] more = new boolean[1];
        boolean _ = applier.await(
                () -> {
                    Optional<LogInfo> info = index.describe(log).filter(found -> found.id() == logId);
                    more[0] = info.isEmpty() || info.get().endOffset() > offset;
                    return more[0] || closed || info.orElseThrow().sealed();
                },
                timeout);
        checkOpen();
        return more[0];
    }

    // ---- the way of a command

    /** A command that wants the time. */
    interface Stamped {
        Command at(long timestampMs);
    }

    private record Submitted(long lsn, CompletableFuture<Result> result) {}

    /** Gives a command to the WAL: its result comes when that has been awaited. */
    private Submitted give(Stamped command) throws WalException {
        order.lock();
        try {
            checkOpen();
            ByteBuffer bytes = command.at(nowMs()).encode();
            long lsn = wal.enqueue(Batch.of(COMMAND, bytes));
            return new Submitted(lsn, applier.add(lsn, bytes));
        } finally {
            order.unlock();
        }
    }

    /** Waits until a command is as durable as the policy wants it, and sees to it that it is applied. */
    private void await(Submitted submitted) throws WalException {
        wal.awaitAppended(submitted.lsn);
        applier.applyBelow(syncsEach ? wal.durableLsn() : submitted.lsn + 1);
    }

    Result submit(Stamped command) throws WalException {
        Submitted submitted = give(command);
        await(submitted);
        try {
            return submitted.result.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof WalException failure) {
                throw failure;
            }
            throw e;
        }
    }

    private static LogInfo done(Result result) throws RefusedException {
        return switch (result) {
            case Result.Done(LogInfo log) -> log;
            case Result.Rejected(Result.Rejection rejection) -> throw new RefusedException(rejection);
            case Result.Appends appends -> throw new IllegalStateException("a change of a log came to " + appends);
        };
    }

    void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the store is closed");
        }
    }

    // ---- upkeep

    /**
     * Trims and seals as the settings of the logs want it, saves an image of the index when enough has changed, and gives space
     * back to the disk. The store's own thread does so now and then; with many logs it takes a while.
     */
    public void upkeep() throws IOException {
        upkeep.round();
    }

    /** A round takes a while: what is appended meanwhile, or on its way, keeps its log open. */
    void sealIfIdle(Command.Seal seal) throws WalException {
        Submitted submitted;
        order.lock(); // nothing is appended between the look and the seal
        try {
            if (applier.isAppendingTo(seal.logId()) || !index.isDueToBeSealed(seal.logId(), nowMs())) {
                return;
            }
            submitted = give(_ -> seal);
        } finally {
            order.unlock();
        }
        await(submitted);
    }

    /**
     * Copies the store, as it is now, into a new directory: another store, to be opened by {@link #open(Path, LogStoreOptions)}
     * or taken elsewhere. It knows producers, cursors and fences, too. Its segments are links where the file system can, the same
     * bytes on the same disk; neither store changes those of the other. Reads and verifies them all, which takes a while; appends
     * go on meanwhile, and upkeep waits. To another file system the segments are copied first, and appends wait for that.
     *
     * @param target does not exist, its parent does. It is there when all of it is durable, and only then, unless the very last
     *     sync fails, that of its parent; a crash may leave {@code TARGET.making} beside it, which is to be deleted
     * @throws io.walnut.wal.WalCorruptException when a segment is damaged: there is no copy then
     */
    public void checkpoint(Path target) throws IOException {
        upkeep.checkpoint(target);
    }

    /**
     * Figures of the WAL below since the open; in {@link WalStats#scrub} how far {@link WalOptions#scrubbing} has come, and how
     * often it met damage.
     */
    public WalStats walStats() {
        return wal.stats();
    }

    /** Makes everything durable, saves an image, so that the next open replays nothing, and gives the directory free. */
    @Override
    public void close() throws IOException {
        order.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            order.unlock();
        }
        try {
            upkeep.end();
        } finally {
            try (wal) {
                applier.fail(new IllegalStateException("the store is closed"));
            }
        }
    }
}
