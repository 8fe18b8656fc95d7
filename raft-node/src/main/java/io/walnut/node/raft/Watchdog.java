package io.walnut.node.raft;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reports the end of a member, once: a member that is dead inside a living process must not go unnoticed. */
final class Watchdog {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    private enum State {
        ARMED,
        FAILED,
        DISARMED
    }

    private final String nodeId;
    private final Consumer<Throwable> onFailure;
    private final AtomicReference<State> state = new AtomicReference<>(State.ARMED);

    Watchdog(String nodeId, Consumer<Throwable> onFailure) {
        this.nodeId = nodeId;
        this.onFailure = onFailure;
    }

    boolean hasFailed() {
        return state.get() == State.FAILED;
    }

    /** From any thread. Only the first call reports, and none does after {@link #disarm}. */
    void fail(Throwable cause) {
        if (state.compareAndSet(State.ARMED, State.FAILED)) {
            LOG.error("node={} the Raft member has failed for good", nodeId, cause);
            Thread.ofPlatform().name(nodeId + "-failed").start(() -> onFailure.accept(cause));
        }
    }

    /** The member is being closed on purpose. */
    void disarm() {
        state.compareAndSet(State.ARMED, State.DISARMED);
    }
}
