package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a cursor lends: good until it goes on or is closed, whatever becomes of the log; after that, at worst, an exception. */
class BorrowedPayloadTest {
    private static final String RECORD = "x".repeat(3000);

    @TempDir
    Path directory;

    private Wal wal;

    @BeforeEach
    void open() throws Exception {
        wal = Wal.open(directory, Logs.inline());
    }

    @AfterEach
    void close() throws Exception {
        wal.close();
    }

    @Test
    void isTheRecordInSealedSegmentsAndInTheOneThatIsWritten() throws Exception {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            wal.append(Logs.batch(RECORD + i, "", "second of " + i));
            expected.addAll(List.of(RECORD + i, "", "second of " + i));
        }
        assertThat(wal.stats().sealedSegments())
                .isPositive()
                .isLessThan(wal.stats().segments());
        for (int from = 0; from <= expected.size(); from++) {
            List<String> lent = new ArrayList<>();
            try (Cursor cursor = wal.cursor(from)) {
                while (cursor.next()) {
                    assertThat(cursor.lsn()).isEqualTo(from + lent.size());
                    assertThat(cursor.tag()).isEqualTo(7);
                    lent.add(text(cursor.payload()));
                }
            }
            assertThat(lent).isEqualTo(expected.subList(from, expected.size()));
        }
    }

    @Test
    void isReadOnlyAndBackAtItsBeginningEachTime() throws Exception {
        wal.append(Logs.batch("abc", "d"));
        wal.roll();
        wal.append(Logs.batch("efgh"));
        try (Cursor cursor = wal.cursor(0)) {
            for (String expected : List.of("abc", "d", "efgh")) {
                assertThat(cursor.next()).isTrue();
                ByteBuffer lent = cursor.payload();
                assertThat(lent.isReadOnly()).isTrue();
                lent.order(ByteOrder.LITTLE_ENDIAN).get();
                assertThat(cursor.payload().order()).isEqualTo(ByteOrder.BIG_ENDIAN);
                assertThat(text(cursor.payload())).isEqualTo(expected);
            }
            assertThat(cursor.next()).isFalse();
            assertThat(text(cursor.payload()))
                    .as("there is no other record to be on")
                    .isEqualTo("efgh");
        }
    }

    @Test
    void isNothingBeforeTheFirstRecordAndAfterTheClose() throws Exception {
        wal.append(Logs.batch("a"));
        wal.roll();
        Cursor cursor = wal.cursor(0);
        assertThatThrownBy(cursor::payload).isInstanceOf(IllegalStateException.class);
        assertThat(cursor.next()).isTrue();
        cursor.close();
        assertThatThrownBy(cursor::payload).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(cursor::record).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(cursor::next).isInstanceOf(IllegalStateException.class);
        cursor.close();
    }

    @Test
    void outlivesTheTrimThatTakesItsSegmentAndTheUseOfTrimmedFilesForNewOnes() throws Exception {
        fill(40);
        try (Cursor cursor = wal.cursor(3)) {
            assertThat(cursor.next()).isTrue();
            ByteBuffer lent = cursor.payload();
            for (int round = 0; round < 5; round++) {
                wal.trimBefore(wal.durableLsn());
                fill(40);
            }
            assertThat(text(lent)).isEqualTo(RECORD + 3);
            assertThatThrownBy(cursor::next).isInstanceOf(WalTrimmedException.class);
        }
    }

    @Test
    void outlivesTheTruncationThatTakesItsRecord() throws Exception {
        fill(40);
        try (Cursor cursor = wal.cursor(3)) {
            assertThat(cursor.next()).isTrue();
            ByteBuffer lent = cursor.payload();
            wal.truncateAfter(1);
            fill(40);
            assertThat(text(lent)).isEqualTo(RECORD + 3);
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.lsn()).isEqualTo(4);
            assertThat(text(cursor.payload())).isEqualTo(RECORD + 2);
        }
    }

    @Test
    void outlivesTheClosingOfTheLogButNotThatOfItsCursor() throws Exception {
        wal.append(Logs.batch("a"));
        wal.roll();
        Cursor cursor = wal.cursor(0);
        assertThat(cursor.next()).isTrue();
        ByteBuffer lent = cursor.payload();
        wal.close();
        assertThat(text(lent.duplicate())).isEqualTo("a");
        cursor.close();
        assertThatThrownBy(() -> lent.get(0)).isInstanceOf(IllegalStateException.class);
    }

    private void fill(int records) throws WalException {
        for (int i = 0; i < records; i++) {
            wal.append(Logs.batch(RECORD + i));
        }
    }

    private static String text(ByteBuffer lent) {
        return StandardCharsets.UTF_8.decode(lent).toString();
    }
}
