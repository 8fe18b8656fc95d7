package io.walnut.peers;

import io.walnut.wal.bench.Subject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What one writes by hand in an hour: one pre-written file, one lock, write, force. Nothing that says which record ends where. */
public final class PlainFile implements Subject {
    private static final int FILE_BYTES = 256 << 20;
    private static final int CHUNK = 1 << 20;

    @Override
    public String name() {
        return "plain-file";
    }

    @Override
    public String description() {
        return "FileChannel.write and force(false) under a lock, into one file of 256 MiB that was written before, round and"
                + " round; no headers, no checksums";
    }

    @Override
    public boolean supports(boolean durable) {
        return true;
    }

    @Override
    public Log open(Path directory, boolean durable, int writers) throws IOException {
        return new FileLog(
                FileChannel.open(directory.resolve("log"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    }

    private static final class FileLog implements Log {
        private final FileChannel channel;
        private long position; // guarded by this

        FileLog(FileChannel channel) throws IOException {
            this.channel = channel;
            ByteBuffer zeros = ByteBuffer.allocateDirect(CHUNK);
            for (long at = 0; at < FILE_BYTES; at += CHUNK) {
                write(zeros.clear(), at);
            }
            channel.force(true);
        }

        private void write(ByteBuffer bytes, long at) throws IOException {
            long to = at;
            while (bytes.hasRemaining()) {
                to += channel.write(bytes, to);
            }
        }

        @Override
        public Writer writer(ByteBuffer record, int count) {
            return new FileWriter(this, record, count);
        }

        synchronized void add(ByteBuffer batch, boolean force) throws IOException {
            int length = batch.remaining();
            if (position + length > FILE_BYTES) {
                position = 0;
            }
            write(batch, position);
            position += length;
            if (force) {
                channel.force(false);
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private static final class FileWriter implements Writer {
        private final FileLog log;
        private final ByteBuffer record;
        private final int count;
        private final ByteBuffer batch;

        FileWriter(FileLog log, ByteBuffer record, int count) {
            this.log = log;
            this.record = record;
            this.count = count;
            this.batch = ByteBuffer.allocateDirect(record.remaining() * count);
        }

        @Override
        public void append() throws IOException {
            log.add(filled(), true);
        }

        @Override
        public void enqueue() throws IOException {
            log.add(filled(), false);
        }

        private ByteBuffer filled() {
            for (int i = 0; i < count; i++) {
                batch.put(i * record.remaining(), record, record.position(), record.remaining());
            }
            return batch.clear();
        }
    }
}
