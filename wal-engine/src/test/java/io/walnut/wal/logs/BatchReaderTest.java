package io.walnut.wal.logs;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.logs.Command.AppendItem;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BatchReaderTest {
    private static ByteBuffer command(int largeBytes) {
        return new Command.Append(
                        1,
                        List.of(
                                new AppendItem(1, 0, 0, 0, 3, 7, ByteBuffer.wrap(new byte[] {4, 5, 6})),
                                new AppendItem(2, 0, 0, 0, 1, 8, ByteBuffer.allocate(largeBytes))))
                .encode();
    }

    /** A node gathers the appends of many clients in one entry, and a read takes up to a thousand batches of one log. */
    @Test
    void aSmallBatchDoesNotKeepItsLargeCommandInMemory() throws Exception {
        List<WeakReference<byte[]>> commands = new ArrayList<>();
        BatchReader reader = new BatchReader(
                lsn -> {
                    ByteBuffer encoded = command(1 << 20);
                    byte[] command = new byte[encoded.remaining()];
                    encoded.get(command);
                    commands.add(new WeakReference<>(command));
                    return ByteBuffer.wrap(command);
                },
                1);
        AppendItem kept = reader.read(new BatchLocation(0, 0, 0, 3, 1, 3));
        AppendItem next = reader.read(new BatchLocation(1, 0, 3, 3, 1, 3));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (commands.getFirst().get() != null && System.nanoTime() < deadline) {
            System.gc();
        }
        assertThat(commands.getFirst().get()).isNull();
        assertThat(kept).isEqualTo(new AppendItem(1, 0, 0, 0, 3, 7, ByteBuffer.wrap(new byte[] {4, 5, 6})));
        assertThat(next).isEqualTo(kept);
    }

    @Test
    void aBatchThatIsMostOfItsCommandIsNotCopied() throws Exception {
        ByteBuffer command = command(1_000);
        BatchReader reader = new BatchReader(lsn -> command, 2);
        AppendItem item = reader.read(new BatchLocation(5, 1, 0, 1, 1, 1_000));
        assertThat(item.bytes().get(10)).isZero();
        command.put(command.limit() - 1_000 + 10, (byte) 9);
        assertThat(item.bytes().get(10)).isEqualTo((byte) 9);
    }
}
