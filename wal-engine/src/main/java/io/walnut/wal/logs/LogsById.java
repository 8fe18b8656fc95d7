package io.walnut.wal.logs;

import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The logs by their ids, which are given in order: pages of 64 neighbours, five bytes a log. A page goes with its last log. One
 * thread changes, any look up.
 */
final class LogsById {
    private static final int PAGE = 64;

    private final Map<Long, AtomicReferenceArray<@Nullable LogState>> pages = new ConcurrentHashMap<>();
    private final AtomicInteger size = new AtomicInteger();

    void put(LogState log) {
        pages.computeIfAbsent(page(log.id), _ -> new AtomicReferenceArray<>(PAGE))
                .set(place(log.id), log);
        size.incrementAndGet();
    }

    void remove(LogState log) {
        AtomicReferenceArray<@Nullable LogState> page = Objects.requireNonNull(pages.get(page(log.id)));
        page.set(place(log.id), null);
        if (IntStream.range(0, PAGE).allMatch(i -> page.get(i) == null)) {
            pages.remove(page(log.id));
        }
        size.decrementAndGet();
    }

    @Nullable
    LogState get(long id) {
        AtomicReferenceArray<@Nullable LogState> page = pages.get(page(id));
        return page == null ? null : page.get(place(id));
    }

    int size() {
        return size.get();
    }

    /** All logs in the order of their ids. */
    Iterator<LogState> inOrder() {
        return pages.entrySet().stream()
                .sorted(Comparator.comparingLong(Map.Entry::getKey))
                .flatMap(entry -> IntStream.range(0, PAGE).mapToObj(entry.getValue()::get))
                .filter(Objects::nonNull)
                .iterator();
    }

    private static long page(long id) {
        return id / PAGE;
    }

    private static int place(long id) {
        return Math.floorMod(id, PAGE);
    }
}
