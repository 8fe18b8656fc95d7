package io.walnut.wal.logs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The logs by their names, in the order of their bytes: sorted blocks of up to 128 logs that are never changed but replaced, so
 * that any thread looks up without a lock while one changes. About six bytes a log.
 *
 * <pre>
 *  lowest name (bound) --&gt; block     a log is in the block with the highest bound that is not above its name
 * </pre>
 */
final class LogsByName {
    private static final int MOST = 128;
    private static final int FEW = MOST / 4;
    private static final byte[] LOWEST = {};

    /** Invariant: there is a block with the bound {@link #LOWEST}. */
    private final ConcurrentSkipListMap<byte[], LogState[]> blocks =
            new ConcurrentSkipListMap<>(Arrays::compareUnsigned);

    LogsByName() {
        blocks.put(LOWEST, new LogState[0]);
    }

    static byte[] bytes(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }

    @Nullable
    LogState get(String name) {
        byte[] bytes = bytes(name);
        LogState[] block = Objects.requireNonNull(blocks.floorEntry(bytes)).getValue();
        int at = find(block, bytes);
        return at < 0 ? null : block[at];
    }

    /** Adds a log whose name no other has. */
    void put(LogState log) {
        Map.Entry<byte[], LogState[]> place = Objects.requireNonNull(blocks.floorEntry(log.nameBytes));
        LogState[] old = place.getValue();
        int at = -find(old, log.nameBytes) - 1;
        LogState[] grown = new LogState[old.length + 1];
        System.arraycopy(old, 0, grown, 0, at);
        grown[at] = log;
        System.arraycopy(old, at, grown, at + 1, old.length - at);
        if (grown.length <= MOST) {
            blocks.put(place.getKey(), grown);
            return;
        }
        // Names that come in their order leave full blocks behind. The upper part is there before it goes from the
        // lower.
        int middle = at == old.length ? old.length : grown.length / 2;
        blocks.put(grown[middle].nameBytes, Arrays.copyOfRange(grown, middle, grown.length));
        blocks.put(place.getKey(), Arrays.copyOf(grown, middle));
    }

    void remove(LogState log) {
        Map.Entry<byte[], LogState[]> place = Objects.requireNonNull(blocks.floorEntry(log.nameBytes));
        LogState[] old = place.getValue();
        int at = find(old, log.nameBytes);
        LogState[] left = new LogState[old.length - 1];
        System.arraycopy(old, 0, left, 0, at);
        System.arraycopy(old, at + 1, left, at, left.length - at);
        Map.Entry<byte[], LogState[]> before = blocks.lowerEntry(place.getKey());
        if (before == null || left.length > FEW || before.getValue().length + left.length > MOST / 2) {
            blocks.put(place.getKey(), left);
            return;
        }
        LogState[] merged = Arrays.copyOf(before.getValue(), before.getValue().length + left.length);
        System.arraycopy(left, 0, merged, before.getValue().length, left.length);
        blocks.put(before.getKey(), merged);
        blocks.remove(place.getKey());
    }

    /** Those whose names begin with {@code prefix} and stand strictly after {@code after}, in order, {@code limit} at most. */
    List<LogState> list(String prefix, String after, int limit) {
        byte[] start = bytes(prefix);
        byte[] next = bytes(after);
        boolean inclusive = Arrays.compareUnsigned(start, next) > 0;
        if (inclusive) {
            next = start;
        }
        var found = new ArrayList<LogState>();
        while (true) {
            Map.Entry<byte[], LogState[]> place = Objects.requireNonNull(blocks.floorEntry(next));
            LogState[] block = place.getValue();
            int at = find(block, next);
            for (int i = at < 0 ? -at - 1 : inclusive ? at : at + 1; i < block.length; i++) {
                if (found.size() >= limit || !beginsWith(block[i].nameBytes, start)) {
                    return found;
                }
                found.add(block[i]);
                next = block[i].nameBytes;
                inclusive = false;
            }
            byte[] bound = blocks.higherKey(place.getKey());
            if (!Arrays.equals(blocks.get(place.getKey()), block)) {
                continue; // what was in the next block may be in this one now
            }
            if (bound == null) {
                return found;
            }
            next = bound;
            inclusive = true;
        }
    }

    private static boolean beginsWith(byte[] name, byte[] prefix) {
        return name.length >= prefix.length && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
    }

    /** Where the name is in a block, or {@code -place - 1}. */
    private static int find(LogState[] block, byte[] name) {
        int low = 0;
        int high = block.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = Arrays.compareUnsigned(block[middle].nameBytes, name);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -low - 1;
    }
}
