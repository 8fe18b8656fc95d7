package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a program's own encoder does to the buffer that it is lent does not reach the frames in it. */
class EncoderTest {
    private static final int BYTES = 400;

    @TempDir
    Path directory;

    private static Stream<Compression> compressions() {
        return Stream.of(Compression.none(), Compression.lz4());
    }

    @ParameterizedTest
    @MethodSource("compressions")
    void mayWriteInTheOrderOfBytesThatItWants(Compression compression) throws Exception {
        WalOptions options = Logs.inline().withCompression(compression);
        try (Wal wal = Wal.open(directory, options)) {
            Batch batch = new Batch();
            for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
                batch.add(3, BYTES, target -> {
                    assertThat(target.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
                    target.order(order).putInt(0x01020304).position(target.limit());
                });
            }
            wal.append(batch);
            check(wal);
        }
        try (Wal wal = Wal.open(directory, options)) {
            check(wal);
        }
    }

    private static void check(Wal wal) throws WalException {
        assertThat(wal.endLsn()).isEqualTo(2);
        assertThat(wal.tag(0)).isEqualTo(3);
        assertThat(first(wal.read(0))).isEqualTo(0x01020304);
        assertThat(wal.tag(1)).isEqualTo(3);
        assertThat(first(wal.read(1))).isEqualTo(0x04030201);
    }

    private static int first(WalRecord record) {
        ByteBuffer payload = record.payload();
        assertThat(payload.remaining()).isEqualTo(BYTES);
        return payload.duplicate().getInt();
    }
}
