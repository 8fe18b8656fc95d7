package io.walnut.wal;

import io.walnut.wal.format.CleanMarker;
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
import io.walnut.wal.segment.FrameReader;
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
    private final List<Unsealed> tail = new ArrayList<>();
    private final List<String> useless = new ArrayList<>(); // files of the tail in which nothing counts

    Recovery(Storage storage, WalOptions options) {
        this.storage = storage;
        this.options = options;
    }

    /** A consistent log: all of its segments are sealed. */
    record Recovered(
            UUID log, long startLsn, long endLsn, long nextSegmentId, List<Segment> segments, RecoveryReport report) {}

    /** A segment of the tail that counts. */
    private record Unsealed(TailFile file, TailFile.Judgement judgement) {}

    Recovered run() throws IOException, WalException {
        long start = System.nanoTime();
        // What is seen may be in the memory of the operating system alone, left there by a process that died.
        storage.syncDirectory();
        List<String> names = storage.list();
        Manifest manifest = names.contains(Manifest.NAME) ? readManifest() : create(names);
        Optional<CleanMarker> clean = readMarker(names, manifest);
        try {
            openListed(manifest);
            long endLsn = scanTail(manifest, names, clean);
            if (clean.isPresent() && clean.get().endLsn() != endLsn) {
                throw corrupt(
                        "the log in " + storage.describe() + " was closed in order at LSN "
                                + clean.get().endLsn() + " and now ends at " + endLsn,
                        endLsn,
                        clean.get().endLsn(),
                        manifest,
                        true,
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
                        clean.isPresent(),
                        start);
            }
            long nextId = mend(manifest, endLsn, nextSegmentId(manifest, names), names);
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
        } catch (IOException | RuntimeException | Error e) {
            segments.forEach(Segment::release);
            throw e;
        }
    }

    private WalCorruptException corrupt(
            String message, long from, long to, Manifest manifest, boolean clean, long start) {
        RecoveryReport report =
                new RecoveryReport(clean, manifest.startLsn(), from, findings, notes, System.nanoTime() - start);
        return new WalCorruptException(
                message + "; nothing was changed. " + WalCorruptException.ADVICE,
                List.of(new LsnRange(from, Math.max(from, to))),
                Optional.of(report));
    }

    private Manifest create(List<String> names) throws IOException, WalException {
        for (String name : names) {
            if (Segment.id(name) >= 0) {
                throw new WalCorruptException(
                        storage.describe() + " has segments but no " + Manifest.NAME + "; nothing was changed. "
                                + WalCorruptException.ADVICE,
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
                            + "; nothing was changed. " + WalCorruptException.ADVICE,
                    List.of(),
                    Optional.empty());
        } catch (NewerVersionException e) {
            throw newer(Manifest.NAME, e);
        }
    }

    private UnsupportedVersionException newer(String name, NewerVersionException e) {
        return new UnsupportedVersionException(
                storage.describe() + ": " + name + ": " + e.getMessage() + "; nothing was changed", e);
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
        } catch (NewerVersionException e) {
            throw newer(CleanMarker.NAME, e);
        } catch (InvalidBytesException e) {
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
            IOException failure = null;
            for (Future<Opened> future : opening) {
                try {
                    add(future.get()); // all of them, so that all that are open are closed again
                } catch (ExecutionException e) {
                    failure = e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
                }
            }
            if (failure != null) {
                throw failure;
            }
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

    private Opened open(Manifest.Entry entry) throws IOException {
        long start = System.nanoTime();
        String name = Segment.name(entry.segmentId());
        long length = 0;
        try {
            if (!storage.exists(name)) {
                return damaged(
                        entry,
                        Verdict.MISSING,
                        nothing(entry),
                        0,
                        start,
                        name + " is listed in " + Manifest.NAME + " and not there");
            }
            StorageFile file = storage.open(name, true);
            length = length(file);
            Segment segment = sealed(entry, file, length);
            return new Opened(
                    new SegmentFinding(
                            entry.segmentId(),
                            Verdict.SEALED,
                            entry.baseLsn(),
                            entry.endLsn(),
                            entry.endLsn(),
                            segment.endPosition(),
                            length,
                            System.nanoTime() - start,
                            ""),
                    segment);
        } catch (NewerVersionException e) {
            throw newer(name, e);
        } catch (IOException e) {
            // Not read is not wrong: the bytes may be good, and are when it is tried again.
            throw new IOException(name + " cannot be read: " + e.getMessage(), e);
        } catch (InvalidBytesException e) {
            return damaged(
                    entry, Verdict.SEALED_DAMAGED, goodPart(entry, name), length, start, name + ": " + e.getMessage());
        }
    }

    /** Owns {@code file}, as {@link #sealed} does: it is closed when this fails. */
    private static long length(StorageFile file) throws IOException {
        try {
            return file.length();
        } catch (IOException | RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /** Owns {@code file}: it is closed when this fails. */
    private Segment sealed(Manifest.Entry entry, StorageFile file, long length)
            throws IOException, InvalidBytesException, NewerVersionException {
        Segment segment = null;
        try {
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
            segment = new Segment(
                    entry.segmentId(),
                    entry.baseLsn(),
                    entry.salt(),
                    file,
                    FrameIndex.of(trailer.firstLsns(), trailer.positions()),
                    trailer.endLsn(),
                    trailer.tablePosition());
            segment.cut(entry.endLsn());
            segment.map(length);
            if (options.verification() == WalOptions.Verification.FULL) {
                verify(segment);
            }
            return segment;
        } catch (IOException | InvalidBytesException | NewerVersionException | RuntimeException | Error e) {
            if (segment == null) {
                file.close();
            } else {
                segment.release();
            }
            throw e;
        }
    }

    static void verify(Segment segment) throws IOException, InvalidBytesException {
        FrameReader frame = new FrameReader();
        for (long lsn = segment.baseLsn(); lsn < segment.endLsn(); lsn = frame.endLsn()) {
            if (!frame.follow()) {
                frame.enter(segment, lsn);
            }
            for (long record = lsn + 1; record < frame.endLsn(); record++) {
                frame.advance();
            }
        }
    }

    /** The frames before the first bad one: the manifest says what a header that is lost would. */
    private TailScan goodPart(Manifest.Entry entry, String name) throws IOException {
        try (StorageFile file = storage.open(name, false)) {
            return TailScan.of(TailScan.load(file), entry.salt(), entry.baseLsn());
        }
    }

    private static TailScan nothing(Manifest.Entry entry) {
        return new TailScan(FrameIndex.EMPTY, entry.baseLsn(), 0, "");
    }

    private static Opened damaged(
            Manifest.Entry entry, Verdict verdict, TailScan good, long length, long start, String detail) {
        return new Opened(
                new SegmentFinding(
                        entry.segmentId(),
                        verdict,
                        entry.baseLsn(),
                        Math.min(good.endLsn(), entry.endLsn()),
                        entry.endLsn(),
                        Math.min(good.endPosition(), length),
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

    /** Judges the segments that the manifest does not list; returns the end of the log. */
    private long scanTail(Manifest manifest, List<String> names, Optional<CleanMarker> clean) throws IOException {
        List<TailFile> files = new ArrayList<>();
        for (String name : names.stream()
                .filter(name -> Segment.id(name) >= manifest.tailId())
                .sorted()
                .toList()) {
            TailFile file = TailFile.load(storage, name);
            if (file.isForeign(manifest.log())) {
                notes.add(name + " was linked in by an adoption that did not come about");
            } else {
                files.add(file);
            }
        }
        long wanted = clean.map(CleanMarker::endLsn).orElse(-1L);
        long lsn = manifest.tailLsn();
        for (int i = 0; i < files.size(); i++) {
            long start = System.nanoTime();
            TailFile file = files.get(i);
            TailFile.Judgement judgement = file.judge(lsn, files.subList(i + 1, files.size()));
            TailScan scan = judgement.scan();
            Verdict verdict = i == files.size() - 1 && scan.endLsn() < wanted ? Verdict.CORRUPT : judgement.verdict();
            findings.add(new SegmentFinding(
                    file.id(),
                    verdict,
                    lsn,
                    scan.endLsn(),
                    Math.max(scan.endLsn(), Math.max(judgement.provenLsn(), wanted)),
                    Math.min(scan.endPosition(), file.bytes().limit()),
                    file.bytes().limit(),
                    System.nanoTime() - start,
                    judgement.detail()));
            if (verdict == Verdict.WHOLE || verdict == Verdict.TORN) {
                tail.add(new Unsealed(file, judgement));
                lsn = scan.endLsn();
            } else {
                useless.add(file.name());
            }
        }
        return lsn;
    }

    private static long nextSegmentId(Manifest manifest, List<String> names) {
        long next = manifest.tailId();
        for (String name : names) {
            next = Math.max(next, Segment.id(name) + 1);
        }
        return next;
    }

    /**
     * Everything is judged: seals the tail, lists it, and deletes what does not belong to the log.
     *
     * @return one past the last id used
     */
    private long mend(Manifest manifest, long endLsn, long firstFreeId, List<String> names) throws IOException {
        if (names.contains(CleanMarker.NAME)) {
            storage.delete(CleanMarker.NAME);
            storage.syncDirectory();
        }
        long nextId = firstFreeId;
        for (Unsealed unsealed : tail) {
            TailScan scan = unsealed.judgement.scan();
            segments.add(
                    switch (unsealed.judgement.durable()) {
                        case TRAILER -> unsealed.file.keep(storage, scan);
                        case FRAMES -> unsealed.file.seal(storage, scan);
                        case NOTHING -> {
                            deleteUseless(); // on a full disk that is the room which the copy takes
                            yield unsealed.file.copy(storage, nextId++, scan);
                        }
                    });
        }
        if (nextId > firstFreeId) {
            storage.syncDirectory(); // what is listed must be there
        }
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
        return nextId;
    }

    private void deleteUseless() throws IOException {
        for (String name : useless) {
            storage.delete(name);
        }
        useless.clear();
    }
}
