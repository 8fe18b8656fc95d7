package io.walnut.peers;

import io.walnut.wal.bench.Subject;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.activemq.artemis.core.io.nio.NIOSequentialFileFactory;

/** The journal of ActiveMQ Artemis over FileChannel. */
public final class ArtemisNio implements Subject {

    @Override
    public String name() {
        return "artemis-nio";
    }

    @Override
    public String description() {
        return "ActiveMQ Artemis journal, NIO, fdatasync before an append returns; " + ArtemisLog.SETTINGS
                + ", with one writer no buffer (its timer is slower)";
    }

    @Override
    public boolean supports(boolean durable) {
        return durable;
    }

    @Override
    public Log open(Path directory, boolean durable, int writers) throws IOException {
        boolean buffered = writers > 1;
        return new ArtemisLog(
                new NIOSequentialFileFactory(
                        directory.toFile(), buffered, ArtemisLog.BUFFER_BYTES, ArtemisLog.BUFFER_NANOS, 1, false),
                1);
    }
}
