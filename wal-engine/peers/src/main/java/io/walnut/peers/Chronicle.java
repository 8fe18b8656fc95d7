package io.walnut.peers;

import io.walnut.wal.bench.Subject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.rollcycles.LargeRollCycles;
import org.jspecify.annotations.Nullable;

/** Chronicle Queue, which writes into mapped memory and never syncs. */
public final class Chronicle implements Subject {
    private static final long BLOCK_BYTES = 256L << 20;

    @Override
    public String name() {
        return "chronicle";
    }

    @Override
    public String description() {
        return "Chronicle Queue, mapped blocks of 256 MiB, an excerpt for each record, nothing synced: an append that has"
                + " returned survives the process, not a power cut";
    }

    @Override
    public boolean supports(boolean durable) {
        return !durable;
    }

    @Override
    public Log open(Path directory, boolean durable, int writers) {
        return new QueueLog(ChronicleQueue.singleBuilder(directory)
                .rollCycle(LargeRollCycles.LARGE_DAILY)
                .blockSize(BLOCK_BYTES)
                .build());
    }

    private record QueueLog(ChronicleQueue queue) implements Log {
        @Override
        public Writer writer(ByteBuffer record, int count) {
            return new QueueWriter(queue, record, count);
        }

        @Override
        public void close() {
            queue.close();
        }
    }

    private static final class QueueWriter implements Writer {
        private final ChronicleQueue queue;
        private final int count;
        private final Bytes<?> record;
        private @Nullable ExcerptAppender appender; // made by the thread that uses it: the library checks

        QueueWriter(ChronicleQueue queue, ByteBuffer record, int count) {
            this.queue = queue;
            this.count = count;
            byte[] bytes = new byte[record.remaining()];
            record.get(record.position(), bytes);
            this.record = Bytes.allocateDirect(bytes);
            this.record.singleThreadedCheckDisabled(true);
        }

        @Override
        public void append() throws IOException {
            throw new IOException("Chronicle Queue syncs nothing");
        }

        @Override
        public void enqueue() {
            ExcerptAppender mine = appender;
            if (mine == null) {
                mine = queue.createAppender();
                appender = mine;
            }
            for (int i = 0; i < count; i++) {
                mine.writeBytes(record);
            }
        }
    }
}
