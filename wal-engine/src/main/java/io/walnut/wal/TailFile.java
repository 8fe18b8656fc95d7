package io.walnut.wal;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.recovery.Verdict;
import io.walnut.wal.segment.FrameIndex;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A segment file of the tail, which no manifest lists, and what it is: the lower rows of the decision table in
 * {@code docs/FORMAT.md}.
 *
 * @param header null when the first block is no good header
 */
record TailFile(
        long id, String name, ByteBuffer bytes, @Nullable SegmentHeader header) {

    /** What of a file is known to be on the disk. */
    enum Durable {
        /**
         * Nothing: it was read, but perhaps out of the memory of the operating system alone, which after a sync that failed
         * keeps pages that are not on the disk and takes them for clean.
         */
        NOTHING,
        /** The frames: a later segment was begun, or a trailer written. */
        FRAMES,
        /** The frames and the trailer: the file, which was made longer, was cut after them. */
        TRAILER
    }

    /**
     * What a file is.
     *
     * @param provenLsn LSN up to which (exclusive) records are proven to have been durable and are missing, or -1
     */
    record Judgement(Verdict verdict, TailScan scan, Durable durable, long provenLsn, String detail) {}

    static TailFile load(Storage storage, String name, Arena arena) throws IOException {
        try (StorageFile file = storage.open(name, false)) {
            ByteBuffer bytes = TailScan.load(file, arena);
            return new TailFile(Segment.id(name), name, bytes, header(bytes));
        } catch (NewerVersionException e) {
            throw new UnsupportedVersionException(
                    storage.describe() + ": " + name + ": " + e.getMessage() + "; nothing was changed", e);
        }
    }

    private static @Nullable SegmentHeader header(ByteBuffer bytes) throws NewerVersionException {
        if (bytes.limit() < SegmentHeader.BYTES) {
            return null;
        }
        try {
            return SegmentHeader.read(bytes.slice(0, SegmentHeader.BYTES));
        } catch (InvalidBytesException e) {
            return null;
        }
    }

    /** A good header of another log, or of another file of this one. */
    boolean isForeign(UUID log) {
        return header != null && (!header.log().equals(log) || header.segmentId() != id);
    }

    /** Judges the file in which {@code lsn} should be the first; {@code later} are the files with higher ids. */
    Judgement judge(long lsn, List<TailFile> later) throws UnsupportedVersionException {
        long next = nextBase(later);
        if (header == null || header.baseLsn() != lsn) {
            return judgeWithoutHeader(lsn, next, later);
        }
        SegmentTrailer trailer = trailer(header.baseLsn(), header.salt());
        TailScan scan = TailScan.of(trailer == null ? bytes : upTo(trailer.tablePosition()), header);
        if (next > scan.endLsn()) {
            return corrupt(scan, next, scan.stopped() + "; a later segment begins at LSN " + next);
        }
        if (next == scan.endLsn() && scan.index().count() > 0) {
            // A segment is begun when all before it is durable, so nothing is missing here; after the frames may
            // stand a part of a trailer.
            return new Judgement(Verdict.WHOLE, scan, durable(trailer, scan), -1, "");
        }
        if (trailer != null) {
            return isEnd(trailer, scan)
                    ? new Judgement(Verdict.WHOLE, scan, durable(trailer, scan), -1, "")
                    : corrupt(scan, trailer.endLsn(), scan.stopped() + "; its trailer says that it was whole");
        }
        if (bytes.limit() < header.madeBytes()) {
            return corrupt(
                    scan,
                    -1,
                    "the file has " + bytes.limit() + " bytes of " + header.madeBytes()
                            + ", and no trailer ends it: it was cut short from outside");
        }
        TailScan.Behind behind = TailScan.behind(bytes, (int) scan.endPosition(), scan.endLsn(), header);
        long proof = behind.provenLsn();
        if (proof >= 0) {
            return corrupt(
                    scan, proof, scan.stopped() + "; LSN " + proof + " after it proves that it had been durable");
        }
        Verdict verdict = scan.index().count() == 0
                ? Verdict.TORN_AT_START
                : scan.endsHere(bytes, header.salt()) && !behind.ofSegment() ? Verdict.WHOLE : Verdict.TORN;
        return new Judgement(verdict, scan, Durable.NOTHING, -1, verdict == Verdict.WHOLE ? "" : scan.stopped());
    }

    /** After a torn write of several frames the last good one need not reach to the end of its block. */
    private static boolean isEnd(@Nullable SegmentTrailer trailer, TailScan scan) {
        return trailer != null
                && scan.endLsn() == trailer.endLsn()
                && Blocks.roundUp(scan.endPosition()) == trailer.tablePosition();
    }

    /** Of a file whose frames all are. */
    private Durable durable(@Nullable SegmentTrailer trailer, TailScan scan) {
        boolean cut = bytes.limit() < Objects.requireNonNull(header).madeBytes();
        return cut && isEnd(trailer, scan) ? Durable.TRAILER : Durable.FRAMES;
    }

    private Judgement judgeWithoutHeader(long lsn, long next, List<TailFile> later) throws UnsupportedVersionException {
        TailScan nothing = new TailScan(FrameIndex.EMPTY, lsn, SegmentHeader.BYTES, "");
        if (header != null && header.baseLsn() > lsn) {
            return corrupt(nothing, header.baseLsn(), "it begins at LSN " + header.baseLsn() + ", expected LSN " + lsn);
        }
        if (bytes.limit() < SegmentHeader.BYTES && !later.isEmpty()) {
            return corrupt(
                    nothing,
                    -1,
                    "the file has " + bytes.limit() + " bytes, but was made in full before the one after it:"
                            + " it was cut short from outside");
        }
        if (next > lsn) {
            return corrupt(nothing, next, "it has no header, and a later segment begins at LSN " + next);
        }
        SegmentTrailer trailer = trailer(lsn, TailScan.saltOfFirstFrame(bytes, lsn));
        if (trailer != null) {
            return corrupt(nothing, trailer.endLsn(), "it has no header; its trailer says that it was whole");
        }
        long proof = TailScan.behind(bytes, SegmentHeader.BYTES, lsn, null).provenLsn();
        if (proof >= 0) {
            return corrupt(nothing, proof, "LSN " + proof + " in it proves that its beginning had been durable");
        }
        Verdict verdict =
                header != null ? Verdict.COPY : TailScan.isZero(bytes, 0) ? Verdict.PREPARED : Verdict.TORN_AT_START;
        return new Judgement(verdict, nothing, Durable.NOTHING, -1, "");
    }

    /** Seals the file where its frames end. Durable on return. */
    Segment seal(Storage storage, TailScan scan) throws IOException {
        return sealed(segment(storage, id, scan), Segment::seal);
    }

    /** For a file that ends in its trailer, which is not written again: a write that is cut short could destroy it. */
    Segment keep(Storage storage, TailScan scan) throws IOException {
        return sealed(segment(storage, id, scan), segment -> segment.keepSealed(bytes.limit()));
    }

    /**
     * The frames in a file of their own, sealed. Durable on return, but for its entry. Nothing is done to this file: the blocks
     * in question may as well hold what was acknowledged, and a write that is cut short could destroy them.
     */
    Segment copy(Storage storage, long copyId, TailScan scan) throws IOException {
        SegmentHeader from = Objects.requireNonNull(header);
        return SegmentCopy.write(storage, from.log(), copyId, from.salt(), bytes, scan);
    }

    private interface Sealing {
        void of(Segment segment) throws IOException;
    }

    private static Segment sealed(Segment segment, Sealing sealing) throws IOException {
        try {
            sealing.of(segment);
            return segment;
        } catch (IOException | RuntimeException | Error e) {
            segment.release();
            throw e;
        }
    }

    private Segment segment(Storage storage, long ofId, TailScan scan) throws IOException {
        SegmentHeader begins = Objects.requireNonNull(header);
        return new Segment(
                ofId,
                begins.baseLsn(),
                begins.salt(),
                storage.open(Segment.name(ofId), true),
                scan.index(),
                scan.endLsn(),
                scan.endPosition());
    }

    private ByteBuffer upTo(long position) {
        return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).limit((int) position);
    }

    /** Of a segment that was sealed and is not listed yet. */
    private @Nullable SegmentTrailer trailer(long baseLsn, @Nullable Integer salt) throws UnsupportedVersionException {
        int footer = bytes.limit() - SegmentTrailer.FOOTER_BYTES;
        if (salt == null || footer < SegmentHeader.BYTES) {
            return null;
        }
        try {
            int table =
                    (int) SegmentTrailer.tablePosition(bytes.slice(footer, SegmentTrailer.FOOTER_BYTES), bytes.limit());
            SegmentTrailer trailer = SegmentTrailer.read(bytes.slice(table, bytes.limit() - table));
            return trailer.tablePosition() == table && trailer.salt() == salt && trailer.baseLsn() == baseLsn
                    ? trailer
                    : null;
        } catch (InvalidBytesException e) {
            return null;
        } catch (NewerVersionException e) {
            throw new UnsupportedVersionException(name + ": " + e.getMessage() + "; nothing was changed", e);
        }
    }

    private static Judgement corrupt(TailScan scan, long provenLsn, String detail) {
        return new Judgement(Verdict.CORRUPT, scan, Durable.NOTHING, provenLsn, detail);
    }

    /** First LSN of the next segment that was begun, or -1. A copy that a recovery did not come to list is none. */
    static long nextBase(List<TailFile> later) {
        for (TailFile file : later) {
            if (file.header != null && file.header.madeBytes() > 0) {
                return file.header.baseLsn();
            }
        }
        return -1;
    }
}
