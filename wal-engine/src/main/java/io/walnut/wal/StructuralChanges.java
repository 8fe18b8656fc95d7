package io.walnut.wal;

import io.walnut.wal.format.CleanMarker;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.io.StorageFullException;
import io.walnut.wal.io.UnknownOutcomeException;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that takes segments away or puts others in their place. Called without the mutex, by any thread; one at a time,
 * with nothing in flight and the background at rest.
 */
final class StructuralChanges {
    private final LogState state;
    private final SegmentFiles files;
    private final GroupWriter writer;
    private final Replacement replacement;

    StructuralChanges(LogState state, SegmentFiles files, GroupWriter writer, Replacement replacement) {
        this.state = state;
        this.files = files;
        this.writer = writer;
        this.replacement = replacement;
    }

    /** A change of the segments. */
    interface Structural {
        void run() throws IOException;
    }

    /**
     * Runs a change of the segments with nothing in flight and the background at rest. The mutex is held
     * throughout. A change that fails has changed nothing, but for a segment that it may have sealed, unless it throws
     * {@link UnknownOutcomeException}.
     */
    void exclusively(String what, Structural change) throws WalException {
        state.mutex.lock();
        boolean teller = state.listeners.iTell();
        state.tellerChanges |= teller;
        state.quiescing++; // or appends could keep us from ever being done
        try {
            quiesce();
            state.exclusive = true;
            try {
                run(what, change);
            } finally {
                state.exclusive = false;
                writer.handOver();
            }
        } finally {
            state.quiescing--;
            state.tellerChanges &= !teller;
            state.changed.signalAll();
            state.tell();
            state.mutex.unlock();
        }
    }

    private void run(String what, Structural change) throws WalException {
        try {
            change.run();
        } catch (WalException e) {
            throw e;
        } catch (UnknownOutcomeException
                | RuntimeException
                | Error e) { // an Error may come between the disk and the state
            WalException error = new WalPoisonedException(
                    what + " in " + state.storage.describe() + " failed: " + e + "; close the log and open it again",
                    e);
            state.poison(error);
            if (e instanceof Error defect) {
                throw defect;
            }
            throw error;
        } catch (StorageFullException e) {
            throw new WalStorageFullException(
                    what + " in " + state.storage.describe() + " found no room; the log is as it was: "
                            + e.getMessage(),
                    e);
        } catch (IOException e) {
            throw new WalIoException(
                    what + " in " + state.storage.describe() + " failed; the log is as it was: " + e, e);
        }
    }

    /** Waits and writes until everything is durable and nothing is under way. */
    private void quiesce() throws WalException {
        while (true) {
            state.checkOpen();
            boolean busy = state.exclusive
                    || state.groups.inFlight() > 0
                    || state.tasks > 0
                    || state.listeners.someoneElseTells();
            if (!busy && state.durableLsn == state.endLsn) {
                return;
            }
            if (!busy && writer.mayWrite(true)) {
                writer.write(true);
            } else {
                state.changed.awaitUninterruptibly();
            }
        }
    }

    /** Seals what is not sealed yet, so that the next write begins another segment. Within {@link #exclusively}. */
    private void sealAll(List<Segment> wanted) throws IOException {
        for (Segment segment : wanted) {
            if (!segment.sealed()) {
                segment.seal();
                state.sealingBehind = true; // until it is listed
            }
            if (segment == state.active) {
                state.active = null;
                state.position = 0;
            }
        }
    }

    /** {@link Wal#truncateAfter}. */
    void truncateAfter(long lsn) throws WalException {
        exclusively("truncating", () -> {
            if (lsn >= state.endLsn - 1) {
                return;
            }
            long end = lsn + 1;
            if (end < state.startLsn) {
                throw new WalTrimmedException(lsn, state.startLsn);
            }
            var kept = new ArrayList<Segment>();
            var dropped = new ArrayList<Segment>();
            for (Segment segment : state.segments) {
                (segment.baseLsn() < end ? kept : dropped).add(segment);
            }
            sealAll(kept); // whole, so that the log can go on should the manifest fail; the manifest says where it ends
            replaceSegments(kept, dropped, state.startLsn, end);
        });
    }

    /** Makes the list durable; only then it counts, and the files of what was dropped go. */
    private void replaceSegments(List<Segment> kept, List<Segment> dropped, long start, long end) throws IOException {
        boolean cut = end < state.durableLsn;
        files.dropRecycled();
        // What has an id above that of the prepared file and is not listed any more would be a part of the tail.
        boolean overtaken = files.isPreparedOvertaken();
        files.replaceManifest(files.manifest(kept, start, end, overtaken ? state.nextSegmentId : files.nextFileId()));
        if (!kept.isEmpty()) {
            kept.getLast().cut(end);
        }
        state.sealingBehind = false;
        state.cuts.incrementAndGet(); // before an LSN can be assigned again
        state.segments = List.copyOf(kept);
        state.active = null;
        state.position = 0;
        state.startLsn = start;
        state.endLsn = end;
        state.writtenLsn = end;
        state.durableLsn = end;
        if (cut) {
            state.listeners.durableLsnFell(end);
        } else {
            state.listeners.durableLsnJumped(end);
        }
        if (overtaken) {
            files.dropPrepared();
        }
        delete(dropped);
    }

    /** Files of segments that are listed no more. What cannot be deleted now, the next open deletes. */
    private void delete(List<Segment> dropped) throws IOException {
        for (Segment segment : dropped) {
            segment.release();
            files.deleteFile(Segment.name(segment.id()));
        }
        syncDirectory(!dropped.isEmpty());
    }

    private void syncDirectory(boolean changed) throws IOException {
        if (changed) {
            try {
                state.storage.syncDirectory();
            } catch (IOException e) {
                throw new UnknownOutcomeException("sync of the directory failed: " + e, e);
            }
        }
    }

    /** {@link Wal#trimBefore}. */
    void trimBefore(long lsn) throws WalException {
        exclusively("trimming", () -> {
            if (lsn <= state.startLsn) {
                return;
            }
            if (lsn > state.durableLsn) {
                throw new WalRangeException(lsn, state.durableLsn);
            }
            var kept = new ArrayList<Segment>();
            var dropped = new ArrayList<Segment>();
            for (Segment segment : state.segments) {
                (segment.endLsn() > lsn || !segment.sealed() ? kept : dropped).add(segment);
            }
            files.replaceManifest(files.manifest(kept, lsn, state.endLsn, files.nextFileId()));
            state.startLsn = lsn;
            state.segments = List.copyOf(kept);
            letGo(dropped);
        });
    }

    /** Segments that are listed no more, no LSN of which is given again: their files may be used for the next ones. */
    private void letGo(List<Segment> dropped) throws IOException {
        for (Segment segment : dropped) {
            boolean whole = !segment.isCut();
            if (segment.release() && whole) {
                files.keepOrDelete(segment);
            } else {
                files.deleteFile(Segment.name(segment.id()));
            }
        }
        syncDirectory(!dropped.isEmpty());
    }

    /** A file for what is left of segments, the first of which begins with an LSN. */
    CompactedFile beginCompacted(long baseLsn) throws IOException {
        long id;
        int salt;
        state.mutex.lock();
        try {
            while (state.preparing) { // it uses up the next id when it is done
                state.changed.awaitUninterruptibly();
            }
            state.checkOpen();
            id = state.nextSegmentId++;
            salt = state.options.salts().getAsInt();
        } finally {
            state.mutex.unlock();
        }
        return new CompactedFile(state.storage, state.options.compression(), state.log, id, baseLsn, salt);
    }

    /**
     * Puts a compacted segment in the place of its sources, which the caller has retained. Durable on return; after a crash they are
     * listed or it is.
     *
     * @return null when they are not, side by side and with the same ends, what the log has there: nothing was done
     */
    @Nullable
    Segment replaceCompacted(List<Segment> sources, Replacement.Finished compacted) throws WalException {
        Segment[] made = {null};
        exclusively("a compaction", () -> {
            int at = state.segments.indexOf(sources.getFirst());
            int end = at + sources.size();
            if (at < 0
                    || end > state.segments.size()
                    || !state.segments.subList(at, end).equals(sources)
                    || sources.getLast().endLsn() != compacted.entry().endLsn()) {
                return;
            }
            made[0] = replacement.run(at, end, List.of(compacted)).getFirst();
            letGo(sources);
        });
        return made[0];
    }

    /** {@link Wal#reset}. */
    void reset(long nextLsn) throws WalException {
        if (nextLsn < 0) {
            throw new IllegalArgumentException("negative LSN " + nextLsn);
        }
        exclusively("a reset", () -> replaceSegments(List.of(), List.copyOf(state.segments), nextLsn, nextLsn));
    }

    /** {@link Wal#roll}. */
    void roll() throws WalException {
        exclusively("a roll", this::sealAndList);
    }

    /** Within {@link #exclusively}. */
    void sealAndList() throws IOException {
        if (state.active != null || state.sealingBehind) {
            sealAll(state.segments);
            files.replaceManifest(files.manifest(state.segments, state.startLsn, state.endLsn, files.nextFileId()));
            state.sealingBehind = false;
        }
    }

    /**
     * Sees to it that a file, when it is listed no more, is no part of the tail: of one that is damaged an open could not tell that
     * it never was. Its id is above that of the tail when a compaction or a repair has made it. Within {@link #exclusively}.
     */
    void endTailBefore(Segment unlisted) throws IOException {
        long tailId = files.manifest(state.segments, state.startLsn, state.endLsn, files.nextFileId())
                .tailId();
        if (unlisted.id() > tailId) {
            sealAndList();
            files.dropPrepared(); // the next file gets an id above all
        }
    }

    /** {@link Wal#checkpoint}. */
    Checkpoint checkpoint(Path targetDirectory) throws WalException {
        requireFile(targetDirectory); // here: what fails within poisons the log
        var linked = new ArrayList<Checkpoint.CheckpointSegment>();
        long[] ends = new long[2];
        exclusively("a checkpoint", () -> {
            sealAndList();
            try {
                for (Segment segment : state.segments) {
                    String name = Segment.name(segment.id());
                    Path target = targetDirectory.resolve(name);
                    long bytes = segment.file().length();
                    state.storage.linkOut(name, target);
                    linked.add(new Checkpoint.CheckpointSegment(target, segment.baseLsn(), segment.endLsn(), bytes));
                }
                state.storage.syncOutside(targetDirectory);
            } catch (IOException | RuntimeException e) {
                linked.forEach(link -> takeBack(link.path(), e));
                throw e;
            }
            ends[0] = state.startLsn;
            ends[1] = state.endLsn;
        });
        return new Checkpoint(ends[0], ends[1], linked);
    }

    /** What lies in an archive can be neither linked nor synced. */
    private static void requireFile(Path path) {
        if (!path.getFileSystem().equals(FileSystems.getDefault())) {
            throw new IllegalArgumentException(
                    path + " lies in " + path.getFileSystem() + "; expected a path of the file system of this machine");
        }
    }

    private void takeBack(Path link, Exception reason) {
        try {
            state.storage.deleteOutside(link);
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    /** {@link Wal#adopt}. */
    void adopt(List<Path> segmentFiles, long newEndLsn) throws WalException {
        List<Path> paths = List.copyOf(segmentFiles);
        paths.forEach(StructuralChanges::requireFile); // before anything is touched
        exclusively("an adoption", () -> {
            var adopted = new ArrayList<Segment>();
            var names = new ArrayList<String>();
            try {
                linkIn(paths, newEndLsn, names, adopted);
                var kept = new ArrayList<Segment>(adopted);
                var dropped = new ArrayList<Segment>(state.segments);
                while (kept.getLast().baseLsn() >= newEndLsn) {
                    dropped.add(kept.removeLast());
                }
                replaceSegments(kept, dropped, kept.getFirst().baseLsn(), newEndLsn);
            } catch (UnknownOutcomeException e) {
                throw e;
            } catch (IOException e) {
                adopted.forEach(Segment::release);
                names.forEach(name -> SmallFiles.deleteIfThere(state.storage, name, e));
                throw e;
            }
            files.prepareAhead();
        });
    }

    private void linkIn(List<Path> segmentFiles, long newEndLsn, List<String> names, List<Segment> adopted)
            throws IOException {
        try {
            for (Path path : segmentFiles) {
                long id = state.nextSegmentId++;
                String temporary = Segment.name(id) + AdoptedSegments.TEMPORARY;
                state.storage.linkIn(path, temporary);
                names.add(temporary);
                adopted.add(AdoptedSegments.open(state.storage, id, path));
            }
            AdoptedSegments.checkAdopted(adopted, newEndLsn);
            for (int i = 0; i < adopted.size(); i++) {
                name(i, names, adopted);
            }
            state.storage.syncDirectory();
        } catch (InvalidBytesException e) {
            throw new WalCorruptException(
                    "the segments to adopt are not good: " + e.getMessage() + "; the log is as it was",
                    new LsnRange(0, 0),
                    e);
        } catch (NewerVersionException e) {
            throw new UnsupportedVersionException(
                    "the segments to adopt are of a newer version: " + e.getMessage() + "; the log is as it was", e);
        }
    }

    /** Gives a file that is durable its name, and opens it by that. */
    private void name(int i, List<String> names, List<Segment> adopted) throws IOException {
        Segment segment = adopted.get(i);
        String name = Segment.name(segment.id());
        state.storage.rename(names.get(i), name);
        names.set(i, name);
        adopted.set(
                i,
                replacement.open(
                        new Manifest.Entry(segment.id(), segment.baseLsn(), segment.endLsn(), segment.salt())));
        segment.release();
    }

    /** Seals everything and marks the directory as closed in order. No change follows. */
    void close() throws WalException {
        exclusively("closing", () -> {
            files.dropPrepared(); // first: it makes room for what has to be written
            files.dropSpares();
            sealAll(state.segments);
            files.replaceManifest(files.manifest(state.segments, state.startLsn, state.endLsn, files.nextFileId()));
            SmallFiles.replace(
                    state.storage,
                    CleanMarker.TEMPORARY_NAME,
                    CleanMarker.NAME,
                    new CleanMarker(state.log, state.endLsn).encode());
            state.closed = true;
        });
    }
}
