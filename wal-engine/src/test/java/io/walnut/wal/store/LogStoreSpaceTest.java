package io.walnut.wal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.BackgroundWork;
import io.walnut.wal.WalIoException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalStorageFullException;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.StorageFullException;
import io.walnut.wal.logs.LogSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** When a store gives space back to the disk, and what it does when the disk has none. */
class LogStoreSpaceTest {
    private static final LogStoreOptions OPTIONS = LogStoreOptions.defaults()
            .withWal(WalOptions.defaults()
                    .withSizes(32 << 10, 12 << 10, 64 << 10)
                    .withBackgroundWork(BackgroundWork.INLINE)
                    .withSpareSegments(0))
            .withUpkeepEvery(Duration.ZERO);

    private final FaultyStorage storage = new FaultyStorage();

    private static LogStore opened(FaultyStorage storage) throws IOException {
        return LogStore.open(storage, OPTIONS);
    }

    private static void fill(LogStore store) throws Exception {
        for (int i = 0; i < 30; i++) {
            store.append(LogAppend.of("a", 1, ByteBuffer.allocate(8 << 10)));
        }
    }

    private static List<String> files(Map<String, byte[]> contents, String suffix) {
        return contents.keySet().stream()
                .filter(name -> name.endsWith(suffix))
                .sorted()
                .toList();
    }

    private List<String> images() {
        return files(storage.contents(), ".index");
    }

    @Test
    void spaceComesBackInTwoRoundsAfterATrim() throws Exception {
        try (LogStore store = opened(storage)) {
            store.create("a");
            fill(store);
            int segments = files(storage.contents(), ".seg").size();
            store.upkeep();
            assertThat(images()).as("nothing would come free").isEmpty();
            store.trim("a", 30);
            store.upkeep();
            assertThat(store.walStats().startLsn())
                    .as("one image may be damaged")
                    .isZero();
            store.upkeep();
            assertThat(store.walStats().startLsn()).isPositive();
            assertThat(files(storage.contents(), ".seg")).hasSizeLessThan(segments / 2);
        }
    }

    @Test
    void spaceComesBackByRetention() throws Exception {
        try (LogStore store = opened(storage)) {
            store.create("a", LogSettings.KEEP_ALL.withMaxRecords(2));
            for (int i = 0; i < 10; i++) {
                fill(store);
                store.upkeep();
                store.upkeep();
                assertThat(store.walStats().segments()).isLessThan(5);
            }
        }
    }

    @Test
    void noImageIsMadeForNothing() throws Exception {
        try (LogStore store = opened(storage)) {
            store.create("held");
            store.append(LogStoreTest.batch("held", "x"));
            store.create("a");
            fill(store);
            store.trim("a", 30);
            for (int i = 0; i < 3; i++) {
                store.upkeep();
            }
            assertThat(images()).as("a log needs the first segment").isEmpty();
            store.trim("held", 1);
            store.upkeep();
            store.upkeep();
            List<String> two = images();
            long end = store.walStats().endLsn();
            assertThat(two).hasSize(2);
            for (int i = 0; i < 3; i++) {
                store.upkeep();
            }
            assertThat(images()).isEqualTo(two);
            assertThat(store.walStats().endLsn()).isEqualTo(end);
        }
    }

    /** Either one of the two: what the WAL holds is enough for the other one. */
    @Test
    void aDamagedImageIsPassedOverAfterSpaceCameBack() throws Exception {
        Map<String, byte[]> files;
        try (LogStore store = opened(storage)) {
            store.create("a");
            fill(store);
            store.trim("a", 30);
            store.upkeep();
            store.upkeep();
            store.append(LogStoreTest.batch("a", "last"));
            files = storage.contents(); // as after a crash
        }
        assertThat(files(files, ".seg")).doesNotContain("%020d.seg".formatted(0));
        for (String image : files(files, ".index")) {
            Map<String, byte[]> damaged = new HashMap<>(files);
            byte[] bytes = Objects.requireNonNull(files.get(image)).clone();
            bytes[bytes.length - 1] ^= 1;
            damaged.put(image, bytes);
            try (LogStore store = opened(FaultyStorage.of(damaged))) {
                assertThat(LogStoreTest.contents(store, "a")).containsExactly("30:last");
            }
        }
    }

    @Test
    void onAFullDiskAnImageThatDoesNotFitIsMadeByALaterRound() throws Exception {
        try (LogStore store = opened(storage)) {
            store.create("a");
            fill(store);
            store.trim("a", 30);
            refuseImages(new StorageFullException("full"));
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(store::upkeep)
                        .isInstanceOf(WalStorageFullException.class)
                        .hasMessageContaining("no room");
                assertThat(storage.contents()).as("what was written of it").doesNotContainKey("index.tmp");
            }
            assertThat(store.walStats().startLsn()).isZero();
            storage.refuse((ordinal, kind, name) -> {});
            store.upkeep();
            store.upkeep();
            assertThat(store.walStats().startLsn()).isPositive();
        }
    }

    @Test
    void aCloseThatFindsNoRoomForItsImageSaysSo() throws Exception {
        LogStore store = opened(storage);
        store.create("a");
        refuseImages(new StorageFullException("full"));
        assertThatThrownBy(store::close).isInstanceOf(WalStorageFullException.class);
        assertThat(storage.contents()).doesNotContainKey("index.tmp");
        storage.refuse((ordinal, kind, name) -> {});
        try (LogStore again = opened(FaultyStorage.of(storage.contents()))) {
            assertThat(again.describe("a")).isPresent();
        }
    }

    @Test
    void aDiskThatRefusesAnImageIsAnErrorOfTheWal() throws Exception {
        try (LogStore store = opened(storage)) {
            store.create("a");
            refuseImages(new IOException("Input/output error"));
            assertThatThrownBy(store::close).isInstanceOf(WalIoException.class);
            assertThat(storage.contents()).doesNotContainKey("index.tmp");
        }
    }

    @Test
    void aDirectoryThatCannotBeUsedIsNamed() {
        assertThatThrownBy(() -> LogStore.open(Path.of("/proc/nope"), OPTIONS))
                .isInstanceOf(WalIoException.class)
                .hasMessageContaining("cannot use /proc/nope: ");
    }

    private void refuseImages(IOException refusal) {
        storage.refuse((ordinal, kind, name) -> {
            if (kind == FaultyStorage.Kind.SYNC && name.equals("index.tmp")) {
                throw refusal;
            }
        });
    }
}
