package io.walnut.node.raft;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;

/** Tells listeners how far this member has applied. One thread advances, any thread listens or asks. */
final class AppliedSignal {
    private final List<LongConsumer> listeners = new CopyOnWriteArrayList<>();

    private volatile long index = -1;

    /** Index of the last applied entry, -1 when none is. */
    long index() {
        return index;
    }

    void add(LongConsumer listener) {
        listeners.add(listener);
    }

    void remove(LongConsumer listener) {
        listeners.remove(listener);
    }

    /** Listeners run in the applying thread and must return at once. */
    void advance(long newIndex) {
        index = newIndex;
        for (LongConsumer listener : listeners) {
            listener.accept(newIndex);
        }
    }
}
