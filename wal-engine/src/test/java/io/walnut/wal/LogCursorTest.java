package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.FaultyStorage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A cursor in the middle of a batch whose end is taken back. */
class LogCursorTest {
    private Wal wal;
    private Cursor cursor;

    @BeforeEach
    void standOnTheFirstOfThreeRecordsOfABatch() throws Exception {
        wal = Wal.open(new FaultyStorage(), Logs.inline());
        wal.append(Logs.batch("0", "1", "2"));
        cursor = wal.cursor(0);
        assertThat(cursor.next()).isTrue();
        assertThat(Logs.text(cursor.record())).isEqualTo("0");
    }

    @AfterEach
    void close() throws Exception {
        cursor.close();
        wal.close();
    }

    @Test
    void endsWhereTheLogWasCut() throws Exception {
        wal.truncateAfter(0);
        assertThat(cursor.next()).isFalse();
        assertThat(cursor.nextLsn()).isEqualTo(1);
    }

    @Test
    void readsWhatWasWrittenAnew() throws Exception {
        wal.truncateAfter(0);
        wal.append(Logs.batch("one", "two"));
        assertThat(cursor.next()).isTrue();
        assertThat(Logs.text(cursor.record())).isEqualTo("one");
        assertThat(cursor.next()).isTrue();
        assertThat(Logs.text(cursor.record())).isEqualTo("two");
        assertThat(cursor.next()).isFalse();
    }

    @Test
    void readsWhatWasWrittenAnewIntoALogThatWasReset() throws Exception {
        wal.reset(1);
        wal.append(Logs.batch("one"));
        assertThat(cursor.next()).isTrue();
        assertThat(Logs.text(cursor.record())).isEqualTo("one");
    }
}
