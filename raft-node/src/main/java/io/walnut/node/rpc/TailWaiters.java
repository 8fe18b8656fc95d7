package io.walnut.node.rpc;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * Wakes the tails that have something to do, and only those. The applying thread pays one unpark per entry; one thread of our
 * own looks at the waiting tails, now and then also while nothing is applied. Thread-safe.
 */
final class TailWaiters implements AutoCloseable {
    private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();
    private final Thread waker;
    private final NodeLogs logs;
    private final LongConsumer listener;
    private final LeaderContact contact;
    private volatile boolean closed;

    private record Waiter(Thread thread, BooleanSupplier due) {}

    TailWaiters(NodeLogs logs, Duration electionTimeout) {
        this.logs = logs;
        this.contact = new LeaderContact(logs::hasLeader, electionTimeout);
        this.waker = Thread.ofPlatform().daemon().name("tail-waker").unstarted(this::run);
        this.listener = _ -> LockSupport.unpark(waker);
        waker.start();
        logs.addAppliedListener(listener);
    }

    /** Returns when {@code due} holds, or the thread was unparked or interrupted by somebody else, or this is closed. */
    void await(BooleanSupplier due) {
        Waiter waiter = new Waiter(Thread.currentThread(), due);
        waiters.add(waiter);
        try {
            // Looked at once more after the registration: what came between would wake nobody.
            if (!closed && !due.getAsBoolean()) {
                LockSupport.park(this);
            }
        } finally {
            waiters.remove(waiter);
        }
    }

    private void run() {
        while (!closed) {
            LockSupport.parkNanos(this, contact.lookEveryNanos());
            contact.look();
            for (Waiter waiter : waiters) {
                if (waiter.due().getAsBoolean()) {
                    LockSupport.unpark(waiter.thread());
                }
            }
        }
    }

    @Override
    public void close() {
        logs.removeAppliedListener(listener);
        closed = true;
        LockSupport.unpark(waker);
        waiters.forEach(waiter -> LockSupport.unpark(waiter.thread()));
    }

    /** This node has been without a leader for so long that what it has applied may be old. */
    boolean isOutOfTouch() {
        return contact.isLost();
    }

    boolean isClosed() {
        return closed;
    }
}
