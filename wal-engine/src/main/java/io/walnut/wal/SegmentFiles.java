package io.walnut.wal;

import io.walnut.wal.format.Manifest;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.io.UnknownOutcomeException;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes segment files ahead, seals those that are full, and lists them in the manifest: in the background, one task at a time,
 * or in the calling thread. All methods are called with the mutex, held once, and release it for their I/O, but for what says
 * that it runs in the background.
 */
final class SegmentFiles {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentFiles.class);

    private final LogState state;
    private final @Nullable ExecutorService background; // null: inline

    SegmentFiles(LogState state, @Nullable ExecutorService background) {
        this.state = state;
        this.background = background;
    }

    /** Called with the mutex. */
    void sealFullInBackground() {
        // Who waits for its own record must not hear of this: it is tried again, as when the disk is full.
        state.sealingBehind |= runInBackground(this::sealFull) != null;
    }

    /**
     * Called with the mutex, which is not held while the task runs.
     *
     * @return why it will not run, when there is no thread to be had for it
     */
    private @Nullable Throwable runInBackground(Runnable task) {
        state.tasks++;
        if (background == null) {
            state.mutex.unlock();
            try {
                task.run();
            } finally {
                state.mutex.lock();
                endTask();
            }
            return null;
        }
        try {
            background.execute(() -> {
                try {
                    task.run();
                } finally {
                    state.mutex.lock();
                    try {
                        endTask();
                    } finally {
                        state.mutex.unlock();
                    }
                }
            });
            return null;
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.warn("no thread for the background work of {}, will try again", state.storage.describe(), e);
            endTask();
            return e;
        }
    }

    private void endTask() {
        state.tasks--;
        state.changed.signalAll();
        state.work.signal(); // it may have failed, to be tried again
    }

    /** Before the next segment is prepared, which may need the room. */
    void giveBack(Arena mappings) {
        state.mutex.lock();
        try {
            if (runInBackground(mappings::close) != null) {
                mappings.close();
            }
        } finally {
            state.mutex.unlock();
        }
    }

    /** Makes the next segment ready: zero-filled, synced, its entry durable. Called with the mutex. */
    void prepareAhead() {
        if (state.prepared != null || state.preparing || state.closed) {
            return;
        }
        state.preparing = true;
        long id = state.nextSegmentId;
        if (state.sealingBehind) {
            sealFullInBackground();
        }
        Throwable refused = runInBackground(() -> prepare(id));
        if (refused != null) {
            state.preparing = false;
            state.prepareFailure = new IOException("no thread to prepare a segment: " + refused, refused);
        }
    }

    private void prepare(long id) {
        String spare;
        state.mutex.lock();
        try {
            spare = state.spares.pollFirst();
        } finally {
            state.mutex.unlock();
        }
        StorageFile file = null;
        IOException error = null;
        try {
            file = spare != null ? recycle(spare, Segment.name(id)) : makeSegmentFile(Segment.name(id));
        } catch (IOException e) {
            error = e;
        } catch (RuntimeException | OutOfMemoryError e) {
            error = new IOException("preparing a segment failed: " + e, e);
        } finally {
            state.mutex.lock();
            try {
                state.preparing = false;
                state.prepareFailure = error;
                if (file != null) {
                    state.prepared = new LogState.Prepared(id, file, spare != null);
                    // Used up only now: a file with a higher id says that those below were made in full.
                    state.nextSegmentId++;
                }
                state.changed.signalAll();
            } finally {
                state.mutex.unlock();
            }
        }
    }

    /** Old frames stay in it: writing over blocks that are there already is what makes a sync quick. */
    private StorageFile recycle(String spare, String name) throws IOException {
        try {
            deleteFailedAttempt(name);
            // First: until its header is gone it is, under this name, some other file's, and an open deletes it.
            state.storage.rename(spare, name);
        } catch (IOException e) {
            SmallFiles.deleteIfThere(state.storage, spare, e); // nobody remembers it any more
            throw e;
        }
        return filled(name, state.storage.open(name, true), file -> {
            file.write(ByteBuffer.allocateDirect(SegmentHeader.BYTES), 0);
            long length = file.length();
            if (length > state.options.segmentBytes()) {
                file.setLength(state.options.segmentBytes());
            } else {
                zero(file, length);
            }
        });
    }

    private StorageFile makeSegmentFile(String name) throws IOException {
        deleteFailedAttempt(name);
        return filled(name, state.storage.create(name), file -> zero(file, 0));
    }

    private void deleteFailedAttempt(String name) throws IOException {
        if (state.storage.exists(name)) {
            state.storage.delete(name);
        }
    }

    private interface Filling {
        void of(StorageFile file) throws IOException;
    }

    /** Durable on return, with its entry. When that fails the file goes again. */
    private StorageFile filled(String name, StorageFile file, Filling filling) throws IOException {
        try {
            filling.of(file);
            file.sync();
            state.storage.syncDirectory();
            return file;
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            try (file) {
                state.storage.delete(name);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    private void zero(StorageFile file, long from) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(1 << 20, state.options.segmentBytes()));
        for (long at = from; at < state.options.segmentBytes(); at += zeros.limit()) {
            zeros.clear().limit((int) Math.min(zeros.capacity(), state.options.segmentBytes() - at));
            file.write(zeros, at);
        }
    }

    /** Keeps the file of a segment whose records are trimmed for the next one, or deletes it. The segment is closed. */
    void keepOrDelete(Segment segment) {
        String name = Segment.name(segment.id());
        try {
            if (state.spares.size() < state.options.spareSegments()
                    && !state.sealingBehind
                    && state.prepareFailure == null // a full disk needs the room more
                    && !state.storage.isShared(name)) {
                state.spares.add(name);
                return;
            }
        } catch (IOException e) {
            LOG.debug("looking at {}", name, e);
        }
        deleteFile(name);
    }

    /** Whether a compaction, a repair or an adoption has used an id above that of the prepared file. */
    boolean isPreparedOvertaken() {
        LogState.Prepared next = state.prepared;
        return next != null && next.id() + 1 < state.nextSegmentId;
    }

    /**
     * Before LSNs are taken back: what is recycled holds frames above the new end, which would look as if they had been
     * durable. Durable on return.
     */
    void dropRecycled() throws IOException {
        LogState.Prepared next = state.prepared;
        if (next != null && next.recycled()) {
            dropPrepared();
            state.storage.syncDirectory();
        }
        dropSpares();
    }

    void dropSpares() {
        for (String spare = state.spares.pollFirst(); spare != null; spare = state.spares.pollFirst()) {
            deleteFile(spare);
        }
    }

    /**
     * Seals the segments that are full, and lists them. Runs in the background, one at a time. A full disk does no harm, nor does
     * whatever else keeps it from being begun: they stay as they are, and it is tried again with the next roll, the next preparation and by the log's thread.
     */
    void sealFull() {
        List<Segment> full;
        state.mutex.lock();
        try {
            full = state.segments.stream()
                    // One that the next group makes durable first is left to it: it alone must hear of a failure.
                    .filter(segment ->
                            segment != state.active && !segment.sealed() && segment.endLsn() <= state.durableLsn)
                    .toList();
        } finally {
            state.mutex.unlock();
        }
        WalException error = null;
        boolean behind = false;
        try {
            for (Segment segment : full) {
                segment.seal();
            }
            Manifest manifest;
            state.mutex.lock();
            try {
                manifest = manifest(state.segments, state.startLsn, state.writtenLsn, nextFileId());
            } finally {
                state.mutex.unlock();
            }
            replaceManifest(manifest);
        } catch (UnknownOutcomeException | RuntimeException | OutOfMemoryError e) {
            error = new WalPoisonedException(
                    "sealing segments in " + state.storage.describe() + " failed: " + e
                            + "; close the log and open it again",
                    e);
        } catch (IOException e) {
            behind = true; // nothing was done: no room, or no descriptor
            LOG.warn("cannot seal segments in {}, will try again: {}", state.storage.describe(), e.toString());
        }
        state.mutex.lock();
        try {
            state.sealingBehind = behind;
            if (error != null) {
                state.poison(error);
                if (state.groups.inFlight() == 0) {
                    state.tell(); // else who writes does after that
                }
            }
        } finally {
            state.mutex.unlock();
        }
    }

    /** What is to be listed: segments up to the first that is not sealed. Called with the mutex. */
    Manifest manifest(List<Segment> all, long start, long end, long nextFileId) {
        var entries = new ArrayList<Manifest.Entry>();
        long tailId = nextFileId;
        long tailLsn = end;
        for (Segment segment : all) {
            if (!segment.sealed()) {
                tailId = segment.id();
                tailLsn = segment.baseLsn();
                break;
            }
            entries.add(new Manifest.Entry(
                    segment.id(), segment.baseLsn(), Math.min(segment.endLsn(), end), segment.salt()));
        }
        return new Manifest(state.log, start, tailId, tailLsn, entries);
    }

    /** Id of the file in which the next segment begins. Called with the mutex. */
    long nextFileId() {
        return state.prepared != null ? state.prepared.id() : state.nextSegmentId;
    }

    /** Never by two threads at once: the background does it, or who has excluded it. */
    void replaceManifest(Manifest manifest) throws IOException {
        SmallFiles.replace(state.storage, Manifest.TEMPORARY_NAME, Manifest.NAME, manifest.encode());
    }

    void dropPrepared() {
        LogState.Prepared dropped = state.prepared;
        if (dropped != null) {
            state.prepared = null;
            try {
                dropped.file().close();
            } catch (IOException e) {
                LOG.debug("closing {}", Segment.name(dropped.id()), e);
            }
            deleteFile(Segment.name(dropped.id()));
        }
    }

    void deleteFile(String name) {
        try {
            state.storage.delete(name);
        } catch (IOException e) {
            LOG.warn(
                    "{} in {} is of no use any more and cannot be deleted: {}",
                    name,
                    state.storage.describe(),
                    e.toString());
        }
    }
}
