package io.walnut.wal;

import io.walnut.wal.format.CleanMarker;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.io.Storage;
import io.walnut.wal.recovery.SegmentFinding;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The second half of a recovery, when all is judged: seals the tail, copies what is good of what is damaged, lists it, and only
 * then takes away what does not belong to the log. A crash in between leaves the directory as it was found, or mended.
 */
final class Mending {
    static final String REPORT = ".report";
    static final String EVIDENCE = ".quarantined";
    private static final Set<String> TEMPORARY_NAMES =
            Set.of(Manifest.TEMPORARY_NAME, CleanMarker.TEMPORARY_NAME, CompactedFile.TEMPORARY_NAME);

    private final Storage storage;
    private final Manifest manifest;
    private final List<Segment> segments = new ArrayList<>();
    private long nextId;

    Mending(Storage storage, Manifest manifest, long firstFreeId) {
        this.storage = storage;
        this.manifest = manifest;
        this.nextId = firstFreeId;
    }

    /** Something that the log is made of, in the order of LSNs. */
    sealed interface Part {
        long baseLsn();

        /** A listed segment. */
        record Sealed(Segment segment) implements Part {
            @Override
            public long baseLsn() {
                return segment.baseLsn();
            }
        }

        /** A segment of the tail. */
        record Unsealed(TailFile file, TailFile.Judgement judgement, long baseLsn) implements Part {}

        /** A segment in which durable bytes are wrong, and what is to stand in its place. */
        record Damaged(SegmentFinding finding, Salvage.Found found, long endLsn) implements Part {
            @Override
            public long baseLsn() {
                return finding.baseLsn();
            }
        }

        /** What a copy has of an old hole. */
        record Restored(Salvage.Found found, long baseLsn, long endLsn) implements Part {}
    }

    /** Segments of the mended log, as far as they are made; to be released when it does not come about. */
    List<Segment> segments() {
        return segments;
    }

    /** One past the last id used. */
    long nextId() {
        return nextId;
    }

    /**
     * @param useless files of the tail in which nothing counts: on a full disk they are the room which copies take
     * @param endLsn where the log is to end
     */
    void run(List<Part> parts, List<String> useless, long endLsn) throws IOException {
        if (storage.exists(CleanMarker.NAME)) {
            storage.delete(CleanMarker.NAME);
            storage.syncDirectory();
        }
        long firstNewId = nextId;
        boolean reported = false;
        for (Part part : parts) {
            switch (part) {
                case Part.Sealed sealed -> segments.add(sealed.segment);
                case Part.Unsealed unsealed -> seal(unsealed, useless);
                case Part.Damaged damaged -> {
                    copy(damaged.found, Math.min(damaged.endLsn, endLsn));
                    report(storage, damaged);
                    reported = true;
                }
                case Part.Restored restored -> copy(restored.found, Math.min(restored.endLsn, endLsn));
            }
        }
        for (Segment segment : segments) {
            segment.cut(endLsn);
        }
        if (nextId > firstNewId || reported) {
            storage.syncDirectory(); // what is listed must be there, and what is set aside must be known for that
        }
        list(endLsn);
        cleanUp();
    }

    /**
     * First what is known to be on the disk is sealed where it lies, which on a full disk gives back the room that the copy of the
     * rest takes.
     */
    private void seal(Part.Unsealed unsealed, List<String> useless) throws IOException {
        TailFile.Judgement judgement = unsealed.judgement;
        TailScan scan = judgement.scan();
        if (judgement.durableLsn() > unsealed.baseLsn) {
            segments.add(unsealed.file.seal(storage, judgement));
        }
        if (judgement.durableLsn() < scan.endLsn()) {
            deleteDurably(useless);
            segments.add(unsealed.file.copy(storage, nextId++, scan, judgement.durableLsn()));
        }
    }

    /** Before a file with a higher id is made, which says of those below it that they were made in full. */
    private void deleteDurably(List<String> useless) throws IOException {
        if (useless.isEmpty()) {
            return;
        }
        for (String name : useless) {
            storage.delete(name);
        }
        useless.clear();
        storage.syncDirectory();
    }

    private void copy(Salvage.Found found, long endLsn) throws IOException {
        for (Salvage.Piece piece : found.pieces()) {
            if (piece.baseLsn() < endLsn) {
                Segment copy =
                        SegmentCopy.write(storage, manifest.log(), nextId++, found.salt(), piece.bytes(), piece.run());
                segments.add(copy);
                copy.cut(endLsn);
            }
        }
    }

    /** Says beside a damaged file what was wrong with it: evidence from then on, once it is not listed any more. Not its entry is durable. */
    static void report(Storage storage, Part.Damaged damaged) throws IOException {
        var text = new StringBuilder(damaged.finding.print()).append('\n');
        for (Salvage.Piece piece : damaged.found.pieces()) {
            text.append("in the log: LSNs ")
                    .append(piece.baseLsn())
                    .append("..")
                    .append(piece.endLsn())
                    .append(" (exclusive)\n");
        }
        ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
        SmallFiles.write(storage, Segment.name(damaged.finding.segmentId()) + REPORT, bytes);
    }

    private void list(long endLsn) throws IOException {
        Manifest mended = new Manifest(
                manifest.log(),
                manifest.startLsn(),
                nextId,
                endLsn,
                segments.stream()
                        .map(segment ->
                                new Manifest.Entry(segment.id(), segment.baseLsn(), segment.endLsn(), segment.salt()))
                        .toList());
        if (!mended.equals(manifest)) {
            SmallFiles.replace(storage, Manifest.TEMPORARY_NAME, Manifest.NAME, mended.encode());
        }
    }

    /** What is not listed goes, or is set aside where a report says that it is evidence. */
    private void cleanUp() throws IOException {
        Set<String> listed = new HashSet<>();
        segments.forEach(segment -> listed.add(Segment.name(segment.id())));
        List<String> names = storage.list();
        boolean changed = false;
        for (String name : names) {
            if (Segment.id(name) >= 0 && !listed.contains(name)) {
                if (names.contains(name + REPORT)) {
                    storage.rename(name, name + EVIDENCE);
                } else {
                    storage.delete(name);
                }
                changed = true;
            } else if (TEMPORARY_NAMES.contains(name)
                    || name.endsWith(Repair.TEMPORARY)
                    || name.endsWith(AdoptedSegments.TEMPORARY)) {
                storage.delete(name);
                changed = true;
            }
        }
        if (changed) {
            storage.syncDirectory();
        }
    }
}
