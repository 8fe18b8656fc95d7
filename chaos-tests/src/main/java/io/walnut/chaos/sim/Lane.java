package io.walnut.chaos.sim;

import io.walnut.chaos.cluster.Network.Link;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One direction of a stream: what is sent arrives as the network says, one at a time, and the end after all of it. */
final class Lane {
    /** More than a sender has under way without an answer; what comes beyond that is lost. */
    private static final int MOST_UNDER_WAY = 10_000;

    private static final Duration END_AGAIN = Duration.ofMillis(50);

    private final SimNet net;
    private final Later later;
    private final boolean inOrder;
    private final Serial arrivals = new Serial();
    private final Deque<Runnable> order = new ArrayDeque<>();
    private int underWay;
    private boolean torn;
    private @Nullable Runnable end;

    /**
     * Empty.
     *
     * @param inOrder whether nothing overtakes, nothing is doubled, and nothing arrives any more when one is lost
     */
    Lane(SimNet net, Later later, boolean inOrder) {
        this.net = net;
        this.later = later;
        this.inOrder = inOrder;
    }

    /**
     * Sends.
     *
     * @param link null when this is nothing that the network knows of: it arrives
     * @return whether it was handed over without delay
     */
    boolean send(@Nullable Link link, Runnable message) {
        List<Duration> copies = link == null ? List.of(Duration.ZERO) : net.next(link);
        synchronized (this) {
            if (torn || underWay > MOST_UNDER_WAY) {
                copies = List.of();
            }
            if (inOrder) {
                torn |= copies.isEmpty();
                copies = copies.stream().limit(1).toList();
                copies.forEach(_ -> order.add(message));
            }
            underWay += copies.size();
        }
        copies.forEach(copy -> later.run(copy, () -> arrive(message)));
        return copies.contains(Duration.ZERO);
    }

    private void arrive(Runnable message) {
        Runnable arrived = message;
        Runnable last = null;
        synchronized (this) {
            if (inOrder) {
                arrived = order.remove();
            }
            underWay--;
            if (underWay == 0) {
                last = end;
            }
        }
        arrivals.run(arrived);
        if (last != null) {
            arrivals.run(last);
        }
    }

    /** Ends the lane as soon as nothing is under way. A connection repeats its end until it comes through. */
    void end(@Nullable Link link, Runnable last) {
        if (link != null && net.next(link).isEmpty()) {
            later.run(END_AGAIN, () -> end(link, last));
            return;
        }
        synchronized (this) {
            if (torn) {
                return;
            }
            if (underWay > 0) {
                end = last;
                return;
            }
        }
        arrivals.run(last);
    }

    /** Something that no message tells, of which the receiver learns after what has arrived. */
    void tell(Runnable event) {
        arrivals.run(event);
    }
}
