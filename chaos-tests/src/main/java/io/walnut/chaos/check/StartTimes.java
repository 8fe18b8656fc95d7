package io.walnut.chaos.check;

import static io.walnut.chaos.check.Anomaly.TRIMMED_TOO_EARLY;
import static io.walnut.chaos.check.Anomaly.TRIM_UNDONE;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * When the start of the log, which only grows, came to its offsets: the same test as that of {@link EndTimes}. What it finds is
 * wrong; that it finds all is promised only where trims do not overlap (the small histories are searched in full).
 */
final class StartTimes {
    private static final long AT_ANY_TIME = Long.MIN_VALUE;
    private static final long NEVER = Long.MAX_VALUE;

    private final Findings findings;
    private final NavigableMap<Long, Long> invoked = new TreeMap<>(); // earliest trim before this offset
    private final NavigableMap<Long, Long> notBefore = new TreeMap<>();
    private final NavigableMap<Long, Long> notAfter = new TreeMap<>();

    StartTimes(Findings findings) {
        this.findings = findings;
    }

    /** Somebody wanted records below this offset gone. */
    void trimmedSince(long before, long time) {
        invoked.merge(before, time, Math::min);
    }

    /** At that time nothing below this offset was there. */
    void reached(long start, long time) {
        if (start > 0) {
            notAfter.merge(start, time, Math::min);
        }
    }

    /** At some moment since that time the record at this offset was there. */
    void notBeyond(long offset, long time) {
        notBefore.merge(offset + 1, time, Math::max);
    }

    /** At some moment between these times this was the start of the log. */
    void exactly(long start, long from, long to) {
        reached(start, to);
        notBeyond(start, from);
    }

    void check() {
        NavigableMap<Long, Long> wantedSince =
                new TreeMap<>(); // at the offset of each trim: the earliest of it and those beyond
        long earliest = NEVER;
        for (Map.Entry<Long, Long> trim : invoked.descendingMap().entrySet()) {
            earliest = Math.min(earliest, trim.getValue());
            wantedSince.put(trim.getKey(), earliest);
        }
        long since = AT_ANY_TIME;
        Map.Entry<Long, Long> lower = notBefore.firstEntry();
        for (Map.Entry<Long, Long> upper : notAfter.entrySet()) {
            long start = upper.getKey();
            long until = upper.getValue();
            while (lower != null && lower.getKey() <= start) {
                since = Math.max(since, lower.getValue());
                lower = notBefore.higherEntry(lower.getKey());
            }
            Map.Entry<Long, Long> trim = wantedSince.ceilingEntry(start);
            long wanted = trim == null ? NEVER : trim.getValue();
            if (wanted > until) {
                findings.add(
                        TRIMMED_TOO_EARLY,
                        start,
                        "the log began here at " + until + " ns, and "
                                + (wanted == NEVER
                                        ? "nobody trimmed it"
                                        : "it was trimmed only since " + wanted + " ns"),
                        Clue.knewStart(start, until),
                        Clue.trimsSince(wanted));
            }
            if (since > until) {
                findings.add(
                        TRIM_UNDONE,
                        start,
                        "the log began here at " + until + " ns, and was seen to begin earlier since " + since + " ns",
                        Clue.knewStart(start, until),
                        Clue.sawBelow(start, since));
                since = AT_ANY_TIME;
            }
        }
    }
}
