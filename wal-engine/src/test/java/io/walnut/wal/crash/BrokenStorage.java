package io.walnut.wal.crash;

import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;

/** A storage that says it has synced when it has not: what a log that forgets a sync would look like. */
final class BrokenStorage extends ForwardingStorage {
    private final boolean syncsFiles;
    private final boolean syncsDirectory;

    BrokenStorage(Storage inner, boolean syncsFiles, boolean syncsDirectory) {
        super(inner);
        this.syncsFiles = syncsFiles;
        this.syncsDirectory = syncsDirectory;
    }

    @Override
    protected StorageFile wrap(String name, StorageFile file) {
        return syncsFiles
                ? file
                : new ForwardingFile(file) {
                    @Override
                    public void sync() {}
                };
    }

    @Override
    public void syncDirectory() throws IOException {
        if (syncsDirectory) {
            super.syncDirectory();
        }
    }
}
