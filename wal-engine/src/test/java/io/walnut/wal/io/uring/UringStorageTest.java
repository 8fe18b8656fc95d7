package io.walnut.wal.io.uring;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.walnut.wal.io.Backend;
import io.walnut.wal.io.FileChannelStorageTest;
import io.walnut.wal.io.Storage;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** The contract over io_uring, where this system has it. */
class UringStorageTest extends FileChannelStorageTest {
    private @Nullable Storage storage;

    @Override
    protected synchronized Storage storage() throws IOException {
        Storage opened = storage;
        if (opened == null) {
            opened = Backends.open(directory, true, Backend.AUTO);
            storage = opened;
        }
        assumeTrue(
                opened.backend().backend() == Backend.IO_URING, opened.backend().reason());
        return opened;
    }

    @AfterEach
    void close() throws IOException {
        if (storage != null) {
            storage.close();
        }
    }
}
