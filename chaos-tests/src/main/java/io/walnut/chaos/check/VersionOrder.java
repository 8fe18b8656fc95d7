package io.walnut.chaos.check;

import static io.walnut.chaos.check.Anomaly.ALTERED;
import static io.walnut.chaos.check.Anomaly.DIVERGENT;
import static io.walnut.chaos.check.Anomaly.DUPLICATE;
import static io.walnut.chaos.check.Anomaly.PHANTOM;
import static io.walnut.chaos.check.Anomaly.REORDERED;
import static io.walnut.chaos.check.Anomaly.SKIPPED;

import io.walnut.chaos.history.Ids;
import io.walnut.chaos.history.Operation.Run;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Which record is at which offset, by everything that anybody was told: an append tells its offset, so the order is given. */
final class VersionOrder {
    private static final long NONE = -2;

    private final Findings findings;
    private final Longs ids = new Longs(NONE);
    private final List<Longs> offsets = new ArrayList<>(); // by client, of its sequence numbers
    private final List<BitSet> invoked = new ArrayList<>(); // by client, its sequence numbers
    private final BitSet ordered = new BitSet(); // clients that were promised the order of their batches
    private long end;

    VersionOrder(Findings findings) {
        this.findings = findings;
    }

    /** Somebody wanted to append these. */
    void invoked(long firstId, int count) {
        int client = Ids.client(firstId);
        while (client >= invoked.size()) {
            invoked.add(new BitSet());
        }
        int sequence = Math.toIntExact(Ids.sequence(firstId));
        invoked.get(client).set(sequence, sequence + count);
    }

    /** The client of this record was promised the order of its batches. */
    void inOrder(long id) {
        ordered.set(Ids.client(id));
    }

    /** These were told to be there. */
    void put(long offset, long firstId, int count) {
        if (firstId == Ids.ALTERED) {
            findings.add(ALTERED, offset, "the record is not what any client wrote", Clue.saw(offset, firstId));
            end = Math.max(end, offset + 1);
            return;
        }
        Longs places = places(Ids.client(firstId));
        long sequence = Ids.sequence(firstId);
        for (int i = 0; i < count; i++) {
            put(offset + i, firstId + i, places, sequence + i);
        }
        end = Math.max(end, offset + count);
    }

    private void put(long offset, long id, Longs places, long sequence) {
        long known = ids.setIfAbsent(offset, id);
        if (known != id) {
            findings.add(
                    DIVERGENT,
                    offset,
                    "record " + Ids.text(known) + ", and also " + Ids.text(id),
                    Clue.saw(offset, known),
                    Clue.saw(offset, id));
        }
        long place = places.setIfAbsent(sequence, offset);
        if (place != offset) {
            findings.add(
                    DUPLICATE,
                    offset,
                    "record " + Ids.text(id) + ", which is at offset " + place + " too",
                    Clue.saw(place, id),
                    Clue.saw(offset, id));
        }
    }

    void put(Run run) {
        put(run.offset(), run.firstId(), run.count());
    }

    private Longs places(int client) {
        while (client >= offsets.size()) {
            offsets.add(new Longs(NONE));
        }
        return offsets.get(client);
    }

    /** Offset of a record, or a negative number when nobody has seen it. */
    long offsetOf(long id) {
        int client = Ids.client(id);
        return client < offsets.size() ? offsets.get(client).get(Ids.sequence(id)) : NONE;
    }

    boolean known(long offset) {
        return idAt(offset) != NONE;
    }

    /** A number that is no record's where nobody was told of one. */
    long idAt(long offset) {
        return ids.get(offset);
    }

    /** One past the last offset at which anybody was told of a record. */
    long end() {
        return end;
    }

    private boolean isInvoked(long id) {
        int client = Ids.client(id);
        return client < invoked.size() && invoked.get(client).get((int) Ids.sequence(id));
    }

    void findPhantoms() {
        for (long offset = 0; offset < end; offset++) {
            long id = ids.get(offset);
            if (id != NONE && !isInvoked(id)) {
                findings.add(
                        PHANTOM, offset, "record " + Ids.text(id) + ", which nobody appended", Clue.saw(offset, id));
            }
        }
    }

    /** What a client gave in an order is there in that order, and nothing of it without what it gave before. */
    void findOutOfOrder() {
        long complete = end; // from here on nothing is there that nobody was told of
        while (!ordered.isEmpty() && complete > 0 && known(complete - 1)) {
            complete--;
        }
        for (int client = ordered.nextSetBit(0); client >= 0; client = ordered.nextSetBit(client + 1)) {
            findOutOfOrder(client, complete);
        }
    }

    private void findOutOfOrder(int client, long complete) {
        BitSet sequences = invoked.get(client);
        Longs places = places(client);
        long last = NONE; // sequence of the last one seen
        long to = 0; // one past its offset
        long missing = NONE;
        for (int sequence = sequences.nextSetBit(0); sequence >= 0; sequence = sequences.nextSetBit(sequence + 1)) {
            long offset = places.get(sequence);
            long id = Ids.of(client, sequence);
            if (offset == NONE) {
                missing = missing == NONE ? sequence : missing;
                continue;
            }
            if (offset < to) {
                long before = Ids.of(client, last);
                findings.add(
                        REORDERED,
                        offset,
                        "record " + Ids.text(id) + ", which its client gave after " + Ids.text(before) + " at offset "
                                + (to - 1),
                        Clue.saw(to - 1, before),
                        Clue.saw(offset, id));
            } else if (missing != NONE && to >= complete) {
                findings.add(
                        SKIPPED,
                        offset,
                        "record " + Ids.text(id) + ", and not " + Ids.text(Ids.of(client, missing))
                                + ", which its client gave before it",
                        Clue.appends(Ids.of(client, missing)),
                        Clue.saw(offset, id));
            }
            if (offset >= to) {
                last = sequence;
                to = offset + 1;
            }
            missing = NONE;
        }
    }
}
