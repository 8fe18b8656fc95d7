package io.walnut.chaos.cluster;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/** Nodes whose messages to each other can be meddled with, each direction by itself. */
public interface Network {
    /** In place of a node's id in a {@link Link}: all clients. */
    String CLIENTS = "clients";

    /** One direction between two nodes, by their ids, or between a node and {@link #CLIENTS}. */
    record Link(String from, String to) {}

    /** What becomes of what is sent over a link. */
    sealed interface Trouble {
        /** Nothing arrives, and nobody is told. */
        record Cut() implements Trouble {}

        /** Connections are torn down as if the other side had done so, new ones as well. */
        record Reset() implements Trouble {}

        /** A share of the packets or messages does not arrive: 0 to 1. */
        record Loss(double share) implements Trouble {
            public Loss {
                requireShare(share);
            }
        }

        /** All arrives late by this much, and by a random part of {@code jitter} more; messages may overtake each other. */
        record Delay(Duration mean, Duration jitter) implements Trouble {
            public Delay {
                if (mean.isNegative() || jitter.isNegative()) {
                    throw new IllegalArgumentException(
                            "a delay of " + mean + " with a jitter of " + jitter + "; expected none below zero");
                }
            }
        }

        /** A share of the messages arrives twice: 0 to 1. */
        record Duplicate(double share) implements Trouble {
            public Duplicate {
                requireShare(share);
            }
        }

        /** No more than so many bytes a second. */
        record Bandwidth(long bytesPerSecond) implements Trouble {}

        /** A share of the pieces has one byte altered on the way: 0 to 1. */
        record Corrupt(double share) implements Trouble {}

        private static void requireShare(double share) {
            if (!(share >= 0 && share <= 1)) {
                throw new IllegalArgumentException("a share of " + share + "; expected one from 0 to 1");
            }
        }
    }

    /** Whether this network can have this trouble. */
    boolean can(Class<? extends Trouble> trouble);

    /** From now on these links have these troubles and no other link has any. */
    void set(Map<Link, Trouble> troubles) throws IOException;

    /**
     * As {@link #set(Map)}, but beside the troubles that others are the cause of. A network that can have but one trouble on a link at
     * a time does not ask for the cause, and the last one has its way.
     */
    default void set(String cause, Map<Link, Trouble> troubles) throws IOException {
        set(troubles);
    }
}
