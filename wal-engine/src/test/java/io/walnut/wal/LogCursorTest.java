package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.segment.Segment;
import java.nio.ByteBuffer;
import java.util.Objects;
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

    @Test
    void triesAgainAfterAFrameThatCannotBeRead() throws Exception {
        FaultyStorage storage = new FaultyStorage();
        try (Wal log = Wal.open(storage, Logs.inline());
                Cursor reader = log.cursor(0);
                StorageFile file = storage.open(Segment.name(0), true)) {
            log.append(Logs.batch("0"));
            log.append(Logs.batch("1"));
            assertThat(reader.next()).isTrue();
            byte[] good = Objects.requireNonNull(storage.contents().get(Segment.name(0)));
            file.write(ByteBuffer.wrap(new byte[] {7}), 2 * 4096 + 50);
            assertThatThrownBy(reader::next).isInstanceOf(WalCorruptException.class);
            assertThatThrownBy(reader::next).isInstanceOf(WalCorruptException.class);
            file.write(ByteBuffer.wrap(good, 2 * 4096, 100), 2 * 4096);
            assertThat(reader.next()).isTrue();
            assertThat(Logs.text(reader.record())).isEqualTo("1");
        }
    }
}
