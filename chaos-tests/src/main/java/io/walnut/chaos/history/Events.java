package io.walnut.chaos.history;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * A history as it came about: all calls and returns in the order of time. The file has operations in about the order in which they
 * ended, so it is read twice: first for how far back the calls of each later part of it go, then for the operations. In memory are
 * those alone that had begun and not ended, and a part.
 */
public final class Events {
    private static final int PART = 4096;

    /** Hears what happens. */
    public interface Listener {
        /** Before every return of the same time: calls of which one ends when the other begins overlap. */
        void invoked(Operation operation) throws IOException;

        /** Also when the caller gave up. */
        void returned(Operation operation) throws IOException;
    }

    private record Event(long time, boolean isReturn, long number, Operation operation) {
        static final Comparator<Event> BY_TIME = Comparator.comparingLong(Event::time)
                .thenComparing(Event::isReturn)
                .thenComparingLong(Event::number);
    }

    private final Path file;
    private final List<Long> firstCalls = new ArrayList<>(); // of each part

    private Events(Path file) {
        this.file = file;
    }

    /**
     * Plays a history to somebody.
     *
     * @return how many operations it has
     * @throws HistoryFormatException when the file is no history
     */
    public static long play(Path file, Listener listener) throws IOException {
        Events events = new Events(file);
        events.findFirstCalls();
        return events.playTo(listener);
    }

    private void findFirstCalls() throws IOException {
        try (HistoryReader history = new HistoryReader(file)) {
            long read = 0;
            for (Operation next = history.next(); next != null; next = history.next()) {
                long invoked = next.call().invoked();
                if (next instanceof Operation.Status) {
                    continue;
                }
                int part = (int) (read++ / PART);
                if (part == firstCalls.size()) {
                    firstCalls.add(invoked);
                } else if (invoked < firstCalls.get(part)) {
                    firstCalls.set(part, invoked);
                }
            }
        }
        for (int part = firstCalls.size() - 2; part >= 0; part--) { // and of those after it
            firstCalls.set(part, Math.min(firstCalls.get(part), firstCalls.get(part + 1)));
        }
    }

    private long playTo(Listener listener) throws IOException {
        PriorityQueue<Event> waiting = new PriorityQueue<>(Event.BY_TIME);
        long read = 0;
        try (HistoryReader history = new HistoryReader(file)) {
            for (Operation next = history.next(); next != null; next = history.next()) {
                if (next instanceof Operation.Status) {
                    continue; // no client's, and of no log
                }
                waiting.add(new Event(next.call().invoked(), false, read, next));
                waiting.add(new Event(next.call().returned(), true, read, next));
                int part = (int) (++read / PART);
                if (read % PART == 0 && part < firstCalls.size()) {
                    tell(waiting, firstCalls.get(part), listener);
                }
            }
        }
        tell(waiting, Long.MAX_VALUE, listener);
        return read;
    }

    private static void tell(PriorityQueue<Event> waiting, long before, Listener listener) throws IOException {
        for (Event next = waiting.peek(); next != null && next.time < before; next = waiting.peek()) {
            waiting.remove();
            if (next.isReturn) {
                listener.returned(next.operation);
            } else {
                listener.invoked(next.operation);
            }
        }
    }
}
