package io.walnut.wal.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.BackgroundWork;
import io.walnut.wal.WalOptions;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.QuietLog;
import io.walnut.wal.logs.LogDetails;
import io.walnut.wal.logs.LogInfo;
import io.walnut.wal.logs.LogSettings;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Random scenarios of a store, crashed at every operation that changes the storage: what a power cut may leave is opened again, and
 * must be the state before the call that was under way, or the one after it, nothing between: so a batch for several logs is in
 * all of them or in none. The states are those of the same calls without a crash.
 */
@ExtendWith(QuietLog.class)
class LogStoreCrashTest {
    private static final int CALLS = 24;
    private static final int IMAGES_A_CRASH = 6;
    private static final int SCENARIOS = 2;
    private static final int SLOW_SCENARIOS = 400;

    private interface Call {
        void on(LogStore store) throws IOException, RefusedException;
    }

    private record State(List<LogDetails> logs, List<List<String>> contents) {}

    @Test
    void aCrashLeavesTheStateBeforeACallOrTheOneAfterIt() throws Exception {
        scenarios(SCENARIOS);
    }

    @Test
    @Tag("slow")
    void aCrashLeavesTheStateBeforeACallOrTheOneAfterItInManyScenarios() throws Exception {
        scenarios(SLOW_SCENARIOS);
    }

    private static void scenarios(int count) {
        Long fixed = Long.getLong("walnut.seed");
        long first = fixed != null ? fixed : 20_261_121;
        long images = 0;
        for (long seed = first; seed < first + (fixed != null ? 1 : count); seed++) {
            try {
                images += scenario(seed);
            } catch (Throwable e) {
                throw new AssertionError(
                        "repeat: mvn -pl wal-engine test -Dtest=LogStoreCrashTest -Dwalnut.seed=" + seed, e);
            }
        }
        System.out.println("crash images of a store, opened again: " + images);
        assertThat(images).isGreaterThan(100);
    }

    private static long scenario(long seed) throws Exception {
        List<Call> calls = calls(new Random(seed));
        FaultyStorage whole = new FaultyStorage();
        List<State> states = new ArrayList<>();
        try (LogStore store = LogStore.open(whole, options())) {
            states.add(state(store));
            for (Call call : calls) {
                attempt(call, store);
                states.add(state(store));
            }
        }
        long images = 0;
        for (long operation = 1; operation <= whole.operations(); operation++) {
            FaultyStorage storage = new FaultyStorage();
            storage.crashAt(operation);
            int done = runUntilTheCrash(storage, calls);
            Random choice = new Random(seed * 31 + operation);
            for (Map<String, byte[]> image : storage.crashImages().choose(IMAGES_A_CRASH, choice)) {
                images++;
                check(
                        image,
                        done < 0
                                ? List.of(states.getFirst())
                                : states.subList(done, Math.min(done + 2, states.size())));
            }
        }
        return images;
    }

    /** Number of calls that returned; -1 when the store was not even open. */
    private static int runUntilTheCrash(FaultyStorage storage, List<Call> calls) throws Exception {
        int done = -1;
        try {
            LogStore store = LogStore.open(storage, options());
            for (Call call : calls) {
                done++;
                attempt(call, store);
            }
            done++;
            store.close();
        } catch (FaultyStorage.Crash expected) {
            return done;
        }
        return done;
    }

    private static void check(Map<String, byte[]> image, List<State> allowed) throws Exception {
        FaultyStorage storage = FaultyStorage.of(image);
        State found;
        try (LogStore store = LogStore.open(storage, options())) {
            found = state(store);
            assertThat(allowed).contains(found);
            if (store.describe("after").isEmpty()) {
                store.create("after");
            }
            store.append(LogStoreTest.batch("after", "goes on"));
            found = state(store);
        }
        try (LogStore store = LogStore.open(storage, options())) {
            assertThat(state(store)).isEqualTo(found);
        }
    }

    private static void attempt(Call call, LogStore store) throws IOException {
        try {
            call.on(store);
        } catch (RefusedException e) {
            assertThat(e.rejection().message())
                    .isNotBlank(); // a part of the scenario, the same with a crash and without
        }
    }

    private static List<Call> calls(Random random) {
        List<Call> calls = new ArrayList<>();
        calls.add(store -> store.create("a", LogSettings.KEEP_ALL.withMaxRecords(4)));
        calls.add(store -> store.create("b"));
        for (int i = 0; i < CALLS; i++) {
            String log = random.nextBoolean() ? "a" : "b";
            String record = i + "x".repeat(random.nextInt(4) == 0 ? 6_000 : random.nextInt(50));
            long offset = random.nextInt(6);
            Call call = switch (random.nextInt(12)) {
                case 0 -> store -> store.trim(log, offset);
                case 1 -> store -> store.commitCursor(log, "cursor", offset);
                case 2 -> store -> store.fence(log, 1 + offset);
                case 3 -> random.nextInt(4) == 0 ? store -> store.delete("b") : store -> store.create("b");
                case 4, 5 -> LogStore::upkeep; // at most one command is due
                case 6, 7, 8 ->
                    store -> store.append(List.of(
                            LogStoreTest.batch("a", record, "2").inEpoch(3),
                            LogStoreTest.batch("b", record).inEpoch(4)));
                default -> store -> store.append(LogStoreTest.batch(log, record).inEpoch(offset));
            };
            calls.add(call);
        }
        return calls;
    }

    private static State state(LogStore store) throws IOException, RefusedException {
        List<LogDetails> logs = new ArrayList<>();
        List<List<String>> contents = new ArrayList<>();
        for (LogInfo log : store.list("", "", 100)) {
            logs.add(store.details(log.name()).orElseThrow());
            contents.add(LogStoreTest.contents(store, log.name()));
        }
        return new State(logs, contents);
    }

    private static LogStoreOptions options() {
        int[] salt = {1};
        return LogStoreOptions.defaults()
                .withWal(WalOptions.defaults()
                        .withSizes(32 << 10, 12 << 10, 64 << 10)
                        .withBackgroundWork(BackgroundWork.INLINE)
                        .withSalts(() -> salt[0] = salt[0] * 31 + 7))
                .withUpkeepEvery(Duration.ZERO)
                .withImageEvery(4)
                .withClock(() -> Instant.ofEpochMilli(1_000));
    }
}
