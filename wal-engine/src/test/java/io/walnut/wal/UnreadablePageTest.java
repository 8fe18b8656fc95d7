package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.segment.Segment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A page of a mapped segment that the disk does not give back; a file that was cut behind the log's back stands in for it. */
class UnreadablePageTest {
    @Test
    void isAnIoFailureOfTheReadAndOfNothingElse(@TempDir Path directory) throws Exception {
        try (Wal wal = Wal.open(directory, Logs.threads())) {
            wal.append(Logs.batch("0" + "x".repeat(6000)));
            wal.append(Logs.batch("1" + "x".repeat(6000)));
            wal.roll();
            try (FileChannel file = FileChannel.open(directory.resolve(Segment.name(0)), StandardOpenOption.WRITE)) {
                file.truncate(4096);
            }

            assertThatThrownBy(() -> wal.read(1)).isInstanceOf(WalIoException.class);
            assertThatThrownBy(() -> wal.tag(0)).isInstanceOf(WalIoException.class);
            try (Cursor cursor = wal.cursor(0)) {
                assertThatThrownBy(cursor::next).isInstanceOf(WalIoException.class);
            }

            assertThat(wal.append(Logs.batch("2"))).isEqualTo(2);
            assertThat(Logs.text(wal.read(2))).isEqualTo("2");
        }
    }

    /** Without care it is met in the middle of a checksum, where it ends the process. */
    @Test
    void mayBeTheSecondPageOfAFrame(@TempDir Path directory) throws Exception {
        try (Wal wal = Wal.open(directory, Logs.threads())) {
            wal.append(Logs.batch("0" + "x".repeat(10_000)));
            wal.roll();
            assertThat(Logs.text(wal.read(0))).startsWith("0x");
            try (FileChannel file = FileChannel.open(directory.resolve(Segment.name(0)), StandardOpenOption.WRITE)) {
                file.truncate(8192);
            }
            assertThatThrownBy(() -> wal.read(0)).isInstanceOf(WalIoException.class);
        }
    }
}
