package io.walnut.wal.logs;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.logs.Command.Append;
import io.walnut.wal.logs.Command.AppendItem;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What the index costs, measured on the heap and printed; and what readers see beside the thread that applies. */
class LogIndexSizeTest {
    private static final int LOGS = 200_000;
    private static final int BATCHES = 1_000_000;

    @Test
    void anIdleLogCostsUnder200BytesBesideItsName() {
        long before = usedBytes();
        LogIndex index = new LogIndex();
        for (int i = 0; i < LOGS; i++) {
            index.apply(i, new Command.Create(1000, "log-%07d".formatted(i)).encode());
        }
        long name = 24 + 16 + 16; // a String and its bytes, 11 characters, as the heap rounds them
        long each = (usedBytes() - before) / LOGS - name;
        System.out.println("idle log: " + each + " bytes beside its name of " + name);
        assertThat(each).isLessThan(200);
        assertThat(index.size()).isEqualTo(LOGS);
    }

    @Test
    void aBatchCostsAFewBytes() throws Exception {
        LogIndex index = new LogIndex();
        index.apply(0, new Command.Create(1000, "a").encode());
        long before = usedBytes();
        for (int i = 1; i <= BATCHES; i++) {
            index.apply(i, append(1000 + i / 10, 1 + i % 100));
        }
        double each = (double) (usedBytes() - before) / BATCHES;
        long[] written = new long[1];
        index.save(new OutputStream() {
            @Override
            public void write(int b) {
                written[0]++;
            }

            @Override
            public void write(byte[] bytes, int from, int length) {
                written[0] += length;
            }
        });
        System.out.printf("batch: %.2f bytes in memory, %.2f in the image%n", each, (double) written[0] / BATCHES);
        assertThat(each).isLessThan(8);
    }

    @Test
    void aReaderSeesABatchWhollyOrNotAtAll() throws Exception {
        LogIndex index = new LogIndex();
        index.apply(0, new Command.Create(1000, "a").encode());
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread reader = Thread.ofPlatform().start(() -> {
            try {
                long end = 0;
                while (!stop.get()) {
                    LogInfo info = index.describe("a").orElseThrow();
                    assertThat(info.endOffset()).isGreaterThanOrEqualTo(end);
                    end = info.endOffset();
                    List<BatchLocation> tail = index.locate(1, Math.max(0, end - 3), Integer.MAX_VALUE);
                    if (end > 0) {
                        assertThat(tail).isNotEmpty();
                        assertThat(tail.getLast().endOffset()).isGreaterThanOrEqualTo(end);
                    }
                    for (BatchLocation batch : tail) {
                        assertThat(batch.count()).isEqualTo(3);
                        assertThat(batch.baseOffset()).isEqualTo((batch.lsn() - 1) * 3);
                    }
                }
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        for (int i = 1; i <= 200_000 && failure.get() == null; i++) {
            index.apply(i, append(1000, 3));
        }
        stop.set(true);
        reader.join();
        assertThat(failure.get()).isNull();
    }

    private static ByteBuffer append(long timestampMs, int count) {
        return new Append(timestampMs, List.of(new AppendItem(1, 0, 0, 0, count, 0, ByteBuffer.allocate(0)))).encode();
    }

    private static long usedBytes() {
        Runtime runtime = Runtime.getRuntime();
        long used = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
        }
        return used;
    }
}
