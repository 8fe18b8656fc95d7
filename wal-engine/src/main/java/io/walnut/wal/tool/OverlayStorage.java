package io.walnut.wal.tool;

import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A directory as it would be after changes that are kept in memory. */
final class OverlayStorage implements Storage {
    private final Storage base;
    private final Map<String, OverlayFile> files = new HashMap<>();
    private final Set<String> deleted = new HashSet<>();

    OverlayStorage(Storage base) {
        this.base = base;
    }

    @Override
    public synchronized StorageFile create(String name) throws IOException {
        if (exists(name)) {
            throw new FileAlreadyExistsException(name);
        }
        OverlayFile file = new OverlayFile(null);
        files.put(name, file);
        deleted.remove(name);
        return file;
    }

    @Override
    public synchronized StorageFile open(String name, boolean writable) throws IOException {
        if (!exists(name)) {
            throw new NoSuchFileException(name);
        }
        OverlayFile file = files.get(name);
        if (file == null) {
            file = new OverlayFile(base.open(name, false));
            files.put(name, file);
        }
        return file;
    }

    @Override
    public synchronized List<String> list() throws IOException {
        Set<String> names = new TreeSet<>(base.list());
        names.removeAll(deleted);
        names.addAll(files.keySet());
        return List.copyOf(names);
    }

    @Override
    public synchronized boolean exists(String name) throws IOException {
        return files.containsKey(name) || (!deleted.contains(name) && base.exists(name));
    }

    @Override
    public synchronized void delete(String name) {
        files.remove(name);
        deleted.add(name);
    }

    @Override
    public synchronized void rename(String from, String to) throws IOException {
        open(from, true);
        OverlayFile file = files.remove(from);
        if (file != null) {
            files.put(to, file);
        }
        deleted.add(from);
        deleted.remove(to);
    }

    @Override
    public void linkOut(String name, Path target) {
        throw new UnsupportedOperationException("looking at a log links nothing");
    }

    @Override
    public void linkIn(Path source, String name) {
        throw new UnsupportedOperationException("looking at a log links nothing");
    }

    @Override
    public void deleteOutside(Path target) {
        throw new UnsupportedOperationException("looking at a log links nothing");
    }

    @Override
    public void syncDirectory() {}

    @Override
    public void syncOutside(Path directory) {}

    /** The real one: a log in use is not looked at. */
    @Override
    public Closeable lock() throws IOException {
        return base.lock();
    }

    @Override
    public String describe() {
        return base.describe();
    }

    @Override
    public void close() throws IOException {
        for (OverlayFile file : files.values()) {
            file.closeBase();
        }
        base.close();
    }
}
