package io.walnut.wal;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.recovery.Verdict;
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
 * @param blank whether all of it is zero
 */
record TailFile(
        long id, String name, ByteBuffer bytes, @Nullable SegmentHeader header, boolean blank) {

    /**
     * What a file is.
     *
     * @param durableLsn end of the frames (exclusive) that are known to be on the disk: one of those after them says so, or a
     *     trailer, or a later segment. The others were read, but perhaps out of the memory of the operating system alone, which
     *     after a sync that failed keeps pages that are not on the disk and takes them for clean
     * @param trailerAt where the file, which was made longer, ends in a trailer after the durable ones, and was cut; or -1
     * @param provenLsn LSN up to which (exclusive) records are proven to have been durable and are missing, or -1
     */
    record Judgement(Verdict verdict, TailScan scan, long durableLsn, long trailerAt, long provenLsn, String detail) {}

    static TailFile load(Storage storage, String name, Arena arena) throws IOException {
        try (StorageFile file = storage.open(name, false)) {
            ByteBuffer bytes = TailScan.load(file, arena);
            return new TailFile(Segment.id(name), name, bytes, header(bytes), TailScan.isZero(bytes));
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
            boolean ended = trailer != null && trailer.endLsn() == scan.endLsn();
            return new Judgement(Verdict.WHOLE, scan, scan.endLsn(), ended ? trailerAt(trailer) : -1, -1, "");
        }
        if (trailer != null) {
            return scan.reaches(trailer)
                    ? sealed(scan, trailer)
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
        // Of a copy that was not finished the frames say what was so in the file they were copied from.
        long durable = header.madeBytes() > 0 ? scan.vouchedLsn() : lsn;
        return new Judgement(verdict, scan, durable, -1, -1, verdict == Verdict.WHOLE ? "" : scan.stopped());
    }

    /** Of a file with a trailer after all of its frames, or after those that were known to be durable and others. */
    private Judgement sealed(TailScan scan, SegmentTrailer trailer) {
        boolean whole =
                scan.endLsn() == trailer.endLsn() || Blocks.roundUp(scan.endPosition()) == trailer.tablePosition();
        return new Judgement(
                whole ? Verdict.WHOLE : Verdict.TORN,
                scan,
                trailer.endLsn(),
                trailerAt(trailer),
                -1,
                whole ? "" : scan.stopped());
    }

    private long trailerAt(@Nullable SegmentTrailer trailer) {
        boolean cut = bytes.limit() < Objects.requireNonNull(header).madeBytes();
        return cut && trailer != null ? trailer.tablePosition() : -1;
    }

    private Judgement judgeWithoutHeader(long lsn, long next, List<TailFile> later) throws UnsupportedVersionException {
        TailScan nothing = TailScan.empty(lsn);
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
        if (blank) {
            return new Judgement(Verdict.PREPARED, nothing, lsn, -1, -1, "");
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
        return new Judgement(verdict, nothing, lsn, -1, -1, "");
    }

    /**
     * Seals the file behind its frames; only those count that are known to be on the disk. Durable on return. A trailer that is
     * there is not written again: a write that is cut short could destroy it.
     */
    Segment seal(Storage storage, Judgement judgement) throws IOException {
        boolean ended = judgement.trailerAt() >= 0;
        TailScan scan = judgement.scan();
        SegmentHeader begins = Objects.requireNonNull(header);
        Segment segment = new Segment(
                id,
                begins.baseLsn(),
                begins.salt(),
                storage.open(name, true),
                scan.index(),
                scan.endLsn(),
                ended ? judgement.trailerAt() : scan.endPosition());
        try {
            segment.cut(judgement.durableLsn());
            if (ended) {
                segment.keepSealed(bytes.limit());
            } else {
                segment.seal();
            }
            return segment;
        } catch (IOException | RuntimeException | Error e) {
            segment.release();
            throw e;
        }
    }

    /**
     * The frames from {@code lsn} on in a file of their own, sealed. Durable on return, but for its entry. Nothing is done to
     * those here: their blocks may as well hold what was acknowledged, and a write that is cut short could destroy them.
     */
    Segment copy(Storage storage, long copyId, TailScan scan, long lsn) throws IOException {
        SegmentHeader from = Objects.requireNonNull(header);
        return SegmentCopy.write(storage, from.log(), copyId, from.salt(), bytes, scan.from(lsn));
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
        return new Judgement(Verdict.CORRUPT, scan, scan.endLsn(), -1, provenLsn, detail);
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
