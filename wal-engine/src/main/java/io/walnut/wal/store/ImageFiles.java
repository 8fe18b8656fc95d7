package io.walnut.wal.store;

import io.walnut.wal.UnsupportedVersionException;
import io.walnut.wal.WalException;
import io.walnut.wal.WalIoException;
import io.walnut.wal.WalStorageFullException;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.io.StorageFullException;
import io.walnut.wal.logs.LogIndex;
import io.walnut.wal.logs.MalformedException;
import io.walnut.wal.logs.NewerImageException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Images of the index, beside the segments: {@code <LSN>.index}, the state after all commands below that LSN. Big endian:
 *
 * <pre>
 *  "WALNUTIX" | version u32 | crc32c u32 of the LSN | LSN i64 | image of the named logs, with its own checksum
 * </pre>
 *
 * An image is made under another name, synced, and renamed; the newest two are kept, so that one may be damaged. One that is known
 * to be damaged is neither of them.
 */
final class ImageFiles {
    private static final Logger LOG = LoggerFactory.getLogger(ImageFiles.class);
    private static final long MAGIC = 0x57414c4e55544958L; // "WALNUTIX"
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 8 + 4 + 4 + 8;
    private static final int KEPT = 2;
    private static final int DIGITS = 20;
    private static final String SUFFIX = ".index";
    private static final String TEMPORARY = "index.tmp";
    private static final int PART_BYTES = 1 << 20;

    private final Storage storage;
    private final Set<Long> damaged = new HashSet<>();
    private long newestBytes; // of the newest good one

    ImageFiles(Storage storage) {
        this.storage = storage;
    }

    /** The index as it was before the command at {@code nextLsn}. */
    record Loaded(long nextLsn, LogIndex index) {}

    /** The newest image that is good; a damaged one is told of and left where it is until another one is written. */
    Optional<Loaded> newest() throws WalException {
        for (long lsn : newestFirst()) {
            try {
                return Optional.of(read(lsn));
            } catch (MalformedException e) {
                damaged.add(lsn);
                LOG.warn(
                        "{} of {} is damaged, an older one is used: {}", name(lsn), storage.describe(), e.getMessage());
            } catch (WalException e) {
                throw e;
            } catch (IOException e) { // nothing says that it is damaged
                throw new WalIoException("cannot read " + name(lsn) + " of " + storage.describe() + ": " + e, e);
            }
        }
        return Optional.empty();
    }

    /**
     * LSN of the older of two images: from there on the WAL is needed, should the newer one turn out to be damaged. Empty while
     * there are not two, and all of the WAL is needed.
     */
    Optional<Long> olderLsn() throws WalException {
        List<Long> kept = kept();
        return kept.size() < KEPT ? Optional.empty() : Optional.of(kept.getLast());
    }

    private List<Long> kept() throws WalException {
        return newestFirst().stream()
                .filter(lsn -> !damaged.contains(lsn))
                .limit(KEPT)
                .toList();
    }

    private List<Long> newestFirst() throws WalException {
        try {
            return storage.list().stream()
                    .map(ImageFiles::lsn)
                    .filter(lsn -> lsn >= 0)
                    .sorted(Comparator.reverseOrder())
                    .toList();
        } catch (IOException e) {
            throw new WalIoException("cannot list " + storage.describe() + ": " + e, e);
        }
    }

    /** Whether an image that is not known to be damaged stands between these LSNs, both included. */
    boolean isOneBetween(long fromLsn, long toLsn) throws WalException {
        return newestFirst().stream().anyMatch(lsn -> lsn >= fromLsn && lsn <= toLsn && !damaged.contains(lsn));
    }

    private Loaded read(long lsn) throws IOException, MalformedException {
        try (StorageFile file = storage.open(name(lsn), false);
                DataInputStream in = new DataInputStream(new BufferedInputStream(new Reading(file), PART_BYTES))) {
            if (in.readLong() != MAGIC) {
                throw new MalformedException("it does not begin with WALNUTIX");
            }
            int version = in.readInt();
            int crc = in.readInt();
            long stored = in.readLong();
            if (version > VERSION && crc == crc(stored) && stored == lsn) {
                throw newer(lsn, "version " + version + ", this program knows up to " + VERSION);
            }
            if (version != VERSION || crc != crc(stored) || stored != lsn) {
                throw new MalformedException("version " + version + ", LSN " + stored + "; expected version " + VERSION
                        + ", LSN " + lsn + " and its checksum");
            }
            Loaded loaded = new Loaded(lsn, LogIndex.load(in));
            newestBytes = file.length();
            return loaded;
        } catch (NewerImageException e) {
            throw newer(lsn, e.getMessage());
        } catch (EOFException e) {
            throw new MalformedException("it ends in its header");
        }
    }

    /** Not taken for damage: the next image would take its place. */
    private UnsupportedVersionException newer(long lsn, @Nullable String found) {
        return new UnsupportedVersionException(
                storage.describe() + ": " + name(lsn) + ": " + found + "; nothing was changed");
    }

    /** Length of the newest image, 0 when there is none. */
    long newestBytes() {
        return newestBytes;
    }

    /**
     * Saves an image; durable on return, and only then those before it but one are deleted.
     *
     * @throws WalStorageFullException when there is no room for it: those that are there stay
     */
    void write(long nextLsn, Parts image) throws WalException {
        String what = "saving an image of the named logs in " + storage.describe();
        try {
            make(nextLsn, image);
        } catch (WalException e) {
            throw e;
        } catch (StorageFullException e) {
            deleteTemporary(e);
            throw new WalStorageFullException(what + " found no room; those that are there stay: " + e.getMessage(), e);
        } catch (IOException e) {
            deleteTemporary(e);
            throw new WalIoException(what + " failed; those that are there stay: " + e, e);
        }
    }

    /** A full disk should get back what a failed attempt took of it. */
    private void deleteTemporary(IOException reason) {
        try {
            if (storage.exists(TEMPORARY)) {
                storage.delete(TEMPORARY);
            }
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    private void make(long nextLsn, Parts image) throws IOException {
        long at = HEADER_BYTES;
        if (storage.exists(TEMPORARY)) {
            storage.delete(TEMPORARY);
        }
        try (StorageFile file = storage.create(TEMPORARY)) {
            ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES)
                    .putLong(MAGIC)
                    .putInt(VERSION)
                    .putInt(crc(nextLsn))
                    .putLong(nextLsn);
            file.write(header.flip(), 0);
            for (ByteBuffer part : image.parts()) {
                int bytes = part.remaining();
                file.write(part, at);
                at += bytes;
            }
            file.sync();
        }
        storage.rename(TEMPORARY, name(nextLsn));
        storage.syncDirectory();
        damaged.remove(nextLsn);
        newestBytes = at;
        List<Long> kept = kept();
        for (long lsn : newestFirst()) {
            if (!kept.contains(lsn)) {
                storage.delete(name(lsn));
            }
        }
    }

    private static int crc(long lsn) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(Long.BYTES).putLong(0, lsn));
        return (int) crc.getValue();
    }

    /** LSN of an image, or -1 when the name is not one's: whose file that is we do not know. */
    private static long lsn(String name) {
        if (name.length() != DIGITS + SUFFIX.length() || !name.endsWith(SUFFIX)) {
            return -1;
        }
        try {
            long lsn = Long.parseLong(name.substring(0, DIGITS));
            return name.equals(name(lsn)) ? lsn : -1; // and not with a sign
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static String name(long lsn) {
        return String.format(Locale.ROOT, "%020d%s", lsn, SUFFIX);
    }

    /** An image in memory, in parts: it is made while no command is applied, and written when they are again. */
    static final class Parts extends OutputStream {
        private final List<ByteBuffer> parts = new ArrayList<>();

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] source, int from, int length) {
            int done = 0;
            while (done < length) {
                if (parts.isEmpty() || !parts.getLast().hasRemaining()) {
                    parts.add(ByteBuffer.allocate(PART_BYTES));
                }
                ByteBuffer part = parts.getLast();
                int now = Math.min(part.remaining(), length - done);
                part.put(source, from + done, now);
                done += now;
            }
        }

        List<ByteBuffer> parts() {
            return parts.stream().map(part -> part.duplicate().flip()).toList();
        }
    }

    private static final class Reading extends InputStream {
        private final StorageFile file;
        private long at;

        Reading(StorageFile file) {
            this.file = file;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] target, int from, int length) throws IOException {
            int read = file.read(ByteBuffer.wrap(target, from, length), at);
            at += read;
            return read == 0 && length > 0 ? -1 : read;
        }
    }
}
