package io.walnut.peers;

import io.walnut.wal.bench.Subject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.activemq.artemis.api.core.ActiveMQBuffer;
import org.apache.activemq.artemis.core.io.SequentialFileFactory;
import org.apache.activemq.artemis.core.journal.EncoderPersister;
import org.apache.activemq.artemis.core.journal.EncodingSupport;
import org.apache.activemq.artemis.core.journal.impl.JournalImpl;
import org.apache.activemq.artemis.core.journal.impl.SimpleWaitIOCallback;

/**
 * A journal of Artemis. Records are its events, which it does not keep in memory and need not be deleted, so that files are used
 * again at once; a batch is one event, the quickest way that is atomic.
 */
final class ArtemisLog implements Subject.Log {
    static final int BUFFER_BYTES = 1 << 20;
    static final int BUFFER_NANOS = 1;
    static final String SETTINGS =
            "files of 64 MiB filled ahead and used again, a buffer of 1 MiB written without delay, no"
                    + " compaction, an event for each batch";
    private static final int FILE_BYTES = 64 << 20;
    private static final int FILES = 4;
    private static final byte RECORD_TYPE = 1;

    private final JournalImpl journal;
    private final AtomicLong nextId = new AtomicLong(1);

    ArtemisLog(SequentialFileFactory files, int maxIo) throws IOException {
        this.journal = new JournalImpl(FILE_BYTES, FILES, FILES, 0, 0, files, "peer", "log", maxIo);
        try {
            journal.start();
            journal.load(new ArrayList<>(), new ArrayList<>(), null);
        } catch (Exception e) {
            throw new IOException("the journal of Artemis cannot be opened: " + e, e);
        }
    }

    private record Payload(ByteBuffer record, int count) implements EncodingSupport {
        @Override
        public int getEncodeSize() {
            return record.remaining() * count;
        }

        @Override
        public void encode(ActiveMQBuffer buffer) {
            for (int i = 0; i < count; i++) {
                buffer.writeBytes(record.duplicate());
            }
        }

        @Override
        public void decode(ActiveMQBuffer buffer) {
            throw new UnsupportedOperationException();
        }
    }

    @Override
    public Subject.Writer writer(ByteBuffer record, int count) {
        return new EventWriter(new Payload(record, count));
    }

    @Override
    public void close() throws IOException {
        try {
            journal.stop();
        } catch (Exception e) {
            throw new IOException("Artemis: " + e, e);
        }
    }

    private final class EventWriter implements Subject.Writer {
        private final Payload payload;

        EventWriter(Payload payload) {
            this.payload = payload;
        }

        @Override
        public void append() throws IOException {
            try {
                SimpleWaitIOCallback written = new SimpleWaitIOCallback();
                journal.appendAddEvent(
                        nextId.getAndIncrement(), RECORD_TYPE, EncoderPersister.getInstance(), payload, true, written);
                written.waitCompletion();
            } catch (Exception e) {
                throw new IOException("Artemis: " + e, e);
            }
        }

        @Override
        public void enqueue() {
            throw new UnsupportedOperationException("its queue of records that nobody waits for has no bound");
        }
    }
}
