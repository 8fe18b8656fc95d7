package io.walnut.wal.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalLockedException;
import io.walnut.wal.WalOptions;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalLookTest {
    private static final int RECORDS = 500;

    @TempDir
    Path directory = Path.of(".");

    private void write() throws Exception {
        try (Wal wal = Wal.open(directory, WalOptions.defaults())) {
            append(wal);
        }
    }

    private static void append(Wal wal) throws Exception {
        for (int i = 0; i < RECORDS; i++) {
            assertThat(wal.append(Batch.of(i, ByteBuffer.wrap(("record " + i).getBytes(StandardCharsets.UTF_8)))))
                    .isEqualTo(i);
        }
    }

    private static Map<String, Long> contents(Path of) throws Exception {
        Map<String, Long> contents = new TreeMap<>();
        try (Stream<Path> files = Files.list(of)) {
            for (Path file : files.toList()) {
                CRC32C crc = new CRC32C();
                crc.update(Files.readAllBytes(file));
                contents.put(file.getFileName().toString(), crc.getValue() ^ Files.size(file));
            }
        }
        return contents;
    }

    @Test
    void verifyReadsEverythingAndChangesNothing() throws Exception {
        write();
        Map<String, Long> before = contents(directory);

        WalLook.Verified verified = WalLook.verify(directory);

        assertThat(verified.records()).isEqualTo(RECORDS);
        assertThat(verified.report().clean()).isTrue();
        assertThat(contents(directory)).isEqualTo(before);
    }

    @Test
    void logThatWasNotClosedIsLookedAtAsItWouldBeRecovered() throws Exception {
        Path copy = Files.createDirectory(directory.resolve("copy"));
        Path original = directory.resolve("original");
        try (Wal wal = Wal.open(original, WalOptions.defaults())) {
            append(wal);
            try (Stream<Path> files = Files.list(original)) {
                for (Path file : files.toList()) {
                    Files.copy(file, copy.resolve(file.getFileName()));
                }
            }
        }
        Map<String, Long> before = contents(copy);

        WalLook.Verified verified = WalLook.verify(copy);

        assertThat(verified.records()).isEqualTo(RECORDS);
        assertThat(verified.report().clean()).isFalse();
        assertThat(contents(copy)).isEqualTo(before);
    }

    @Test
    void recordsAreGivenInOrderFromAnLsnOnUntilEnough() throws Exception {
        write();
        List<Long> seen = new ArrayList<>();

        assertThat(WalLook.each(directory, 490, record -> {
                    seen.add(record.lsn());
                    return seen.size() < 3;
                }))
                .isNotNull();

        assertThat(seen).containsExactly(490L, 491L, 492L);
    }

    @Test
    void logInUseIsNotLookedAt() throws Exception {
        try (Wal wal = Wal.open(directory, WalOptions.defaults())) {
            assertThat(wal.endLsn()).isZero();
            assertThatThrownBy(() -> WalLook.verify(directory)).isInstanceOf(WalLockedException.class);
        }
    }
}
