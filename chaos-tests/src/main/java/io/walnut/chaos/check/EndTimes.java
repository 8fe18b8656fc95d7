package io.walnut.chaos.check;

import static io.walnut.chaos.check.Anomaly.FUTURE;
import static io.walnut.chaos.check.Anomaly.REORDERED;
import static io.walnut.chaos.check.Anomaly.STALE;
import static io.walnut.chaos.check.Anomaly.TORN_BATCH;

import java.util.BitSet;
import java.util.function.LongUnaryOperator;

/**
 * When the log came to its ends: for each end the time before which it was not reached, and the time at which it was. Let
 * {@code P(k)} be the instant at which the end becomes k. An append up to k says that {@code P(k)} lies between its invocation
 * and its return; who sees the end k, exactly, between two times says that {@code P(k)} is not after the later, and
 * {@code P(k+1)} not before the earlier. All that can be true of one log if and only if for each k the largest lower bound of
 * {@code P(1)} to {@code P(k)} is not above the upper bound of {@code P(k)}: then put each instant at that largest lower bound,
 * and each observation into what its interval shares with the time in which the end was the one it saw. One pass, no search.
 * The order of the records is needed for this, and appends tell it.
 *
 * <p>The records of a batch come at one instant: they have one place here, that of the first.
 */
final class EndTimes {
    private static final long AT_ANY_TIME = Long.MIN_VALUE;
    private static final long NEVER = Long.MAX_VALUE;

    private final Findings findings;
    private final LongUnaryOperator idAt;
    // Twice the time, and one more where it is an append that says so.
    private final Longs notBefore = new Longs(AT_ANY_TIME);
    private final Longs notAfter = new Longs(NEVER);
    private final BitSet continuing = new BitSet(); // offsets of records that are not the first of their batch
    private final BitSet seenAsEnd = new BitSet();

    /** @param idAt which record is at an offset */
    EndTimes(Findings findings, LongUnaryOperator idAt) {
        this.findings = findings;
        this.idAt = idAt;
    }

    /** The records from an offset on are a batch. */
    void batch(long offset, int count) {
        if (count > 1) {
            continuing.set(index(offset + 1), index(offset + count));
        }
    }

    /** An append that was invoked at that time put a record at the offset. */
    void appendedSince(long offset, long invoked) {
        notBefore.raise(offset + 1, 2 * invoked + 1);
    }

    /** An append up to this end had returned at that time. */
    void appendedUntil(long end, long returned) {
        notAfter.lower(end, 2 * returned + 1);
    }

    /** At that time the log was seen to go as far as this. */
    void reached(long end, long time) {
        if (end > 0) {
            notAfter.lower(end, 2 * time);
        }
    }

    /** At some moment, perhaps long ago, this was the end of the log. */
    void sawEnd(long end) {
        seenAsEnd.set(index(end));
    }

    /** At some moment between these times this was the end of the log. */
    void exactly(long end, long from, long to) {
        reached(end, to);
        sawEnd(end);
        notBefore.raise(end + 1, 2 * from);
    }

    /** The log goes as far as this, by all that is known. */
    void check(long end) {
        long since = AT_ANY_TIME;
        for (long k = 1; k <= end + 1; ) {
            long next = k + 1;
            long until = notAfter.get(k);
            long own = notBefore.get(k);
            for (; next <= end && continuing.get(index(next - 1)); next++) {
                until = Math.min(until, notAfter.get(next));
                own = Math.max(own, notBefore.get(next));
                if (seenAsEnd.get(index(next - 1))) {
                    findings.add(
                            TORN_BATCH,
                            next - 1,
                            "the log was seen to end here, within a batch",
                            Clue.appends(idAt.applyAsLong(next - 1)),
                            Clue.sawEnd(next - 1));
                }
            }
            since = Math.max(since, own);
            if (since >> 1 > until >> 1) {
                crossed(k, next, since, until);
                since = own >> 1 > until >> 1 ? AT_ANY_TIME : own; // the rest is judged for itself
            }
            k = next;
        }
    }

    private void crossed(long k, long next, long since, long until) {
        Clue first = Clue.knewEnd(k, until >> 1);
        Clue second = (since & 1) == 0 ? Clue.missed(next, since >> 1) : Clue.appendsSince(since >> 1);
        String late = (since >> 1) + " ns";
        String early = (until >> 1) + " ns";
        if ((since & 1) == 0) {
            findings.add(
                    STALE,
                    k - 1,
                    "the log had this record at " + early + ", and was seen without it since " + late,
                    first,
                    second);
        } else if ((until & 1) == 0) {
            findings.add(
                    FUTURE,
                    k - 1,
                    "this record was seen at " + early + ", and it or one before it appended since " + late,
                    first,
                    second);
        } else {
            findings.add(
                    REORDERED,
                    k - 1,
                    "this record was acknowledged at " + early + ", and it or one before it appended since " + late,
                    first,
                    second);
        }
    }

    private static int index(long offset) {
        if (offset >= Integer.MAX_VALUE) {
            throw new IllegalArgumentException("offset " + offset + "; a log to be checked has less than 2^31 records");
        }
        return (int) offset;
    }
}
