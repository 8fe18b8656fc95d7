package io.walnut.wal.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * One directory of files.
 *
 * <p>Names are plain file names. What an operation did to the directory (a file created, deleted, renamed, linked) survives
 * a power cut only after {@link #syncDirectory()}. Safe for use by several threads.
 */
public interface Storage extends AutoCloseable {

    /** Makes an empty file and opens it for reading and writing. Fails when the name is taken. */
    StorageFile create(String name) throws IOException;

    /** Opens an existing file; it need not be writable when {@code writable} is false. */
    StorageFile open(String name, boolean writable) throws IOException;

    /** Names of the files in the directory, in no order. */
    List<String> list() throws IOException;

    boolean exists(String name) throws IOException;

    /** Whether a file has other names, here or elsewhere, so that to write to it would change them. */
    default boolean isShared(String name) throws IOException {
        return true;
    }

    /** Removes a file; readers that have it open keep it. Fails when there is none. */
    void delete(String name) throws IOException;

    /** Renames atomically, replacing the target. */
    void rename(String from, String to) throws IOException;

    /**
     * Makes the content of a file of this directory appear under a path outside: a hard link where the file system allows
     * it, else a synced copy. The entry is durable after {@link #syncOutside(Path)}. Fails when the target exists; leaves
     * nothing half made.
     */
    void linkOut(String name, Path target) throws IOException;

    /**
     * Makes a file from outside appear in this directory: a hard link where the file system allows it, else a synced copy.
     * The entry is durable after {@link #syncDirectory()}. Fails when the name is taken; leaves nothing half made.
     */
    void linkIn(Path source, String name) throws IOException;

    /** Takes back a {@link #linkOut}. Fails when there is nothing. */
    void deleteOutside(Path target) throws IOException;

    /** Makes every change of this directory's entries durable. */
    void syncDirectory() throws IOException;

    /** Makes the entries of a directory outside durable, such as the target of {@link #linkOut}. */
    void syncOutside(Path directory) throws IOException;

    /**
     * Takes the directory for this process until the result is closed.
     *
     * @throws StorageLockedException when somebody has it
     */
    Closeable lock() throws IOException;

    /**
     * Durable writes for one thread to have in flight. Its user closes it, before the storage. Otherwise each write is done within
     * its {@link DurableWrites#submit}.
     *
     * @param depth most writes in flight, at least 1
     */
    default DurableWrites durableWrites(int depth) throws IOException {
        return new WritesInTurn(depth);
    }

    /** How durable writes reach the disk, and why so. */
    default BackendInUse backend() {
        return new BackendInUse(Backend.PORTABLE, "this storage has no other");
    }

    /** Where it is, for messages: {@code /data/wal}. */
    String describe();

    /** Releases what the storage itself holds. Files that are open stay open. */
    @Override
    void close() throws IOException;
}
