package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Who follows the end of a log gets from memory what was written just now. */
class TailFollowTest {
    private final CountingStorage storage = new CountingStorage();

    private static final class CountingStorage extends ForwardingStorage {
        private int reads;

        CountingStorage() {
            super(new FaultyStorage());
        }

        @Override
        protected StorageFile wrap(String name, StorageFile file) {
            return new ForwardingFile(file) {
                @Override
                public int read(ByteBuffer target, long position) throws IOException {
                    reads++;
                    return super.read(target, position);
                }
            };
        }
    }

    @Test
    void readsTheFileOnlyBeforeItIsKnownToFollow() throws Exception {
        try (Wal wal = Wal.open(storage, Logs.inline().withSizes(1 << 20, 100 << 10, 2 << 20));
                TailCursor one = wal.tail(0);
                TailCursor other = wal.tail(0)) {
            wal.append(Logs.batch("first"));
            assertThat(one.next()).isTrue();
            int before = storage.reads;
            for (int i = 0; i < 100; i++) {
                wal.append(Logs.batch("record " + i, "x".repeat(i * 50)));
                for (int record = 0; record < 2; record++) {
                    assertThat(one.next()).isTrue();
                }
                assertThat(Logs.text(one.record())).hasSize(i * 50);
            }
            assertThat(storage.reads).isEqualTo(before);
            for (int i = 0; i < 201; i++) {
                assertThat(other.next()).isTrue(); // the first from the file
            }
            assertThat(storage.reads).isEqualTo(before + 1);
            assertThat(wal.append(Logs.batch("last"))).isEqualTo(201);
            assertThat(Logs.text(wal.read(201))).isEqualTo("last");
            assertThat(storage.reads).isEqualTo(before + 1);
        }
    }

    @Test
    void whatIsTruncatedAndWrittenAnewIsTheNew() throws Exception {
        try (Wal wal = Wal.open(storage, Logs.inline());
                TailCursor tail = wal.tail(0)) {
            wal.append(Logs.batch("0"));
            assertThat(tail.next()).isTrue();
            wal.append(Logs.batch("1 old", "2 old"));
            assertThat(tail.next()).isTrue();
            wal.truncateAfter(0);
            wal.append(Logs.batch("1 new"));
            assertThat(tail.next()).isFalse();
            wal.append(Logs.batch("2 new"));
            assertThat(tail.next()).isTrue();
            assertThat(Logs.text(tail.record())).isEqualTo("2 new");
            assertThat(Logs.text(wal.read(1))).isEqualTo("1 new");
        }
    }

    /** Nobody sees what is not durable, although it is in memory already. */
    @Test
    void whatIsNotWrittenYetIsNotSeen() throws Exception {
        try (Wal wal = Wal.open(storage, Logs.inline());
                TailCursor tail = wal.tail(0)) {
            wal.append(Logs.batch("0"));
            assertThat(tail.next()).isTrue();
            wal.enqueue(Logs.batch("1"));
            assertThat(tail.next()).isFalse();
            wal.awaitDurable(1);
            assertThat(tail.next()).isTrue();
        }
    }
}
