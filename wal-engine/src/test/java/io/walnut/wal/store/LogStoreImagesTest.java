package io.walnut.wal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.Batch;
import io.walnut.wal.UnsupportedVersionException;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an open makes of the images that it finds beside the WAL. */
class LogStoreImagesTest {
    private static final int HEADER_BYTES = 24; // of the file; the image of the logs stands after it
    private static final LogStoreOptions OPTIONS = LogStoreOptions.defaults()
            .withWal(WalOptions.defaults().withSizes(32 << 10, 12 << 10, 64 << 10))
            .withUpkeepEvery(Duration.ZERO);

    @TempDir
    Path directory;

    /** Two lives of a store: images at LSN 2 and at 4. */
    @BeforeEach
    void twoLives() throws Exception {
        for (int life = 0; life < 2; life++) {
            try (LogStore store = LogStore.open(directory, OPTIONS)) {
                store.create("log" + life);
                store.create("more" + life);
            }
        }
        assertThat(images()).hasSize(2);
    }

    private List<Path> images() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".index"))
                    .sorted()
                    .toList();
        }
    }

    private void assertLogs(int logs) throws Exception {
        try (LogStore store = LogStore.open(directory, OPTIONS)) {
            assertThat(store.list("", "", 10)).hasSize(logs);
        }
    }

    @Test
    void anImageOfANewerFormatIsRefusedAndKept() throws Exception {
        Path newest = images().getLast();
        byte[] bytes = Files.readAllBytes(newest);
        bytes[11] = 2;
        Files.write(newest, bytes);
        assertThatThrownBy(() -> LogStore.open(directory, OPTIONS))
                .isInstanceOf(UnsupportedVersionException.class)
                .hasMessageContaining(newest.getFileName().toString())
                .hasMessageContaining("version 2, this program knows up to 1");
        assertThat(Files.readAllBytes(newest)).isEqualTo(bytes);
    }

    @Test
    void aNewerImageOfTheLogsIsRefusedAndKept() throws Exception {
        Path newest = images().getLast();
        byte[] bytes = Files.readAllBytes(newest);
        bytes[HEADER_BYTES + 5] = 3;
        CRC32C crc = new CRC32C();
        crc.update(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES - Integer.BYTES);
        ByteBuffer.wrap(bytes).putInt(bytes.length - Integer.BYTES, (int) crc.getValue());
        Files.write(newest, bytes);
        assertThatThrownBy(() -> LogStore.open(directory, OPTIONS))
                .isInstanceOf(UnsupportedVersionException.class)
                .hasMessageContaining(newest.getFileName().toString())
                .hasMessageContaining("version 3, this program knows 1 to 2");
        assertThat(Files.readAllBytes(newest)).isEqualTo(bytes);
    }

    /** A newer version is whole; what has only another number there is damaged. */
    @Test
    void everyDamagedByteOfTheNewestImageIsPassedOver() throws Exception {
        Path newest = images().getLast();
        byte[] good = Files.readAllBytes(newest);
        for (int at = 0; at < good.length; at++) {
            if (at >= 8 && at < 12) {
                continue; // the version of the file, of which no checksum knows: refused rather than guessed
            }
            byte[] bytes = good.clone();
            bytes[at] ^= 4;
            Files.write(newest, bytes);
            assertLogs(4);
        }
    }

    /** The cut is no loss, but nothing in the directory tells it from one. */
    @Test
    void aTruncatedStoreIsRefusedUntilTheImagesAboveItsEndAreDeleted() throws Exception {
        truncateTo(3);
        List<Path> images = images();
        assertThatThrownBy(() -> LogStore.open(directory, OPTIONS))
                .isInstanceOf(IndexLostException.class)
                .hasMessageContaining("stands at LSN 4")
                .hasMessageContaining("the WAL holds LSNs 0 to 2")
                .hasMessageContaining("repair --truncate-to")
                .hasMessageContaining("delete the .index files above LSN 3");
        assertThat(images()).isEqualTo(images);
        Files.delete(images.getLast());
        assertLogs(3);
    }

    @Test
    void aStoreThatWasTruncatedBelowAllItsImagesIsReplayedWhenTheyAreDeleted() throws Exception {
        truncateTo(1);
        assertThatThrownBy(() -> LogStore.open(directory, OPTIONS))
                .isInstanceOf(IndexLostException.class)
                .hasMessageContaining("delete the .index files above LSN 1");
        for (Path image : images()) {
            Files.delete(image);
        }
        assertLogs(1);
    }

    @Test
    void whereNoImageIsLeftThatOneCouldBeginWithOnlyACopyHelps() throws Exception {
        truncateTo(1);
        try (Wal wal = Wal.open(directory, OPTIONS.wal())) {
            wal.trimBefore(1);
        }
        assertThatThrownBy(() -> LogStore.open(directory, OPTIONS))
                .isInstanceOf(IndexLostException.class)
                .hasMessageContaining("put back the directory from a copy")
                .hasMessageNotContaining("delete");
    }

    @Test
    void aTrimmedWalOfSomebodyElseMayBeNoStoreAtAll() throws Exception {
        Path other = directory.resolve("other");
        try (Wal wal = Wal.open(other, OPTIONS.wal())) {
            wal.append(Batch.of(1, ByteBuffer.allocate(10)));
            wal.append(Batch.of(1, ByteBuffer.allocate(10)));
            wal.trimBefore(1);
        }
        assertThatThrownBy(() -> LogStore.open(other, OPTIONS))
                .isInstanceOf(IndexLostException.class)
                .hasMessageContaining("no good image")
                .hasMessageContaining("a plain WAL's, open it as a Wal");
    }

    /** As {@code walnut wal repair --truncate-to} does. */
    private void truncateTo(long endLsn) throws Exception {
        try (Wal wal = Wal.open(directory, OPTIONS.wal())) {
            wal.truncateAfter(endLsn - 1);
        }
    }
}
