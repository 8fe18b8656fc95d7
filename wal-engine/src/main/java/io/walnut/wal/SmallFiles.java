package io.walnut.wal;

import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Files that are read and replaced whole. */
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

    /** Atomic, and durable on return. */
    static void replace(Storage storage, String temporary, String name, ByteBuffer bytes) throws IOException {
        if (storage.exists(temporary)) {
            storage.delete(temporary);
        }
        try (StorageFile file = storage.create(temporary)) {
            file.write(bytes, 0);
            file.sync();
        }
        storage.rename(temporary, name);
        storage.syncDirectory();
    }
}
