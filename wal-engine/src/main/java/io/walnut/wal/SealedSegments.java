package io.walnut.wal;

import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.recovery.RecoveryListener;
import io.walnut.wal.recovery.RecoveryProgress;
import io.walnut.wal.recovery.SegmentFinding;
import io.walnut.wal.recovery.Verdict;
import io.walnut.wal.segment.FrameIndex;
import io.walnut.wal.segment.FrameReader;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Opens the segments that a manifest lists, several at once: header, table and footer are read and compared, the frames only
 * with full verification, one segment a worker.
 */
final class SealedSegments {
    /** To open is to wait for the disk, again and again. */
    private static final int OPENERS = 8;

    private final Storage storage;
    private final boolean inline;

    SealedSegments(Storage storage, WalOptions options) {
        this.storage = storage;
        this.inline = options.backgroundWork() == BackgroundWork.INLINE;
    }

    /** A listed segment, and what is to be said of it; null when it is missing or wrong. */
    record Opened(
            Manifest.Entry entry,
            SegmentFinding finding,
            @Nullable Segment segment) {}

    /** One for each entry, in order. Those that are open are the caller's to release; when this fails, none is. */
    List<Opened> open(List<Manifest.Entry> entries) throws IOException {
        List<Opened> opened = new ArrayList<>();
        try {
            Workers.each(inline ? 1 : OPENERS, entries.size(), i -> open(entries.get(i)), opened);
            return opened;
        } catch (IOException | RuntimeException | Error e) {
            opened.forEach(SealedSegments::release);
            throw e;
        }
    }

    /** The same segments after a look at every frame. Those in which one is wrong are released; when this fails, all are. */
    List<Opened> verify(List<Opened> opened, RecoveryListener listener) throws IOException {
        Tally tally = new Tally(
                listener, opened.stream().mapToLong(one -> one.finding.bytes()).sum(), opened.size());
        List<Opened> verified = new ArrayList<>();
        try {
            Workers.each(
                    inline ? 1 : Runtime.getRuntime().availableProcessors(),
                    opened.size(),
                    i -> tally.add(verify(opened.get(i), tally)),
                    verified);
        } catch (IOException | RuntimeException | Error e) {
            opened.forEach(SealedSegments::release);
            throw e;
        }
        for (int i = 0; i < opened.size(); i++) {
            if (verified.get(i).segment == null) {
                release(opened.get(i));
            }
        }
        return verified;
    }

    /** What the listener hears. */
    private static final class Tally {
        private final RecoveryListener listener;
        private final long total;
        private final int segments;
        private final long start = System.nanoTime();
        private long bytes;
        private int done;
        private boolean cancelled;

        Tally(RecoveryListener listener, long total, int segments) {
            this.listener = listener;
            this.total = total;
            this.segments = segments;
        }

        synchronized Opened add(Opened verified) {
            bytes += verified.finding.bytes();
            done++;
            cancelled |= !listener.goOn(new RecoveryProgress(bytes, total, done, segments, System.nanoTime() - start));
            checkGoesOn();
            return verified;
        }

        synchronized void checkGoesOn() {
            if (cancelled) {
                throw new CancellationException("the open was cancelled after " + done + " of " + segments
                        + " segments were verified; nothing was changed");
            }
        }
    }

    static void release(Opened opened) {
        if (opened.segment != null) {
            opened.segment.release();
        }
    }

    private Opened open(Manifest.Entry entry) throws IOException {
        long start = System.nanoTime();
        String name = Segment.name(entry.segmentId());
        long length = 0;
        try {
            if (!storage.exists(name)) {
                return new Opened(
                        entry,
                        finding(
                                entry,
                                Verdict.MISSING,
                                nothing(entry),
                                0,
                                start,
                                name + " is listed in " + Manifest.NAME + " and not there"),
                        null);
            }
            StorageFile file = storage.open(name, true);
            length = length(file);
            Segment segment = sealed(entry, file, length);
            return new Opened(
                    entry,
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
            throw new UnsupportedVersionException(
                    storage.describe() + ": " + name + ": " + e.getMessage() + "; nothing was changed", e);
        } catch (IOException e) {
            // Not read is not wrong: the bytes may be good, and are when it is tried again.
            throw new IOException(name + " cannot be read: " + e.getMessage(), e);
        } catch (InvalidBytesException e) {
            return damaged(entry, length, start, e);
        }
    }

    /** Owns {@code file}, as {@link #sealed} does: it is closed when this fails. */
    static long length(StorageFile file) throws IOException {
        try {
            return file.length();
        } catch (IOException | RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /** Owns {@code file}: it is closed when this fails. */
    static Segment sealed(Manifest.Entry entry, StorageFile file, long length)
            throws IOException, InvalidBytesException, NewerVersionException {
        try {
            SegmentTrailer.Footer footer = SegmentTrailer.check(trailer(file, length));
            ByteBuffer block = ByteBuffer.allocate(SegmentHeader.BYTES);
            file.read(block, 0);
            SegmentHeader header = SegmentHeader.read(block.flip());
            if (header.salt() != entry.salt()
                    || footer.salt() != entry.salt()
                    || header.baseLsn() != entry.baseLsn()
                    || footer.endLsn() < entry.endLsn()) {
                throw new InvalidBytesException("it is not the segment that is listed: LSNs " + header.baseLsn()
                        + " to " + footer.endLsn() + ", listed " + entry.baseLsn() + " to " + entry.endLsn());
            }
            Segment segment = Segment.sealed(entry.segmentId(), footer, file, length);
            segment.cut(entry.endLsn());
            return segment;
        } catch (IOException | InvalidBytesException | NewerVersionException | RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private Opened verify(Opened opened, Tally tally) throws IOException {
        tally.checkGoesOn();
        if (opened.segment == null) {
            return opened;
        }
        long start = System.nanoTime();
        try {
            verify(opened.segment);
            return new Opened(opened.entry, opened.finding.after(System.nanoTime() - start), opened.segment);
        } catch (InvalidBytesException e) {
            return damaged(opened.entry, opened.finding.bytes(), start, e);
        } catch (IOException e) {
            throw new IOException(Segment.name(opened.entry.segmentId()) + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Every frame, up to where it counts. */
    static void verify(Segment segment) throws IOException, InvalidBytesException {
        long gone = gone(segment);
        if (!segment.isCut() && gone != segment.gone()) {
            throw new InvalidBytesException(
                    "its footer says that " + segment.gone() + " records were compacted away, its frames say " + gone);
        }
    }

    /** Verifies every frame, and counts the records that were compacted away. */
    static long gone(Segment segment) throws IOException, InvalidBytesException {
        FrameReader frame = new FrameReader();
        long gone = 0;
        for (long lsn = segment.baseLsn(); lsn < segment.endLsn(); lsn = frame.endLsn()) {
            if (!frame.follow()) {
                frame.enter(segment, lsn);
            }
            gone += frame.gap();
            while (!frame.isLast()) {
                frame.advance();
                gone += frame.gap();
            }
        }
        return gone;
    }

    private Opened damaged(Manifest.Entry entry, long length, long start, InvalidBytesException why)
            throws IOException {
        String name = Segment.name(entry.segmentId());
        return new Opened(
                entry,
                finding(
                        entry,
                        Verdict.SEALED_DAMAGED,
                        goodPart(entry, name),
                        length,
                        start,
                        name + ": " + why.getMessage()),
                null);
    }

    /** The frames before the first bad one: the manifest says what a header that is lost would. */
    private TailScan goodPart(Manifest.Entry entry, String name) throws IOException {
        try (Arena arena = Arena.ofConfined();
                StorageFile file = storage.open(name, false)) {
            return TailScan.of(TailScan.load(file, arena), entry.salt(), entry.baseLsn());
        }
    }

    private static TailScan nothing(Manifest.Entry entry) {
        return new TailScan(FrameIndex.EMPTY, entry.baseLsn(), 0, entry.baseLsn(), "");
    }

    private static SegmentFinding finding(
            Manifest.Entry entry, Verdict verdict, TailScan good, long length, long start, String detail) {
        return new SegmentFinding(
                entry.segmentId(),
                verdict,
                entry.baseLsn(),
                Math.min(good.endLsn(), entry.endLsn()),
                entry.endLsn(),
                Math.min(good.endPosition(), length),
                length,
                System.nanoTime() - start,
                detail);
    }

    /** Table and footer as they are in the file, not verified but for their place. */
    static ByteBuffer trailer(StorageFile file, long length) throws IOException, InvalidBytesException {
        if (length < SegmentHeader.BYTES + SegmentTrailer.FOOTER_BYTES) {
            throw new InvalidBytesException("it has " + length + " bytes, too few for a sealed segment");
        }
        ByteBuffer footer = ByteBuffer.allocate(SegmentTrailer.FOOTER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.read(footer, length - SegmentTrailer.FOOTER_BYTES);
        long table = SegmentTrailer.tablePosition(footer.flip(), length);
        ByteBuffer trailer =
                ByteBuffer.allocate(Math.toIntExact(length - table)).order(ByteOrder.LITTLE_ENDIAN);
        file.read(trailer, table);
        return trailer.flip();
    }
}
