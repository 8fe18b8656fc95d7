package io.walnut.wal.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.BackgroundWork;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalPoisonedException;
import io.walnut.wal.WalStorageFullException;
import io.walnut.wal.crash.FailingStorage.Operation;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.QuietLog;
import io.walnut.wal.io.StorageFullException;
import io.walnut.wal.store.LogStore;
import io.walnut.wal.store.LogStoreOptions;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The images of a store: each operation that makes one, or reads one at the open, fails at each of its occurrences, once and for
 * good. The outcome is the one written here; whatever it is, everything acknowledged is there when the store is opened again, from
 * the files as they are and from what a power cut leaves; and a store that refused an image goes on, and makes it later.
 */
@ExtendWith(QuietLog.class)
class LogStoreFailingIoTest {
    private static final int BEFORE = 6; // two images
    private static final int IMAGES = 4;

    private static LogStoreOptions options() {
        int[] salt = {1};
        return LogStoreOptions.defaults()
                .withWal(WalOptions.defaults()
                        .withSizes(32 << 10, 12 << 10, 64 << 10)
                        .withBackgroundWork(BackgroundWork.INLINE)
                        .withSalts(() -> salt[0] = salt[0] * 31 + 7))
                .withUpkeepEvery(Duration.ZERO)
                .withImageEvery(2)
                .withClock(() -> Instant.ofEpochMilli(1_000));
    }

    private static Supplier<IOException> failure(String name) {
        return name.equals("ENOSPC")
                ? () -> new StorageFullException("full", new IOException("No space left on device"))
                : () -> new IOException("Input/output error");
    }

    /** Before it is armed: {@code BEFORE} logs were made, with two images, and one more whose image is not made yet. */
    private static LogStore opened(FailingStorage storage) throws Exception {
        LogStore store = LogStore.open(storage, options());
        for (int i = 0; i < BEFORE; i++) {
            store.create("log" + i);
            store.upkeep();
        }
        store.create("log" + BEFORE);
        store.create("log" + (BEFORE + 1));
        return store;
    }

    @ParameterizedTest
    @CsvSource({
        "CREATE, EIO, error", // of index.tmp: the image before stays the newest
        "CREATE, ENOSPC, full",
        "WRITE, EIO, error",
        "WRITE, ENOSPC, full",
        "SHORT_WRITE, EIO, error",
        "SHORT_WRITE, ENOSPC, full",
        "SYNC, EIO, error", // the next attempt makes a new file: no page of this one is trusted
        "SYNC, ENOSPC, full",
        "RENAME, EIO, 'error, poisoned'", // of the image; and of the manifest, by the trim after it
        "RENAME, ENOSPC, 'full, poisoned'",
        "SYNC_DIRECTORY, EIO, 'error, poisoned'", // the image has its name or not: both are good
        "SYNC_DIRECTORY, ENOSPC, 'full, poisoned'",
        "DELETE, EIO, error", // of an image that is old; the new one is durable
        "LIST, EIO, error",
        "EXISTS, EIO, error",
        "CLOSE, EIO, error"
    })
    void anImageThatCannotBeMadeIsRefusedAndMadeLater(Operation operation, String failure, String expected)
            throws Exception {
        Set<String> outcomes = new TreeSet<>();
        for (boolean lasting : new boolean[] {false, true}) {
            for (int occurrence = 1; ; occurrence++) {
                FaultyStorage disk = new FaultyStorage();
                FailingStorage storage = new FailingStorage(disk, operation, Long.MAX_VALUE, failure(failure), false);
                LogStore store = opened(storage);
                storage.arm(occurrence, lasting);
                String outcome = "done";
                try {
                    store.upkeep();
                } catch (StorageFullException | WalStorageFullException e) {
                    outcome = "full";
                } catch (WalPoisonedException e) {
                    outcome = "poisoned";
                } catch (IOException e) {
                    outcome = "error";
                }
                if (!storage.failed()) {
                    break;
                }
                outcomes.add(outcome);
                storage.disarm();
                checkAllLeft(disk);
                if (outcome.equals("poisoned")) {
                    store.close(); // everything is durable
                    store = LogStore.open(storage, options());
                }
                store.create("later");
                store.upkeep();
                assertThat(disk.contents().keySet().stream().filter(name -> name.endsWith(".index")))
                        .as("made later, and no more than two are kept")
                        .hasSize(2);
                store.close();
                checkIsThere(disk.contents(), "later");
            }
        }
        assertThat(String.join(", ", outcomes)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "OPEN, EIO, error", // not taken for a damaged image: nothing says that it is
        "READ, EIO, error",
        "LIST, EIO, error"
    })
    void anImageThatCannotBeReadRefusesTheOpen(Operation operation, String failure, String expected) throws Exception {
        FaultyStorage whole = new FaultyStorage();
        opened(new FailingStorage(whole, operation, Long.MAX_VALUE, failure(failure), false))
                .close();
        Set<String> outcomes = new TreeSet<>();
        for (int occurrence = 1; ; occurrence++) {
            FaultyStorage disk = FaultyStorage.of(whole.contents());
            FailingStorage storage = new FailingStorage(disk, operation, occurrence, failure(failure), true);
            try {
                LogStore.open(storage, options()).close();
                outcomes.add("done");
            } catch (IOException e) {
                outcomes.add("error");
            }
            if (!storage.failed()) {
                outcomes.remove("done");
                break;
            }
            storage.disarm();
            checkAllLeft(disk);
        }
        assertThat(outcomes).containsExactly(expected);
    }

    private static void checkAllLeft(FaultyStorage disk) throws Exception {
        checkIsThere(disk.contents(), "log" + BEFORE);
        for (Map<String, byte[]> image : disk.crashImages().choose(IMAGES, new Random(1))) {
            checkIsThere(image, "log" + BEFORE);
        }
    }

    private static void checkIsThere(Map<String, byte[]> files, String last) throws Exception {
        try (LogStore store = LogStore.open(FaultyStorage.of(files), options())) {
            for (int i = 0; i < BEFORE + 2; i++) {
                assertThat(store.describe("log" + i)).as("log" + i).isPresent();
            }
            assertThat(store.describe(last)).isPresent();
        }
    }
}
