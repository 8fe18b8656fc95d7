package io.walnut.chaos.history;

/** Ids of records, each given once in a run: the client that appended it, and how many it had appended before. */
public final class Ids {
    /** In place of the id of a record whose bytes are not what any client wrote. */
    public static final long ALTERED = -1;

    /** Sequence numbers that a client has. */
    public static final long SEQUENCES = 1L << 31;

    /** Clients that there may be. */
    public static final int CLIENTS = 1 << 30;

    private Ids() {}

    public static long of(int client, long sequence) {
        if (client < 0 || client >= CLIENTS || sequence < 0 || sequence >= SEQUENCES) {
            throw new IllegalArgumentException("client " + client + ", sequence " + sequence);
        }
        return client * SEQUENCES + sequence;
    }

    public static int client(long id) {
        return (int) (id / SEQUENCES);
    }

    public static long sequence(long id) {
        return id & (SEQUENCES - 1);
    }

    /** As people read it: client and sequence. */
    public static String text(long id) {
        return id == ALTERED ? "altered" : client(id) + "." + sequence(id);
    }
}
