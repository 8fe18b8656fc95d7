package io.walnut.chaos.sim;

import io.walnut.chaos.cluster.Network.Link;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a stream: what is sent arrives as the network says, one at a time, and the end after all of it. After a message
 * that is lost nothing is taken any more; what was under way before still arrives.
 */
final class Lane {
    /** More than a sender has under way without an answer; what comes beyond that is lost. */
    private static final int MOST_UNDER_WAY = 10_000;

    private final SimNet net;
    private final Later later;
    private final boolean inOrder;
    private final Runnable onLoss;
    private final Serial arrivals = new Serial();
    private final Deque<Runnable> order = new ArrayDeque<>();
    private int underWay;
    private boolean shut;
    private @Nullable Runnable end;

    /**
     * Empty.
     *
     * @param inOrder whether nothing overtakes, and nothing is doubled
     * @param onLoss is told of the first message that is lost
     */
    Lane(SimNet net, Later later, boolean inOrder, Runnable onLoss) {
        this.net = net;
        this.later = later;
        this.inOrder = inOrder;
        this.onLoss = onLoss;
    }

    /**
     * Sends.
     *
     * @param link null when this is nothing that the network knows of: it arrives
     * @return whether it was handed over without delay
     */
    boolean send(@Nullable Link link, Runnable message) {
        List<Duration> copies = fate(link);
        synchronized (this) {
            if (shut) {
                return false;
            }
            if (underWay > MOST_UNDER_WAY) {
                copies = List.of();
            }
            if (inOrder) {
                copies = copies.stream().limit(1).toList();
                copies.forEach(_ -> order.add(message));
            }
            underWay += copies.size();
        }
        if (copies.isEmpty()) {
            onLoss.run();
        }
        copies.forEach(copy -> later.run(copy, () -> arrive(message)));
        return copies.contains(Duration.ZERO);
    }

    private List<Duration> fate(@Nullable Link link) {
        return link == null ? List.of(Duration.ZERO) : net.next(link);
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

    /** Ends the lane as soon as nothing is under way. */
    void end(@Nullable Link link, Runnable last) {
        boolean lost = fate(link).isEmpty();
        synchronized (this) {
            if (shut) {
                return;
            }
            if (!lost && underWay > 0) {
                end = last;
                return;
            }
        }
        if (lost) {
            onLoss.run();
        } else {
            arrivals.run(last);
        }
    }

    /** Takes nothing any more. */
    synchronized void shut() {
        shut = true;
        end = null;
    }

    /** Something that no message tells, of which the receiver learns after what has arrived. */
    void tell(Runnable event) {
        arrivals.run(event);
    }
}
