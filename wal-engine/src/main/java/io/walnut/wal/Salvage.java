package io.walnut.wal;

import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.segment.FrameIndex;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds what is good in a damaged segment: runs of frames that follow each other, in the file and in their LSNs. */
final class Salvage {
    /** Each becomes a segment. A file with more holes is no file to save every last record of: what is kept out is in it still. */
    static final int MOST_RUNS = 256;

    private final ByteBuffer bytes;
    private final long toLsn;
    private final List<TailScan> runs = new ArrayList<>();
    private @Nullable Integer salt;
    private FrameIndex run = FrameIndex.EMPTY;
    private long lsn;

    private Salvage(ByteBuffer bytes, @Nullable Integer salt, long fromLsn, long toLsn) {
        this.bytes = bytes;
        this.salt = salt;
        this.lsn = fromLsn;
        this.toLsn = toLsn;
    }

    /** A run of good frames, and the file in which it is. */
    record Piece(ByteBuffer bytes, TailScan run) {
        long baseLsn() {
            return run.index().firstLsns()[0];
        }

        long endLsn() {
            return run.endLsn();
        }
    }

    /**
     * What is good, and whose it is.
     *
     * @param salt of the frames; means nothing where there are none
     * @param pieces in order
     */
    record Found(int salt, List<Piece> pieces) {
        /** One past the last LSN, or {@code otherwise}. */
        long endLsn(long otherwise) {
            return pieces.isEmpty() ? otherwise : pieces.getLast().endLsn();
        }

        /** The same and what another file has. */
        Found with(List<Piece> more) {
            return new Found(
                    salt,
                    Stream.concat(pieces.stream(), more.stream())
                            .sorted(Comparator.comparingLong(Piece::baseLsn))
                            .toList());
        }

        /** What of a range is in no piece. */
        List<LsnRange> missing(long fromLsn, long toLsn) {
            List<LsnRange> missing = new ArrayList<>();
            long lsn = fromLsn;
            for (Piece piece : pieces) {
                if (piece.baseLsn() > lsn) {
                    missing.add(new LsnRange(lsn, Math.min(toLsn, piece.baseLsn())));
                }
                lsn = Math.max(lsn, piece.endLsn());
            }
            if (lsn < toLsn) {
                missing.add(new LsnRange(lsn, toLsn));
            }
            return missing;
        }
    }

    /**
     * Looks at a whole file. A frame counts when it has the salt, when its LSNs come after those before it, and when it does not
     * lie inside of the records of a bad one whose header can be believed.
     *
     * @param salt null when the header that says it is lost: the first good frame at the beginning of a block says it
     * @param fromLsn first LSN that may be in it
     * @param toLsn one past the last that may
     */
    static Found find(ByteBuffer bytes, @Nullable Integer salt, long fromLsn, long toLsn) {
        Salvage salvage = new Salvage(bytes, salt, fromLsn, toLsn);
        salvage.scan();
        List<TailScan> runs = salvage.runs;
        if (runs.size() > MOST_RUNS) {
            Comparator<TailScan> byRecords = Comparator.comparingLong(one -> one.endLsn() - firstLsn(one));
            runs = runs.stream()
                    .sorted(byRecords.reversed())
                    .limit(MOST_RUNS)
                    .sorted(Comparator.comparingLong(Salvage::firstLsn))
                    .toList();
        }
        return new Found(
                salvage.salt == null ? 0 : salvage.salt,
                runs.stream().map(run -> new Piece(bytes, run)).toList());
    }

    private static long firstLsn(TailScan scan) {
        return scan.index().firstLsns()[0];
    }

    private void scan() {
        int at = SegmentHeader.BYTES;
        while (at <= bytes.limit() - FrameFormat.HEADER_BYTES && lsn < toLsn) {
            FrameFormat.Header frame = frameAt(at);
            if (frame == null) {
                end(at);
                at += Math.max(FrameFormat.ALIGNMENT, TailScan.believableBytes(bytes, at, lsn, salt));
                continue;
            }
            if (frame.firstLsn() != lsn) {
                end(at);
            }
            salt = frame.salt();
            run = run.with(frame.firstLsn(), at);
            lsn = frame.endLsn();
            at += frame.length();
        }
        end(at);
    }

    private FrameFormat.@Nullable Header frameAt(int at) {
        if (salt != null && FrameFormat.salt(bytes, at) != salt) {
            return null;
        }
        FrameFormat.Header frame = TailScan.candidate(bytes, at, salt);
        boolean fits = frame != null
                && frame.firstLsn() >= lsn
                && frame.firstLsn() < toLsn
                && frame.durableLsn() <= frame.firstLsn();
        return fits ? frame : null;
    }

    private void end(int at) {
        if (run.count() > 0) {
            runs.add(new TailScan(run, lsn, at, run.firstLsn(0), ""));
            run = FrameIndex.EMPTY;
        }
    }
}
