package io.walnut.wal.logs;

import java.util.Arrays;

/**
 * The logs that hold records, by the lowest LSN that each needs: a heap, in which a log knows its place. Eight bytes a log. Its
 * monitor guards it.
 */
final class NeededLsns {
    private LogState[] heap = new LogState[16]; // a parent needs no higher LSN than its children
    private int size;

    /** Looks again at what the log needs, after a change of its first record. */
    synchronized void update(LogState log) {
        long needed = log.firstNeeded();
        if (needed == log.neededLsn) {
            return;
        }
        if (needed == LogState.NEEDS_NONE) {
            remove(log);
            return;
        }
        if (log.neededLsn == LogState.NEEDS_NONE) {
            if (size == heap.length) {
                heap = Arrays.copyOf(heap, size + size / 2);
            }
            log.neededLsn = needed;
            place(log, size++);
            up(log);
        } else {
            log.neededLsn = needed;
            up(log);
            down(log);
        }
    }

    synchronized void remove(LogState log) {
        if (log.neededLsn == LogState.NEEDS_NONE) {
            return;
        }
        log.neededLsn = LogState.NEEDS_NONE;
        LogState last = heap[--size];
        heap[size] = null;
        if (last != log) {
            place(last, log.heapPlace);
            up(last);
            down(last);
        }
    }

    /** Lowest LSN that any log needs, or {@link LogState#NEEDS_NONE}. */
    synchronized long lowest() {
        return size == 0 ? LogState.NEEDS_NONE : heap[0].neededLsn;
    }

    private void place(LogState log, int at) {
        heap[at] = log;
        log.heapPlace = at;
    }

    private void up(LogState log) {
        int at = log.heapPlace;
        while (at > 0 && heap[(at - 1) / 2].neededLsn > log.neededLsn) {
            place(heap[(at - 1) / 2], at);
            at = (at - 1) / 2;
        }
        place(log, at);
    }

    private void down(LogState log) {
        int at = log.heapPlace;
        while (true) {
            int child = 2 * at + 1;
            if (child + 1 < size && heap[child + 1].neededLsn < heap[child].neededLsn) {
                child++;
            }
            if (child >= size || heap[child].neededLsn >= log.neededLsn) {
                break;
            }
            place(heap[child], at);
            at = child;
        }
        place(log, at);
    }
}
