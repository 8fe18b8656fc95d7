package io.walnut.peers;

import io.walnut.wal.bench.Subject;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.activemq.artemis.core.io.aio.AIOSequentialFileFactory;

/** The journal of ActiveMQ Artemis over libaio, by its native library. */
public final class ArtemisLibaio implements Subject {
    private static final int MAX_IO = 500; // the default of the broker

    @Override
    public String name() {
        return "artemis-libaio";
    }

    @Override
    public String description() {
        return "ActiveMQ Artemis journal, libaio, O_DIRECT and fdatasync before an append returns, up to " + MAX_IO
                + " writes in flight; " + ArtemisLog.SETTINGS;
    }

    @Override
    public boolean supports(boolean durable) {
        return durable;
    }

    @Override
    public Log open(Path directory, boolean durable, int writers) throws IOException {
        if (!AIOSequentialFileFactory.isSupported(directory.toFile())) {
            throw new IOException(
                    "libaio cannot be used here: install it (apt-get install libaio1), on a file system with"
                            + " O_DIRECT");
        }
        return new ArtemisLog(
                new AIOSequentialFileFactory(
                        directory.toFile(), ArtemisLog.BUFFER_BYTES, ArtemisLog.BUFFER_NANOS, MAX_IO, false),
                MAX_IO);
    }
}
