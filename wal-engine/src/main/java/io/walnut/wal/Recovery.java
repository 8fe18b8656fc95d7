package io.walnut.wal;

import io.walnut.wal.format.CleanMarker;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.recovery.RecoveryReport;
import io.walnut.wal.recovery.SegmentFinding;
import io.walnut.wal.recovery.Verdict;
import io.walnut.wal.segment.FrameIndex;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Opens a directory after whatever happened to it. First looks and judges, and throws when durable bytes are wrong, with the
 * directory as it was; only then seals the tail where it ends and deletes what is left over.
 */
final class Recovery {
    private final Storage storage;
    private final WalOptions options;
    private final List<SegmentFinding> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<Segment> segments = new ArrayList<>();
    private final List<Segment> tail = new ArrayList<>();

    Recovery(Storage storage, WalOptions options) {
        this.storage = storage;
        this.options = options;
    }

    /** A consistent log: all of its segments are sealed. */
    record Recovered(
            UUID log, long startLsn, long endLsn, long nextSegmentId, List<Segment> segments, RecoveryReport report) {}

    Recovered run() throws IOException, WalException {
        long start = System.nanoTime();
        List<String> names = storage.list();
        Manifest manifest = names.contains(Manifest.NAME) ? readManifest() : create(names);
        Optional<CleanMarker> clean = readMarker(names, manifest);
        try {
            openListed(manifest);
            long endLsn = scanTail(manifest, names, clean);
            if (clean.isPresent() && clean.get().endLsn() != endLsn) {
                throw corrupt(
                        "the log was closed in order at LSN " + clean.get().endLsn() + " and now ends at " + endLsn,
                        endLsn,
                        clean.get().endLsn(),
                        manifest,
                        start);
            }
            if (findings.stream().anyMatch(finding -> finding.verdict().corrupt())) {
                SegmentFinding bad = findings.stream()
                        .filter(finding -> finding.verdict().corrupt())
                        .findFirst()
                        .orElseThrow();
                throw corrupt(
                        "durable bytes are wrong: segment " + bad.segmentId() + " of " + storage.describe() + ", "
                                + bad.verdict().text() + ": " + bad.detail(),
                        bad.endLsn(),
                        bad.corruptToLsn(),
                        manifest,
                        start);
            }
            long nextId = nextSegmentId(manifest, names);
            mend(manifest, endLsn, nextId, names);
            return new Recovered(
                    manifest.log(),
                    manifest.startLsn(),
                    endLsn,
                    nextId,
                    segments,
                    new RecoveryReport(
                            clean.isPresent(),
                            manifest.startLsn(),
                            endLsn,
                            findings,
                            notes,
                            System.nanoTime() - start));
        } catch (IOException | RuntimeException e) {
            segments.forEach(Segment::release);
            tail.forEach(Segment::release);
            throw e;
        }
    }

    private WalCorruptException corrupt(String message, long from, long to, Manifest manifest, long start) {
        RecoveryReport report =
                new RecoveryReport(false, manifest.startLsn(), from, findings, notes, System.nanoTime() - start);
        return new WalCorruptException(
                message + ". Nothing was changed; repair or restore the files and open again",
                List.of(new LsnRange(from, Math.max(from, to))),
                Optional.of(report));
    }

    private Manifest create(List<String> names) throws IOException, WalException {
        for (String name : names) {
            if (Segment.id(name) >= 0) {
                throw new WalCorruptException(
                        storage.describe() + " has segments but no " + Manifest.NAME + "; nothing was changed",
                        List.of(),
                        Optional.empty());
            }
        }
        Manifest manifest =
                new Manifest(options.identity().get(), options.firstLsn(), 0, options.firstLsn(), List.of());
        SmallFiles.replace(storage, Manifest.TEMPORARY_NAME, Manifest.NAME, manifest.encode());
        return manifest;
    }

    private Manifest readManifest() throws IOException, WalException {
        try {
            return Manifest.read(SmallFiles.read(storage, Manifest.NAME));
        } catch (InvalidBytesException e) {
            throw new WalCorruptException(
                    Manifest.NAME + " of " + storage.describe() + " is damaged: " + e.getMessage()
                            + "; nothing was changed",
                    List.of(),
                    Optional.empty());
        } catch (NewerVersionException e) {
            throw new UnsupportedVersionException(storage.describe() + ": " + e.getMessage());
        }
    }

    private Optional<CleanMarker> readMarker(List<String> names, Manifest manifest) throws IOException {
        if (!names.contains(CleanMarker.NAME)) {
            return Optional.empty();
        }
        try {
            CleanMarker marker = CleanMarker.read(SmallFiles.read(storage, CleanMarker.NAME));
            if (marker.log().equals(manifest.log())) {
                return Optional.of(marker);
            }
            notes.add(CleanMarker.NAME + " is another log's and was ignored");
        } catch (InvalidBytesException | NewerVersionException e) {
            notes.add(CleanMarker.NAME + " is damaged and was ignored: " + e.getMessage());
        }
        return Optional.empty();
    }

    private void openListed(Manifest manifest) throws IOException {
        int workers = options.backgroundWork() == BackgroundWork.INLINE
                ? 1
                : Math.min(manifest.segments().size(), Runtime.getRuntime().availableProcessors());
        if (workers <= 1) {
            for (Manifest.Entry entry : manifest.segments()) {
                add(open(entry));
            }
            return;
        }
        try (ExecutorService pool = Executors.newFixedThreadPool(workers)) {
            List<Future<Opened>> opening = manifest.segments().stream()
                    .map(entry -> pool.submit(() -> open(entry)))
                    .toList();
            for (Future<Opened> future : opening) {
                add(future.get());
            }
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while opening segments", e);
        }
    }

    private record Opened(SegmentFinding finding, @Nullable Segment segment) {}

    private void add(Opened opened) {
        findings.add(opened.finding);
        if (opened.segment != null) {
            segments.add(opened.segment);
        }
    }

    private Opened open(Manifest.Entry entry) {
        long start = System.nanoTime();
        String name = Segment.name(entry.segmentId());
        long length = 0;
        try {
            if (!storage.exists(name)) {
                return damaged(entry, Verdict.MISSING, 0, start, name + " is listed and not there");
            }
            StorageFile file = storage.open(name, true);
            length = file.length();
            SegmentTrailer trailer = readTrailer(file, length);
            ByteBuffer block = ByteBuffer.allocate(SegmentHeader.BYTES);
            file.read(block, 0);
            SegmentHeader header = SegmentHeader.read(block.flip());
            if (header.salt() != entry.salt()
                    || trailer.salt() != entry.salt()
                    || header.baseLsn() != entry.baseLsn()
                    || trailer.endLsn() < entry.endLsn()) {
                throw new InvalidBytesException("it is not the segment that is listed: LSNs " + header.baseLsn()
                        + " to " + trailer.endLsn() + ", listed " + entry.baseLsn() + " to " + entry.endLsn());
            }
            Segment segment = new Segment(
                    entry.segmentId(),
                    entry.baseLsn(),
                    entry.salt(),
                    file,
                    FrameIndex.of(trailer.firstLsns(), trailer.positions()),
                    entry.endLsn(),
                    trailer.tablePosition());
            segment.map(length);
            if (options.verification() == WalOptions.Verification.FULL) {
                verify(segment);
            }
            return new Opened(
                    new SegmentFinding(
                            entry.segmentId(),
                            Verdict.SEALED,
                            entry.baseLsn(),
                            entry.endLsn(),
                            entry.endLsn(),
                            trailer.tablePosition(),
                            length,
                            System.nanoTime() - start,
                            ""),
                    segment);
        } catch (InvalidBytesException | NewerVersionException | IOException e) {
            return damaged(entry, Verdict.SEALED_DAMAGED, length, start, name + ": " + e.getMessage());
        }
    }

    static void verify(Segment segment) throws IOException, InvalidBytesException {
        for (long lsn = segment.baseLsn(); lsn < segment.endLsn(); ) {
            ByteBuffer frame = segment.frame(lsn);
            lsn = FrameFormat.read(frame, 0, frame.limit()).endLsn();
        }
    }

    private static Opened damaged(Manifest.Entry entry, Verdict verdict, long length, long start, String detail) {
        return new Opened(
                new SegmentFinding(
                        entry.segmentId(),
                        verdict,
                        entry.baseLsn(),
                        entry.baseLsn(),
                        entry.endLsn(),
                        0,
                        length,
                        System.nanoTime() - start,
                        detail),
                null);
    }

    static SegmentTrailer readTrailer(StorageFile file, long length)
            throws IOException, InvalidBytesException, NewerVersionException {
        if (length < SegmentHeader.BYTES + SegmentTrailer.FOOTER_BYTES) {
            throw new InvalidBytesException("it has " + length + " bytes, too few for a sealed segment");
        }
        ByteBuffer footer = ByteBuffer.allocate(SegmentTrailer.FOOTER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.read(footer, length - SegmentTrailer.FOOTER_BYTES);
        long table = SegmentTrailer.tablePosition(footer.flip(), length);
        ByteBuffer trailer =
                ByteBuffer.allocate(Math.toIntExact(length - table)).order(ByteOrder.LITTLE_ENDIAN);
        file.read(trailer, table);
        SegmentTrailer read = SegmentTrailer.read(trailer.flip());
        if (read.tablePosition() != table) {
            throw new InvalidBytesException("its footer names another table");
        }
        return read;
    }

    /** Scans the segments that the manifest does not list; returns the end of the log. */
    private long scanTail(Manifest manifest, List<String> names, Optional<CleanMarker> clean) throws IOException {
        long lsn = manifest.tailLsn();
        List<String> files = new ArrayList<>(names.stream()
                .filter(name -> Segment.id(name) >= manifest.tailId())
                .sorted()
                .toList());
        List<ByteBuffer> contents = new ArrayList<>();
        for (String name : List.copyOf(files)) {
            try (StorageFile file = storage.open(name, false)) {
                ByteBuffer bytes = TailScan.load(file);
                if (isForeign(bytes, manifest, Segment.id(name))) {
                    files.remove(name);
                    notes.add(name + " was linked in by an adoption that did not come about");
                } else {
                    contents.add(bytes);
                }
            }
        }
        long wanted = clean.map(CleanMarker::endLsn).orElse(-1L);
        boolean ended = false;
        for (int i = 0; i < files.size(); i++) {
            long start = System.nanoTime();
            String name = files.get(i);
            ByteBuffer bytes = contents.get(i);
            long id = Segment.id(name);
            SegmentHeader header = header(bytes, manifest, id, lsn);
            Verdict verdict;
            TailScan scan = new TailScan(FrameIndex.EMPTY, lsn, SegmentHeader.BYTES, "");
            if (ended || header == null) {
                verdict = isBlank(bytes) ? Verdict.PREPARED : Verdict.TORN_AT_START;
            } else {
                scan = TailScan.of(bytes, header);
                verdict = scan.index().count() == 0
                        ? Verdict.TORN_AT_START
                        : TailScan.restIsZero(bytes, scan.endPosition()) ? Verdict.WHOLE : Verdict.TORN;
            }
            long end = scan.endLsn();
            // The next segment is begun when all of this one is durable: what else is here is of a seal under way.
            boolean continued = scan.index().count() > 0
                    && i + 1 < files.size()
                    && header(contents.get(i + 1), manifest, Segment.id(files.get(i + 1)), end) != null;
            if (continued) {
                verdict = Verdict.WHOLE;
            }
            long proof = continued ? -1 : evidence(contents, i, scan.endPosition(), end);
            if (proof >= 0 || (i == files.size() - 1 && end < wanted)) {
                verdict = Verdict.CORRUPT;
            }
            findings.add(new SegmentFinding(
                    id,
                    verdict,
                    header == null ? lsn : header.baseLsn(),
                    end,
                    Math.max(end, Math.max(proof, wanted)),
                    scan.endPosition(),
                    bytes.limit(),
                    System.nanoTime() - start,
                    proof >= 0
                            ? scan.stopped() + "; LSN " + proof + " behind it proves that it had been durable"
                            : scan.stopped()));
            if (header != null && (verdict == Verdict.WHOLE || verdict == Verdict.TORN)) {
                tail.add(new Segment(
                        id,
                        header.baseLsn(),
                        header.salt(),
                        storage.open(name, true),
                        scan.index(),
                        end,
                        scan.endPosition()));
                lsn = end;
            }
            // A segment that does not end whole is the last: what follows was never acknowledged, or is proof above.
            ended |= verdict != Verdict.WHOLE;
        }
        return lsn;
    }

    /** A good header of another log, or of another file of this one. */
    private static boolean isForeign(ByteBuffer bytes, Manifest manifest, long id) {
        if (bytes.limit() < SegmentHeader.BYTES) {
            return false;
        }
        try {
            SegmentHeader header = SegmentHeader.read(bytes.slice(0, SegmentHeader.BYTES));
            return !header.log().equals(manifest.log()) || header.segmentId() != id;
        } catch (InvalidBytesException | NewerVersionException e) {
            return false;
        }
    }

    private static boolean isBlank(ByteBuffer bytes) {
        return TailScan.restIsZero(bytes, 0);
    }

    private static @Nullable SegmentHeader header(ByteBuffer bytes, Manifest manifest, long id, long lsn) {
        if (bytes.limit() < SegmentHeader.BYTES) {
            return null;
        }
        try {
            SegmentHeader header = SegmentHeader.read(bytes.slice(0, SegmentHeader.BYTES));
            return header.log().equals(manifest.log()) && header.segmentId() == id && header.baseLsn() == lsn
                    ? header
                    : null;
        } catch (InvalidBytesException | NewerVersionException e) {
            return null;
        }
    }

    /** LSN of a good frame, here behind {@code from} or in a later file, that says that {@code lsn} had been durable; or -1. */
    private static long evidence(List<ByteBuffer> contents, int file, long from, long lsn) {
        long proof = TailScan.evidence(contents.get(file), (int) from, lsn);
        for (int i = file + 1; i < contents.size() && proof < 0; i++) {
            proof = TailScan.evidence(contents.get(i), 0, lsn);
        }
        return proof;
    }

    private static long nextSegmentId(Manifest manifest, List<String> names) {
        long next = manifest.tailId();
        for (String name : names) {
            next = Math.max(next, Segment.id(name) + 1);
        }
        return next;
    }

    /** Everything is judged: seals the tail, lists it, and deletes what does not belong to the log. */
    private void mend(Manifest manifest, long endLsn, long nextId, List<String> names) throws IOException {
        if (names.contains(CleanMarker.NAME)) {
            storage.delete(CleanMarker.NAME);
            storage.syncDirectory();
        }
        for (Segment segment : tail) {
            segment.seal();
        }
        segments.addAll(tail);
        tail.clear();
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
        Set<Long> listed = new HashSet<>();
        segments.forEach(segment -> listed.add(segment.id()));
        boolean deleted = false;
        for (String name : storage.list()) {
            long id = Segment.id(name);
            if ((id >= 0 && !listed.contains(id))
                    || name.equals(Manifest.TEMPORARY_NAME)
                    || name.equals(CleanMarker.TEMPORARY_NAME)) {
                storage.delete(name);
                deleted = true;
            }
        }
        if (deleted) {
            storage.syncDirectory();
        }
    }
}
