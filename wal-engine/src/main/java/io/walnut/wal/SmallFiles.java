package io.walnut.wal;

import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.io.UnknownOutcomeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Files that are read and written whole. */
final class SmallFiles {
    private static final long MAX_BYTES = 1L << 30;

    private SmallFiles() {}

    static ByteBuffer read(Storage storage, String name) throws IOException {
        try (StorageFile file = storage.open(name, false)) {
            long length = file.length();
            if (length > MAX_BYTES) {
                throw new IOException(name + " has " + length + " bytes, which no such file has");
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
            file.read(bytes, 0);
            return bytes.flip();
        }
    }

    /**
     * Atomic, and durable on return.
     *
     * @throws UnknownOutcomeException when the old file or the new one may be there after a power cut; after any other failure
     *     it is the old one
     */
    static void replace(Storage storage, String temporary, String name, ByteBuffer bytes) throws IOException {
        write(storage, temporary, bytes);
        try {
            storage.rename(temporary, name);
            storage.syncDirectory();
        } catch (IOException e) {
            throw new UnknownOutcomeException("replacing " + name + " failed half way: " + e, e);
        }
    }

    /** Makes a file anew of parts that follow each other. Its bytes are durable on return, its entry is not; when this fails there is no such file. */
    static void write(Storage storage, String name, ByteBuffer... parts) throws IOException {
        try {
            if (storage.exists(name)) {
                storage.delete(name);
            }
            try (StorageFile file = storage.create(name)) {
                long at = 0;
                for (ByteBuffer part : parts) {
                    file.write(part.duplicate(), at);
                    at += part.remaining();
                }
                file.sync();
            }
        } catch (IOException e) {
            deleteIfThere(storage, name, e);
            throw e;
        }
    }

    /** A full disk should get back what a failed attempt took of it. */
    static void deleteIfThere(Storage storage, String name, Exception reason) {
        try {
            if (storage.exists(name)) {
                storage.delete(name);
            }
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }
}
