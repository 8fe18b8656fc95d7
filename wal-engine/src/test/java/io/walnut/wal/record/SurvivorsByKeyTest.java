package io.walnut.wal.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SurvivorsByKeyTest {
    private static final long NOW_MS = 1_000;
    private static final long GRACE_MS = 300;
    private static final int MANY = 1 << 10;

    private record Entry(@Nullable String key, boolean deletes, long timeMs, long ttlMs) {
        BatchView view() throws MalformedRecordException {
            BatchWriter writer = new BatchWriter();
            if (deletes) {
                writer.delete(Objects.requireNonNull(key).getBytes(StandardCharsets.US_ASCII), List.of(), timeMs);
            } else {
                writer.put(
                        key == null ? null : key.getBytes(StandardCharsets.US_ASCII),
                        new byte[0],
                        List.of(),
                        timeMs,
                        ttlMs);
            }
            BatchView view = new BatchView().over(writer.bytes());
            assertThat(view.next()).isTrue();
            return view;
        }

        boolean isExpired() {
            return ttlMs > 0 && timeMs + ttlMs <= NOW_MS;
        }
    }

    private static List<Integer> survivors(List<Entry> entries, boolean fromStart, int maxKeys) throws Exception {
        SurvivorsByKey survivors = new SurvivorsByKey(NOW_MS, GRACE_MS, fromStart, maxKeys);
        for (int i = 0; i < entries.size() && survivors.learn(i, entries.get(i).view()); i++) {}
        List<Integer> left = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            if (survivors.survives(i, entries.get(i).view(), 0, place -> key(entries.get((int) place)))) {
                left.add(i);
            }
        }
        return left;
    }

    private static ByteBuffer key(Entry entry) throws MalformedRecordException {
        return Objects.requireNonNull(entry.view().key());
    }

    /** What a map makes of the entries: what is alive of each key, by the last that was said of it. */
    private static Map<String, Integer> alive(List<Entry> entries, List<Integer> which) {
        Map<String, Integer> newest = new TreeMap<>();
        for (int i : which) {
            Entry entry = entries.get(i);
            if (entry.key == null) {
                if (!entry.isExpired()) {
                    newest.put("no key " + i, i);
                }
            } else if (entry.deletes || entry.isExpired()) {
                newest.remove(entry.key);
            } else {
                newest.put(entry.key, i);
            }
        }
        return newest;
    }

    @Test
    void whatIsAliveIsTheSameAfterACompactionAndNoMoreIsLeftThanNeeded() throws Exception {
        long seed = Long.getLong("walnut.seed", 20_261_121);
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            List<Entry> entries = entries(random);
            List<Integer> all = new ArrayList<>();
            for (int i = 0; i < entries.size(); i++) {
                all.add(i);
            }
            int from = random.nextInt(3) == 0 ? random.nextInt(entries.size()) : 0;
            int maxKeys = random.nextInt(3) == 0 ? 1 + random.nextInt(4) : MANY;

            List<Integer> left = new ArrayList<>(all.subList(0, from));
            survivors(entries.subList(from, entries.size()), from == 0, maxKeys).forEach(i -> left.add(i + from));

            String what = "round %d, repeat with -Dwalnut.seed=%d".formatted(round, seed);
            assertThat(alive(entries, left)).as(what).isEqualTo(alive(entries, all));
            if (from == 0 && maxKeys == MANY) {
                assertThat(left).as(what).isEqualTo(expected(entries));
            }
        }
    }

    /** Searched the plain way. */
    private static List<Integer> expected(List<Entry> entries) {
        Map<String, Integer> last = new HashMap<>();
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).key != null) {
                last.put(entries.get(i).key, i);
            }
        }
        List<Integer> left = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            boolean newest = entry.key == null || Objects.equals(last.get(entry.key), i);
            boolean forgotten = entry.isExpired() || (entry.deletes && NOW_MS - entry.timeMs >= GRACE_MS);
            if (newest && !forgotten) {
                left.add(i);
            }
        }
        return left;
    }

    private static List<Entry> entries(Random random) {
        List<Entry> entries = new ArrayList<>();
        for (int i = random.nextInt(40); i >= 0; i--) {
            String key = random.nextInt(6) == 0 ? null : "key-" + random.nextInt(8);
            boolean deletes = key != null && random.nextInt(4) == 0;
            long ttlMs = deletes || random.nextInt(3) > 0 ? 0 : 1 + random.nextInt(1_000);
            entries.add(new Entry(key, deletes, random.nextInt(1_000), ttlMs));
        }
        return entries;
    }

    @Test
    void aDeleteIsKeptForItsTimeOfGraceAndWhereItHidesWhatIsOlder() throws Exception {
        List<Entry> recent = List.of(new Entry("a", false, 1, 0), new Entry("a", true, 800, 0));
        List<Entry> old = List.of(new Entry("a", false, 1, 0), new Entry("a", true, 700, 0));

        assertThat(survivors(recent, true, MANY)).containsExactly(1);
        assertThat(survivors(old, true, MANY)).isEmpty();
        assertThat(survivors(old, false, MANY)).containsExactly(1);
    }
}
