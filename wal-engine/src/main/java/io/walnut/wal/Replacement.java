package io.walnut.wal;

import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.io.UnknownOutcomeException;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts finished files in the place of sealed segments. They are written beside appends and reads, under names that no segment has: a
 * file with an id would say of those below it that they were made in full. Only to be renamed and listed they want the log at
 * rest. A crash leaves the segments listed that were there, or these.
 */
final class Replacement {
    private final LogState state;
    private final SegmentFiles files;

    Replacement(LogState state, SegmentFiles files) {
        this.state = state;
        this.files = files;
    }

    /** A sealed file that is durable, but for its name, which is no segment's; and the segment that it is to be. */
    record Finished(String name, Manifest.Entry entry) {}

    /**
     * Lists files in the place of the segments from {@code at} to {@code end} (exclusive), which are the caller's then. Within
     * {@link StructuralChanges#exclusively}. A failure leaves the log as it was, without these files, unless it throws
     * {@link UnknownOutcomeException}.
     */
    List<Segment> run(int at, int end, List<Finished> finished) throws IOException {
        var made = new ArrayList<Segment>();
        var all = new ArrayList<Segment>(state.segments);
        boolean done = false;
        try {
            for (Finished file : finished) {
                state.storage.rename(file.name, Segment.name(file.entry.segmentId()));
            }
            for (Finished file : finished) {
                made.add(open(file.entry));
            }
            state.storage.syncDirectory();
            all.subList(at, end).clear();
            all.addAll(at, made);
            files.replaceManifest(files.manifest(all, state.startLsn, state.endLsn, files.nextFileId()));
            done = true;
        } catch (UnknownOutcomeException e) {
            throw e;
        } catch (IOException e) {
            finished.forEach(file -> SmallFiles.deleteIfThere(state.storage, Segment.name(file.entry.segmentId()), e));
            throw e;
        } finally {
            if (!done) {
                made.forEach(Segment::release);
            }
        }
        state.segments = List.copyOf(all);
        return made;
    }

    /** By its name: some storages open it once more by that. */
    Segment open(Manifest.Entry entry) throws IOException {
        StorageFile file = state.storage.open(Segment.name(entry.segmentId()), true);
        try {
            return SealedSegments.sealed(entry, file, SealedSegments.length(file));
        } catch (InvalidBytesException | NewerVersionException e) {
            throw new IOException("what was just written is not good: " + e.getMessage(), e);
        }
    }
}
