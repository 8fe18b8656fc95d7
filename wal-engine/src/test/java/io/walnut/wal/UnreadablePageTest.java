package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.segment.Segment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
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

    /** Machine code that computes the checksum has no way to report such a page, and would end the process. */
    @Test
    void inTheMiddleOfABatchDoesNotEndTheProcess(@TempDir Path directory) throws Exception {
        WalOptions options = Logs.threads().withSizes(1 << 20, 300 << 10, 4 << 20);
        try (Wal wal = Wal.open(directory, options)) {
            wal.append(Logs.batch("0" + "x".repeat(200_000)));
            wal.append(Logs.batch("1" + "x".repeat(200_000)));
            wal.roll();
            List<Cursor> cursors = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) { // until the code is compiled
                wal.tag(i % 2);
                if (i % 20 == 0) {
                    Cursor cursor = wal.cursor(0);
                    assertThat(cursor.next()).isTrue();
                    cursors.add(cursor);
                }
            }
            try (FileChannel file = FileChannel.open(directory.resolve(Segment.name(0)), StandardOpenOption.WRITE)) {
                file.truncate(300_000);
            }
            for (Cursor cursor : cursors) {
                assertThatThrownBy(cursor::next).isInstanceOf(WalIoException.class);
                cursor.close();
            }
        }
    }
}
