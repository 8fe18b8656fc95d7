package io.walnut.wal.io;

import java.io.IOException;

/** The same storage, with durable writes that go past the page cache, where the file system of the test can do that. */
class PastPageCacheStorageTest extends FileChannelStorageTest {
    @Override
    protected Storage storage() throws IOException {
        return FileChannelStorage.at(directory, true);
    }
}
