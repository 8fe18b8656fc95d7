package io.walnut.wal.crash;

import io.walnut.wal.format.Manifest;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A storage that makes a log look as if it had a bug: what the harness is there to find. */
final class BrokenStorage extends ForwardingStorage {
    enum Bug {
        /** No file is synced. */
        FILES_NOT_SYNCED,
        /** The directory is not synced. */
        DIRECTORY_NOT_SYNCED,
        /** A segment's sync says that it is done, and is done before the next operation. */
        ACKNOWLEDGED_BEFORE_SYNC,
        /** The manifest is renamed into place before its bytes are durable. */
        MANIFEST_RENAMED_UNSYNCED,
        /** The manifest is replaced, and files go before its new entry is durable. */
        MANIFEST_RENAME_NOT_DURABLE,
        /** The old manifest is deleted, and then the new one takes its name. */
        MANIFEST_REPLACED_IN_TWO_STEPS,
        /** A segment is written into before its entry is durable. */
        ENTRY_OF_A_SEGMENT_NOT_DURABLE
    }

    private final Bug bug;
    private @Nullable StorageFile late;
    private boolean manifestRenamed;
    private boolean segmentCreated;

    BrokenStorage(Storage inner, Bug bug) {
        super(inner);
        this.bug = bug;
    }

    private void syncWhatIsLate() throws IOException {
        StorageFile file = late;
        late = null;
        if (file != null) {
            file.sync();
        }
    }

    @Override
    protected StorageFile wrap(String name, StorageFile file) {
        return switch (bug) {
            case FILES_NOT_SYNCED -> new UnsyncedFile(file);
            case MANIFEST_RENAMED_UNSYNCED -> name.equals(Manifest.TEMPORARY_NAME) ? new UnsyncedFile(file) : file;
            case ACKNOWLEDGED_BEFORE_SYNC -> new LateFile(file);
            case DIRECTORY_NOT_SYNCED,
                    MANIFEST_RENAME_NOT_DURABLE,
                    MANIFEST_REPLACED_IN_TWO_STEPS,
                    ENTRY_OF_A_SEGMENT_NOT_DURABLE -> file;
        };
    }

    private static final class UnsyncedFile extends ForwardingFile {
        UnsyncedFile(StorageFile file) {
            super(file);
        }

        @Override
        public void sync() {}
    }

    private final class LateFile extends ForwardingFile {
        private final StorageFile file;

        LateFile(StorageFile file) {
            super(file);
            this.file = file;
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            syncWhatIsLate();
            super.write(source, position);
        }

        @Override
        public void setLength(long bytes) throws IOException {
            syncWhatIsLate();
            super.setLength(bytes);
        }

        @Override
        public void sync() throws IOException {
            syncWhatIsLate();
            late = file;
        }
    }

    @Override
    public StorageFile create(String name) throws IOException {
        syncWhatIsLate();
        segmentCreated |= name.endsWith(".seg");
        return super.create(name);
    }

    @Override
    public void delete(String name) throws IOException {
        syncWhatIsLate();
        super.delete(name);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        syncWhatIsLate();
        if (bug == Bug.MANIFEST_REPLACED_IN_TWO_STEPS && exists(to)) {
            super.delete(to);
        }
        manifestRenamed |= to.equals(Manifest.NAME);
        super.rename(from, to);
    }

    @Override
    public void syncDirectory() throws IOException {
        syncWhatIsLate();
        boolean skip = bug == Bug.DIRECTORY_NOT_SYNCED
                || (bug == Bug.MANIFEST_RENAME_NOT_DURABLE && manifestRenamed)
                || (bug == Bug.ENTRY_OF_A_SEGMENT_NOT_DURABLE && segmentCreated);
        manifestRenamed = false;
        segmentCreated = false;
        if (!skip) {
            super.syncDirectory();
        }
    }
}
