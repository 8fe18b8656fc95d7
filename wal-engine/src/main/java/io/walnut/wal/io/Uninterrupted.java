package io.walnut.wal.io;

import java.io.IOException;

/** Does what makes bytes durable again when it was interrupted, which leaves open whether it was done. */
public final class Uninterrupted {
    private static final int ATTEMPTS = 100;

    private Uninterrupted() {}

    /** A durable write that can be repeated. */
    public interface Io {
        void run() throws IOException;
    }

    /**
     * Returns when it was done, with the thread's interrupt flag as it was or set.
     *
     * @throws StorageInterruptedException when it was interrupted again and again
     */
    public static void run(Io io) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            for (int attempt = 1; ; attempt++) {
                try {
                    io.run();
                    return;
                } catch (StorageInterruptedException e) {
                    interrupted = true;
                    if (attempt == ATTEMPTS) {
                        throw e;
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
