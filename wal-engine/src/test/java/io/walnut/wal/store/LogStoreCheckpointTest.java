package io.walnut.wal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.Scrubbing;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.WalOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogStoreCheckpointTest {
    private static final LogStoreOptions OPTIONS = LogStoreOptions.defaults()
            .withWal(WalOptions.defaults().withSizes(32 << 10, 12 << 10, 64 << 10))
            .withImageEvery(10)
            .withUpkeepEvery(Duration.ZERO);

    @TempDir
    Path root;

    private LogStore store;
    private Path target;

    @BeforeEach
    void open() throws IOException {
        store = LogStore.open(root.resolve("store"), OPTIONS);
        target = root.resolve("copy");
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    private static LogAppend batch(String log, String... records) {
        return LogStoreTest.batch(log, records);
    }

    private List<String> besideTheStore() throws IOException {
        try (Stream<Path> children = Files.list(root)) {
            return children.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aCheckpointIsAStoreAsThisOneWas() throws Exception {
        store.create("a");
        store.create("b");
        for (int i = 0; i < 20; i++) { // an image, and something after it
            store.append(batch("a", "x".repeat(4_000) + i).by(7, 0, i));
        }
        store.trim("a", 15);
        store.upkeep();
        store.append(batch("a", "last").by(7, 0, 20));
        store.fence("b", 3);
        store.commitCursor("a", "reader", 17);
        List<String> before = LogStoreTest.contents(store, "a");

        store.checkpoint(target);
        store.append(batch("a", "later"));
        store.delete("b");

        assertThat(besideTheStore()).containsExactly("copy", "store");
        try (LogStore copy = LogStore.open(target, OPTIONS)) {
            assertThat(LogStoreTest.contents(copy, "a")).isEqualTo(before).hasSize(6);
            assertThat(copy.details("b").orElseThrow().writerEpoch()).isEqualTo(3);
            assertThat(copy.cursor("a", "reader")).contains(17L);
            assertThat(copy.append(batch("a", "last").by(7, 0, 20)).duplicate()).isTrue();
            assertThat(copy.append(batch("a", "other")).firstOffset()).isEqualTo(21);
            copy.trim("a", 22);
            copy.upkeep(); // what it drops is not dropped here
        }
        try (LogStore copy = LogStore.open(target, OPTIONS)) {
            assertThat(LogStoreTest.contents(copy, "a")).isEmpty();
        }
        assertThat(LogStoreTest.contents(store, "a").subList(0, 6)).isEqualTo(before);
        store.close();
        open();
        assertThat(LogStoreTest.contents(store, "a")).hasSize(7).endsWith("21:later");
    }

    @Test
    void aCheckpointBesideAppendsHasAPrefixOfThem() throws Exception {
        store.create("a");
        AtomicBoolean end = new AtomicBoolean();
        CompletableFuture<Void> appends = CompletableFuture.runAsync(
                () -> {
                    for (int i = 0; !end.get(); i++) {
                        store.appendAsync(batch("a", "r" + i)).join();
                    }
                },
                task -> Thread.ofPlatform().daemon().start(task));
        long before = store.append(batch("a", "first")).nextOffset();
        store.checkpoint(target);
        end.set(true);
        appends.get(30, TimeUnit.SECONDS);

        List<String> all = LogStoreTest.contents(store, "a");
        try (LogStore copy = LogStore.open(target, OPTIONS)) {
            List<String> copied = LogStoreTest.contents(copy, "a");
            assertThat(copied).hasSizeGreaterThanOrEqualTo((int) before);
            assertThat(copied).isEqualTo(all.subList(0, copied.size()));
        }
    }

    @Test
    void anEmptyStoreIsCopiedToo() throws Exception {
        store.checkpoint(target);
        try (LogStore copy = LogStore.open(target, OPTIONS)) {
            assertThat(copy.list("", "", 10)).isEmpty();
            copy.create("a");
            assertThat(copy.append(batch("a", "x")).firstOffset()).isZero();
        }
    }

    @Test
    void whatIsThereIsNotWrittenOver() throws Exception {
        Files.createDirectory(target);
        assertThatThrownBy(() -> store.checkpoint(target)).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(target).isEmptyDirectory();
    }

    @Test
    void ofADamagedStoreThereIsNoCopy() throws Exception {
        store.create("a");
        store.append(batch("a", "x".repeat(9_000)));
        store.append(batch("a", "y".repeat(9_000)));
        try (FileChannel file =
                FileChannel.open(root.resolve("store").resolve("%020d.seg".formatted(0)), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[] {'z'}), 12_000);
        }
        assertThatThrownBy(() -> store.checkpoint(target)).isInstanceOf(WalCorruptException.class);
        assertThat(besideTheStore()).containsExactly("store");
        assertThat(store.append(batch("a", "z")).firstOffset()).isEqualTo(2);
    }

    @Test
    void aClosedStoreIsNotCopied() throws Exception {
        store.close();
        assertThatThrownBy(() -> store.checkpoint(target)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theFiguresOfTheWalTellOfTheScrub() throws Exception {
        WalOptions scrubbed = OPTIONS.wal().withScrubbing(new Scrubbing.Every(Duration.ZERO, 1 << 30));
        try (LogStore other = LogStore.open(root.resolve("other"), OPTIONS.withWal(scrubbed))) {
            other.create("a");
            for (int i = 0; i < 20; i++) {
                other.append(batch("a", "x".repeat(4_000)));
            }
            while (other.walStats().scrub().segments() == 0) {
                Thread.onSpinWait();
            }
            assertThat(other.walStats().scrub().findings()).isZero();
            assertThat(other.walStats().recordsAppended()).isEqualTo(21);
        }
    }
}
